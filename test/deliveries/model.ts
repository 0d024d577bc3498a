import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { markPattern } from './events.ts';
import { listen, shut } from './loopback.ts';

/** Speaks as much of Chat Completions as is needed: it repeats the marks of everything that was said since the last answer. */
export interface FakeModel {
  readonly baseUrl: string;
  readonly calls: () => number;
  close(): Promise<void>;
}

export async function startFakeModel(): Promise<FakeModel> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    answer(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);
  return { baseUrl: `http://127.0.0.1:${port}/v1`, calls: () => calls, close: () => shut(server) };
}

interface ChatMessage {
  readonly role: string;
  readonly content: unknown;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { messages } = JSON.parse(await text(request)) as { readonly messages: readonly ChatMessage[] }; // Parley's own request
  const asked = messages.slice(messages.findLastIndex(({ role }) => role === 'assistant') + 1);
  const marks = asked.flatMap(({ role, content }) => (role === 'user' ? (JSON.stringify(content).match(markPattern) ?? []) : []));
  const content = `It is on its way. ${marks.join(' ')}`;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(
    [
      toFrame({ choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }] }),
      toFrame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
      toFrame({ choices: [], usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 } }),
      'data: [DONE]\n\n',
    ].join(''),
  );
}

function toFrame(chunk: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'fake', ...chunk })}\n\n`;
}
