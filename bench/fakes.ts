import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Stand-ins for Slack's Web API and an OpenAI-compatible endpoint that do nothing but answer, so that what is measured is the bot.
 * An event's text holds `qx<N>xq`; the model answers `qx<N>xq … qz<N>zq`; Slack notes when both marks of N became visible.
 */
export interface Fakes {
  readonly slackUrl: string;
  readonly openaiUrl: string;
  latencyMs: number;
  /** Set to be told of the first visible mark and of the whole answer to event N, with performance.now(). */
  onFirst: (n: number, at: number) => void;
  onWhole: (n: number, at: number) => void;
  close(): Promise<void>;
}

const words = 'The answer to this is that everything is in order and nothing needs to be done about it today. '.repeat(2);

export async function startFakes(): Promise<Fakes> {
  const state = { latencyMs: 0, onFirst: (): void => undefined, onWhole: (): void => undefined } as Pick<
    Fakes,
    'latencyMs' | 'onFirst' | 'onWhole'
  >;
  const openai = createServer((request, response) => void answerModel(request, response, state));
  const slack = createServer((request, response) => void answerSlack(request, response, state));
  for (const server of [openai, slack]) server.keepAliveTimeout = 120_000;
  const [openaiPort, slackPort] = await Promise.all([listen(openai), listen(slack)]);
  return Object.assign(state, {
    slackUrl: `http://127.0.0.1:${slackPort}/api/`,
    openaiUrl: `http://127.0.0.1:${openaiPort}/v1`,
    close: async () => {
      for (const server of [openai, slack]) server.closeAllConnections();
      await Promise.all([close(openai), close(slack)]);
    },
  });
}

async function answerModel(request: IncomingMessage, response: ServerResponse, state: { latencyMs: number }): Promise<void> {
  const body = await read(request);
  const marks = [...body.matchAll(/qx(\d+)xq/g)];
  const n = marks.at(-1)?.[1] ?? '0';
  const finish = body.includes('"stream":true') ? () => stream(response, n) : () => whole(response, n);
  if (state.latencyMs > 0) setTimeout(finish, state.latencyMs);
  else finish();
}

function stream(response: ServerResponse, n: string): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const texts = [`qx${n}xq `, ...words.split(/(?<= )/), `qz${n}zq`];
  let out = '';
  for (const content of texts) out += frame({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
  out += frame({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  out += frame({ choices: [], usage: { prompt_tokens: 300, completion_tokens: 40, total_tokens: 340 } });
  response.end(`${out}data: [DONE]\n\n`);
}

function frame(chunk: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'bench', ...chunk })}\n\n`;
}

function whole(response: ServerResponse, n: string): void {
  const message = { role: 'assistant', content: `qx${n}xq ${words}qz${n}zq` };
  const usage = { prompt_tokens: 300, completion_tokens: 40, total_tokens: 340 };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: 'bench',
      choices: [{ index: 0, message, finish_reason: 'stop' }],
      usage,
    }),
  );
}

let lastTs = 0;

async function answerSlack(
  request: IncomingMessage,
  response: ServerResponse,
  state: Pick<Fakes, 'onFirst' | 'onWhole'>,
): Promise<void> {
  const body = await read(request);
  const at = performance.now();
  const method = request.url?.slice(5).split('?')[0] ?? '';
  if (method.startsWith('chat.')) {
    const first = /qx(\d+)xq/.exec(body)?.[1];
    const last = /qz(\d+)zq/.exec(body)?.[1];
    if (first) state.onFirst(Number(first), at);
    if (last) state.onWhole(Number(last), at);
  }
  lastTs += 1;
  const ts = `1700000000.${String(lastTs).padStart(6, '0')}`;
  const identity =
    method === 'auth.test'
      ? { team_id: 'T1', user_id: 'U0BOT', bot_id: 'B0BOT', team: 'bench', user: 'bot' }
      : { ts, channel: 'C1' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ok: true, ...identity }));
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without an encoding yields Buffers
  return Buffer.concat(chunks).toString('utf8');
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
