import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ModelFault } from './openai-emulator-faults.ts';

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // a request without an encoding yields buffers
  return Buffer.concat(chunks).toString();
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Each chunk in a packet of its own, so that the client reads them as they were cut. */
export async function sendRaw(
  response: ServerResponse,
  { contentType = 'text/event-stream', chunks, keepOpen }: ModelFault & { type: 'raw' },
): Promise<void> {
  response.socket?.setNoDelay(true);
  response.writeHead(200, { 'content-type': contentType });
  for (const chunk of chunks) {
    response.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!keepOpen) response.end();
}
