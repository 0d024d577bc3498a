import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createFetch } from '../../../src/http/fetch.ts';
import type { FetchOptions } from '../../../src/http/fetch.ts';

export interface Loopback extends AsyncDisposable {
  readonly url: string;
  /** How many connections have been opened. */
  connections(): number;
}

/** An HTTP server on a free port of this machine, gone at the end of the block that `await using`s it. */
export async function listen(listener: RequestListener): Promise<Loopback> {
  let connections = 0;
  const server = createServer(listener).on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A TCP server has an AddressInfo.
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function readText(request: IncomingMessage): Promise<string> {
  return text(request);
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_1' });
  response.end(JSON.stringify(body));
}

/** Runs `use` with a fetch of its own and a server that answers by `listener`. */
export async function withFetch(
  listener: RequestListener,
  use: (fetch_: typeof fetch, server: Loopback) => Promise<void>,
  options?: FetchOptions,
): Promise<void> {
  await using server = await listen(listener);
  const thin = createFetch(options);
  try {
    await use(thin.fetch, server);
  } finally {
    await thin.close();
  }
}

/** Answers with what was asked. */
export const echo: RequestListener = (request, response) => {
  void readText(request).then((body) =>
    sendJson(response, 200, { method: request.method, url: request.url, headers: request.headers, body }),
  );
};
