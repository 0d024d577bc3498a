import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dialect, Refusal } from './dialects.ts';

/** An endpoint that answers every question in these words, and keeps what it was sent. */
export async function serveDialect({ stream }: Pick<Dialect, 'stream'>) {
  const requests: { readonly headers: IncomingHttpHeaders; readonly body: unknown; readonly url: string | undefined }[] = [];
  const refusals: Refusal[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (data: Buffer) => chunks.push(data));
    request.on('end', () => {
      requests.push({ headers: request.headers, url: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
      const refusal = refusals.shift();
      const type = refusal && refusal.status !== 200 ? 'application/json' : 'text/event-stream';
      response.writeHead(refusal?.status ?? 200, { 'content-type': type, ...refusal?.headers });
      response.end(refusal?.body ?? stream.join(''));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    refuse: (refusal: Refusal) => refusals.push(refusal),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
