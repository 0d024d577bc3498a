import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface ApiRequest {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** `break` ends the connection before the status; `cut` in the middle of the body. */
export interface ApiAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly fault?: 'break' | 'cut' | 'hang';
}

export interface ApiEmulator extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly ApiRequest[];
}

/** An API on this machine that answers as it is told, and keeps what it was asked. */
export async function openApi(answer: (request: ApiRequest) => ApiAnswer): Promise<ApiEmulator> {
  const requests: ApiRequest[] = [];
  const server = createServer((incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    void text(incoming).then((body) => {
      const request = { method, url, headers, body };
      requests.push(request);
      const { status = 200, headers: more, body: content = '', fault } = answer(request);
      if (fault === 'hang') return;
      if (fault === 'break') {
        response.destroy();
        return;
      }
      const said = typeof content === 'string' ? content : JSON.stringify(content);
      const length = fault === 'cut' ? { 'content-length': String(said.length + 100) } : {};
      response.writeHead(status, { 'content-type': 'application/json', ...length, ...more });
      if (fault === 'cut') response.write(said, () => setImmediate(() => response.destroy()));
      else response.end(said);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // A TCP server has an AddressInfo.
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
