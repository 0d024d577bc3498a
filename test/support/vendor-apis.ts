import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What happens to one request that would write: a status, 0 for a broken connection, 1 for no response; and whether it takes effect. */
export interface ApiFault {
  readonly method?: 'GET';
  readonly status: number;
  readonly takesEffect?: boolean;
}

/** A vendor's API as its documentation describes it, as far as a preset's reply goes. */
export interface VendorApi extends AsyncDisposable {
  readonly url: string;
  /** What people see of the bot on this ticket, order or payment. */
  visible(id: string): readonly string[];
  requests(id: string): readonly string[];
  /** What becomes of the next requests for it. */
  fail(id: string, ...faults: readonly ApiFault[]): void;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Result {
  readonly status: number;
  readonly body: unknown;
}

interface Vendor {
  /** The ticket, order or payment that the address names. */
  idOf(path: string): string | undefined;
  handle(call: Call, id: string): Result;
  visible(id: string): readonly string[];
}

/** https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket and .../ticket_audits/ */
export function createZendesk(credentials: string): Vendor {
  interface Audit {
    readonly id: number;
    readonly metadata: object;
    readonly events: readonly { readonly type: 'Comment'; readonly body: string; readonly public: boolean }[];
  }
  const tickets = new Map<string, Audit[]>();
  return {
    idOf: (path) => /^\/api\/v2\/tickets\/(\w+)(?:\.json|\/audits\.json)/.exec(path)?.[1],
    handle({ method, path, headers, body }, id) {
      if (headers.authorization !== `Basic ${btoa(credentials)}`)
        return { status: 401, body: { error: "Couldn't authenticate you" } };
      const audits = tickets.get(id) ?? [];
      tickets.set(id, audits);
      if (method === 'GET')
        return { status: 200, body: { audits: path.includes('sort_order=desc') ? audits.toReversed() : audits } };
      if (method !== 'PUT') return { status: 404, body: { error: 'InvalidEndpoint' } };
      const { ticket } = JSON.parse(body) as { ticket: { comment: { body: string; public: boolean }; metadata?: object } }; // As documented.
      const audit: Audit = {
        id: 9_000 + audits.length,
        metadata: { system: {}, custom: ticket.metadata ?? {} },
        events: [{ type: 'Comment', ...ticket.comment }],
      };
      audits.push(audit);
      return { status: 200, body: { ticket: { id }, audit } };
    },
    visible: (id) =>
      (tickets.get(id) ?? []).flatMap(({ events }) => events.filter((event) => event.public).map((event) => event.body)),
  };
}

/** https://shopify.dev/docs/api/admin-rest/latest/resources/metafield: one value for each namespace and key of an order. */
export function createShopify(token: string): Vendor {
  const orders = new Map<string, Map<string, string>>();
  return {
    idOf: (path) => /^\/admin\/api\/\d{4}-\d\d\/orders\/(\w+)\/metafields\.json/.exec(path)?.[1],
    handle({ method, headers, body }, id) {
      if (headers['x-shopify-access-token'] !== token)
        return { status: 401, body: { errors: '[API] Invalid API key or access token' } };
      if (method !== 'POST') return { status: 406, body: {} };
      const { metafield } = JSON.parse(body) as { metafield: { namespace: string; key: string; type: string; value: string } }; // As documented.
      const fields = orders.get(id) ?? new Map<string, string>();
      orders.set(id, fields.set(`${metafield.namespace}.${metafield.key}`, metafield.value));
      return { status: 201, body: { metafield: { id: 1_069_229_000, ...metafield } } };
    },
    visible: (id) => [...(orders.get(id) ?? new Map<string, string>()).values()],
  };
}

/** https://docs.stripe.com/api/disputes/update and https://docs.stripe.com/api/idempotent_requests */
export function createStripe(key: string): Vendor {
  const done = new Map<string, Result>();
  const written = new Map<string, string[]>();
  return {
    idOf: (path) => /^\/v1\/disputes\/(\w+)$/.exec(path)?.[1],
    handle({ method, headers, body }, id) {
      if (headers.authorization !== `Bearer ${key}`) return { status: 401, body: { error: { type: 'invalid_request_error' } } };
      if (method !== 'POST' || headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) {
        return { status: 400, body: { error: { type: 'invalid_request_error' } } };
      }
      const idempotencyKey = String(headers['idempotency-key'] ?? '');
      const before = done.get(idempotencyKey);
      if (before) return before;
      const value = new URLSearchParams(body).get('metadata[parley]') ?? '';
      if (value.length > 500)
        return { status: 400, body: { error: { message: 'Metadata values can have up to 500 characters' } } };
      written.set(id, [...(written.get(id) ?? []), value]);
      const result = { status: 200, body: { id, object: 'dispute', metadata: { parley: value } } };
      if (idempotencyKey !== '') done.set(idempotencyKey, result);
      return result;
    },
    visible: (id) => written.get(id) ?? [],
  };
}

export async function openVendorApi(vendor: Vendor): Promise<VendorApi> {
  const faults = new Map<string, ApiFault[]>();
  const requests = new Map<string, string[]>();

  function answer(call: Call, response: ServerResponse): void {
    const id = vendor.idOf(call.path);
    if (id === undefined) {
      send(response, { status: 404, body: {} });
      return;
    }
    requests.set(id, [...(requests.get(id) ?? []), call.method]);
    const waiting = faults.get(id) ?? [];
    const index = waiting.findIndex(({ method }) => (method === 'GET') === (call.method === 'GET'));
    const fault = index === -1 ? undefined : waiting.splice(index, 1)[0];
    if (!fault || fault.takesEffect) {
      const result = vendor.handle(call, id);
      if (!fault) send(response, result);
    }
    if (fault?.status === 0) response.destroy();
    else if (fault && fault.status !== 1) response.writeHead(fault.status, { 'retry-after': '1' }).end();
  }

  const server = createServer((request, response) => {
    const { method = '', url: path = '', headers } = request;
    void text(request).then((body) => answer({ method, path, headers, body }, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A TCP server has an AddressInfo.
    visible: (id) => vendor.visible(id),
    requests: (id) => requests.get(id) ?? [],
    fail: (id, ...more) => void faults.set(id, [...(faults.get(id) ?? []), ...more]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, { status, body }: Result): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
