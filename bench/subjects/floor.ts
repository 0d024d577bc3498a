import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'undici';

/**
 * The floor: the least that does the job at all, with nothing kept. node:http, a Map for the conversations, undici for the two calls.
 * No ledger, no retries, no SDK: what is lost in a crash is lost.
 */
const { PORT = '0', SLACK_SIGNING_SECRET = '', SLACK_API_URL = '', OPENAI_BASE_URL = '' } = process.env;
const slack = new Pool(new URL(SLACK_API_URL).origin, { connections: 256 });
const openai = new Pool(new URL(OPENAI_BASE_URL).origin, { connections: 8_192 });
const seen = new Set<string>();
const conversations = new Map<string, { role: string; content: string }[]>();

interface Mention {
  readonly text: string;
  readonly channel: string;
  readonly thread_ts: string;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const expected = Buffer.from(sign(String(request.headers['x-slack-request-timestamp']), body));
    const given = Buffer.from(String(request.headers['x-slack-signature']));
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      response.writeHead(401).end();
      return;
    }
    const { event_id: eventId, event } = JSON.parse(body) as { event_id: string; event: Mention };
    response.writeHead(200).end();
    if (seen.has(eventId)) return;
    seen.add(eventId);
    void answer(event);
  });
});

function sign(timestamp: string, body: string): string {
  return `v0=${createHmac('sha256', SLACK_SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest('hex')}`;
}

async function answer({ text, channel, thread_ts: threadTs }: Mention): Promise<void> {
  const messages = conversations.get(threadTs) ?? [];
  conversations.set(threadTs, messages);
  messages.push({ role: 'user', content: text });
  const prompt = [{ role: 'system', content: 'You are a helpful assistant.' }, ...messages.slice(-20)];
  const completion = await post(openai, '/v1/chat/completions', JSON.stringify({ model: 'bench', messages: prompt }));
  const { choices } = completion as { choices: { message: { content: string } }[] };
  const content = choices[0]?.message.content ?? '';
  messages.push({ role: 'assistant', content });
  await post(slack, '/api/chat.postMessage', JSON.stringify({ channel, thread_ts: threadTs, text: content }));
}

async function post(pool: Pool, path: string, body: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer x' };
  const response = await pool.request({ path, method: 'POST', headers, body, headersTimeout: 0, bodyTimeout: 0 });
  return response.body.json();
}

server.keepAliveTimeout = 120_000;
server.listen(Number(PORT), '127.0.0.1', () => process.send?.({ type: 'listening' }));
