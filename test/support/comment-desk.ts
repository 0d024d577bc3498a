import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly ref: string;
}

/** What happens to one request: a status or no response, and whether the comment stands all the same. */
export interface DeskFault {
  readonly method?: 'GET' | 'POST';
  /** 0 breaks the connection; 1 never responds. */
  readonly status: number;
  readonly takesEffect?: boolean;
  /** What the response says. */
  readonly body?: object;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/**
 * A help desk with an API of its own: `POST /tickets/ID/comments` with `{ comment: { body, ref } }`, `GET` of the same, newest first, and
 * `POST /token` for client credentials. It shows what is posted as often as it comes, unless it is told to take each idempotency-key once.
 */
export interface CommentDesk extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  readonly tokens: () => number;
  /** Makes every token that was given out so far worth nothing. */
  revoke(): void;
  comments(ticket: string): readonly Comment[];
  /** What becomes of the next requests for a ticket (`token` for tokens), one each. */
  fail(ticket: string, ...faults: readonly DeskFault[]): void;
}

export interface CommentDeskOptions {
  readonly takesKeysOnce?: boolean;
  /** Without it no credentials are asked for. */
  readonly wantsToken?: boolean;
  readonly tokenSeconds?: number;
}

export async function openCommentDesk(options: CommentDeskOptions = {}): Promise<CommentDesk> {
  const requests: SeenRequest[] = [];
  const comments = new Map<string, Comment[]>();
  const keys = new Set<string>();
  const faults = new Map<string, DeskFault[]>();
  let tokens = 0;
  let revoked = 0;

  function add(ticket: string, { headers, body }: SeenRequest): Comment | undefined {
    const list = comments.get(ticket) ?? [];
    comments.set(ticket, list);
    const key = `${ticket} ${String(headers['idempotency-key'] ?? `none ${requests.length}`)}`;
    if (options.takesKeysOnce && keys.has(key)) return list.at(-1);
    keys.add(key);
    const { comment } = JSON.parse(body) as { comment: { body: string; ref: string } }; // What the tests configure.
    list.push({ id: 100 + requests.length, ...comment });
    return list.at(-1);
  }

  function isKnown({ headers }: SeenRequest): boolean {
    const number = Number(/^Bearer t(\d+)$/.exec(headers.authorization ?? '')?.[1] ?? 0);
    return !options.wantsToken || number > revoked;
  }

  function takeFault(ticket: string, method: string): DeskFault | undefined {
    const waiting = faults.get(ticket) ?? [];
    const index = waiting.findIndex((fault) => (fault.method ?? 'POST') === method);
    return index === -1 ? undefined : waiting.splice(index, 1)[0];
  }

  function answer(seen: SeenRequest, response: ServerResponse): void {
    if (seen.method === 'HEAD') {
      response.writeHead(404).end();
      return;
    }
    const ticket = /^\/tickets\/([^/?]+)\/comments/.exec(seen.url)?.[1] ?? 'token';
    const fault = takeFault(ticket, seen.method);
    if (fault?.takesEffect) add(ticket, seen);
    if (fault) fail(response, fault);
    else if (ticket === 'token') {
      tokens += 1;
      send(response, 200, { access_token: `t${tokens}`, token_type: 'Bearer', expires_in: options.tokenSeconds ?? 3600 });
    } else if (!isKnown(seen)) send(response, 401, {});
    else if (seen.method === 'GET') send(response, 200, { comments: (comments.get(ticket) ?? []).toReversed() });
    else if (!seen.headers['content-type']?.startsWith('application/json')) send(response, 415, {});
    else send(response, 201, { comment: add(ticket, seen) });
  }

  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    void text(request).then((body) => {
      const seen = { method, url, headers, body };
      requests.push(seen);
      answer(seen, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A TCP server has an AddressInfo.
    requests,
    tokens: () => tokens,
    revoke: () => {
      revoked = tokens;
    },
    comments: (ticket) => comments.get(ticket) ?? [],
    fail: (ticket, ...more) => void faults.set(ticket, [...(faults.get(ticket) ?? []), ...more]),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function fail(response: ServerResponse, { status, body }: DeskFault): void {
  if (status === 0) response.destroy();
  else if (body !== undefined) send(response, status, body);
  else if (status !== 1) response.writeHead(status, { 'retry-after': '1' }).end();
}
