import { Webhook } from 'standardwebhooks';
import { createWebhookAdapter } from '../../../adapters/webhook/index.ts';
import { createAction } from '../../../src/action/action.ts';
import { createExpressions } from '../../../src/expressions/expressions.ts';
import type { WebhookOptions, WebhookSource } from '../../../adapters/webhook/index.ts';
import type { Adapter } from '../../../src/adapter.ts';
import type { OpenFetch } from '../../../src/outbound.ts';
import { createAddressGuard } from '../../../src/http/address-guard.ts';
import { createFetch } from '../../../src/http/fetch.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeLedger } from './fake-ledger.ts';

export const secret = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

export const desk: WebhookSource = {
  name: 'desk',
  verify: { scheme: 'standard', secrets: [secret] },
  conversation: '{{ticket.id}}',
  text: '{{ticket.subject}}\n\n{{ticket.description}}',
  author: '{{ticket.requester}}',
};

export const ticket = { ticket: { id: 7, subject: 'Lamp', description: 'It is broken.', requester: 'Ada' } };

export interface Harness {
  readonly url: string;
  readonly adapter: Adapter;
  readonly ledger: FakeLedger;
  /** Delivers to the source `desk`, signed by the standardwebhooks package. */
  deliver(payload?: unknown, options?: Delivery): Promise<Response>;
}

export interface Delivery {
  readonly id?: string;
  /** Seconds by which the sender's clock is ahead. */
  readonly ahead?: number;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** The adapter on the real HTTP server, with a ledger in memory behind it. */
export async function withWebhooks(options: Partial<WebhookOptions>, use: (harness: Harness) => Promise<void>): Promise<void> {
  const ledger = createFakeLedger();
  const adapter = createWebhookAdapter({
    sources: [desk],
    maxBodyBytes: 10_000,
    openFetch: nowhere,
    ...stages,
    ...options,
  });
  const router = adapter.router?.();
  const { clock, log } = ledger;
  const readiness = async () => ({ ready: true, adapters: {}, store: { writable: true } });
  const server = createHttpServer({ host: '127.0.0.1', port: 0, log, clock, routers: router ? [router] : [], readiness });
  const { url } = await server.start();
  await adapter.start(ledger);
  try {
    await use({
      url,
      adapter,
      ledger,
      deliver: (payload = ticket, delivery = {}) => deliver({ url, ledger }, payload, delivery),
    });
  } finally {
    await adapter.stop();
    await server.stop(AbortSignal.abort());
  }
}

function deliver({ url, ledger }: Pick<Harness, 'url' | 'ledger'>, payload: unknown, delivery: Delivery): Promise<Response> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const headers = {
    ...signedHeaders(body, { at: ledger.clock.now() + (delivery.ahead ?? 0) * 1000, id: delivery.id }),
    ...delivery.headers,
  };
  return fetch(`${url}/webhooks/desk`, {
    method: 'POST',
    body,
    headers,
    ...(delivery.signal ? { signal: delivery.signal } : {}),
  });
}

export function signedHeaders(
  body: string,
  { at, id = 'evt_1' }: { at: number; id?: string | undefined },
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
  };
}

export interface DeliveredJob {
  readonly id: string;
  readonly status: string;
  readonly statusUrl: string;
  readonly reason?: string;
  readonly answer?: { readonly text: string };
}

export async function readJob(response: Response): Promise<DeliveredJob> {
  return (await response.json()) as DeliveredJob; // What the adapter documents.
}

/** Turns of the event loop until `condition` holds: for what comes over a socket. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

export function createAnswer(data: Partial<OutboundMessage> = {}): OutboundMessage {
  return {
    id: 'a1b2c3d4e5f6a1b2c3d4e5f6',
    conversationId: 'webhook:desk:7',
    tenant: 'desk',
    inReplyTo: 'evt_1',
    destination: { source: 'desk', conversation: '7' },
    text: 'Try a **new** bulb.',
    part: 0,
    parts: 1,
    attempt: 1,
    createdAt: Date.UTC(2026, 5, 1),
    ...data,
  };
}

/** What the product hands to the adapter. */
export const stages = { createAction, createExpressions };

/** For those that send nothing out. */
export const nowhere: OpenFetch = () => ({
  fetch: () => Promise.reject(new Error('nothing was to be sent')),
  close: () => Promise.resolve(),
});

/** The way out of the product, with leave to reach emulators. */
export const toLoopback: OpenFetch = (tls) => createFetch({ tls, guard: createAddressGuard({ allow: ['127.0.0.1'] }) });

export const never = new AbortController().signal;
export const opening = { id: 'a1', conversationId: 'webhook:desk:7', tenant: 'desk', inReplyTo: 'evt_1', destination: {} };

/** As the outbox does: the answer stands in the ledger, then it is sent. */
export async function answerAs({ adapter, ledger }: Harness, text: string, eventId = 'evt_1'): Promise<void> {
  ledger.settle(eventId, 'delivering', text);
  await adapter.send(createAnswer({ text, inReplyTo: eventId }), never);
  ledger.settle(eventId, 'answered', text);
}

/** For an adapter that only takes what comes. */
export const idle = { maxBodyBytes: 1000, openFetch: nowhere, ...stages };
