import { App, LogLevel } from '@slack/bolt';
import OpenAI from 'openai';

/** A bot as the tutorials show it: Bolt with its defaults, the OpenAI SDK, the conversations in memory. */
const { PORT = '0', SLACK_SIGNING_SECRET = '', SLACK_API_URL = '', OPENAI_BASE_URL = '' } = process.env;
const app = new App({
  token: 'xoxb-bench-000000',
  signingSecret: SLACK_SIGNING_SECRET,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: SLACK_API_URL },
});
const openai = new OpenAI({ apiKey: 'none', baseURL: OPENAI_BASE_URL });
const conversations = new Map<string, { role: 'user' | 'assistant'; content: string }[]>();

app.event('app_mention', async ({ event, say }) => {
  const thread = event.thread_ts ?? event.ts;
  const messages = conversations.get(thread) ?? [];
  conversations.set(thread, messages);
  messages.push({ role: 'user', content: event.text });
  const completion = await openai.chat.completions.create({
    model: 'bench',
    messages: [{ role: 'system', content: 'You are a helpful assistant.' }, ...messages.slice(-20)],
  });
  const text = completion.choices[0]?.message.content ?? '';
  messages.push({ role: 'assistant', content: text });
  await say({ text, thread_ts: thread });
});

await app.start({ port: Number(PORT), host: '127.0.0.1' });
process.send?.({ type: 'listening' });
