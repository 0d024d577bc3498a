import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APIError, OpenAI } from 'openai';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from './openai-emulator.ts';

const messages = [{ role: 'user' as const, content: 'What is the answer?' }];
const model = 'gpt-5.4-mini';

interface Bench extends AsyncDisposable {
  readonly emulator: OpenAiEmulator;
  readonly client: OpenAI;
  readonly clock: FakeClock;
}

async function open(): Promise<Bench> {
  const clock = createFakeClock();
  const emulator = createOpenAiEmulator({ clock, apiKeys: ['sk-good'] });
  await emulator.start();
  const client = new OpenAI({ apiKey: 'sk-good', baseURL: emulator.baseUrl, maxRetries: 0, organization: null, project: null });
  return { emulator, client, clock, [Symbol.asyncDispose]: () => emulator.stop() };
}

test('is understood by the official SDK, streamed and not, with usage and a list of models', async () => {
  await using bench = await open();

  const plain = await bench.client.chat.completions.create({ model, messages });
  const stream = await bench.client.chat.completions.create({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await gather(stream);
  const models = await gather(bench.client.models.list());

  assert.equal(plain.choices[0]?.message.content, 'You said: What is the answer?');
  assert.equal(plain.usage?.total_tokens, 10);
  assert.equal(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join(''), 'You said: What is the answer?');
  assert.deepEqual(
    chunks.map(({ choices }) => choices[0]?.finish_reason).filter((reason) => reason),
    ['stop'],
  );
  assert.equal(chunks.at(-1)?.usage?.completion_tokens, 6);
  assert.deepEqual(
    models.map(({ id }) => id),
    [model],
  );
});

test('refuses what the API refuses, with its statuses and codes', async () => {
  await using bench = await open();
  const stranger = new OpenAI({ apiKey: 'sk-bad', baseURL: bench.emulator.baseUrl, maxRetries: 0 });
  bench.emulator.fail(
    { type: 'rate_limit', retryAfterSeconds: 3 },
    { type: 'insufficient_quota' },
    { type: 'context_length' },
    { type: 'server_error' },
  );

  const refusals: unknown[] = [];
  const note = (error: unknown) => void refusals.push(error instanceof APIError ? [error.status, error.code] : error);
  for (let call = 0; call < 4; call += 1) await bench.client.chat.completions.create({ model, messages }).catch(note);
  await stranger.chat.completions.create({ model, messages }).catch(note);
  await bench.client.chat.completions.create({ model: 'gpt-nothing', messages }).catch(note);
  await bench.client.chat.completions.create({ model, messages: [] }).catch(note);

  assert.deepEqual(refusals, [
    [429, 'rate_limit_exceeded'],
    [429, 'insufficient_quota'],
    [400, 'context_length_exceeded'],
    [500, null],
    [401, 'invalid_api_key'],
    [404, 'model_not_found'],
    [400, null],
  ]);
});

test('tells every phase of a call and waits for whoever listens', async () => {
  await using bench = await open();
  const phases: string[] = [];
  bench.emulator.behaviour.answer = () => 'one two three four';
  const bothDone = Promise.withResolvers<void>();
  bench.emulator.behaviour.onCall = async (phase, { index }) => {
    await new Promise((resolve) => setImmediate(resolve));
    phases.push(`${index} ${phase}`);
    if (index === 1 && phase === 'done') bothDone.resolve();
  };

  await gather(await bench.client.chat.completions.create({ model, messages, stream: true }));
  await bench.client.chat.completions.create({ model, messages });
  await bothDone.promise;

  assert.deepEqual(phases, ['0 request', '0 firstToken', '0 midStream', '0 done', '1 request', '1 done']);
  assert.deepEqual(
    bench.emulator.calls.map(({ state }) => state),
    ['answered', 'answered'],
  );
});

test('takes its time by the clock that it is given', async () => {
  await using bench = await open();
  bench.emulator.behaviour.latencyMs = 1_000;
  bench.emulator.behaviour.tokensPerSecond = 2;
  bench.emulator.behaviour.answer = () => 'one two';
  const asked = Promise.withResolvers<void>();
  const done = Promise.withResolvers<number>();
  bench.emulator.behaviour.onCall = (phase) => {
    if (phase === 'request') asked.resolve();
    if (phase === 'done') done.resolve(bench.clock.monotonic());
  };

  const answer = bench.client.chat.completions.create({ model, messages, stream: true });
  await asked.promise;
  await bench.clock.advance(2_000);
  await gather(await answer);

  assert.equal(await done.promise, 2_000);
});

test('sees when the client goes away', async () => {
  await using bench = await open();
  bench.emulator.fail({ type: 'stall', after: 1 });
  const controller = new AbortController();

  const stream = await bench.client.chat.completions.create({ model, messages, stream: true }, { signal: controller.signal });
  controller.abort();
  await gather(stream);
  for (let turn = 0; turn < 1_000 && bench.emulator.calls[0]?.state === 'open'; turn += 1)
    await new Promise((resolve) => setImmediate(resolve));

  assert.equal(bench.emulator.calls[0]?.state, 'aborted');
});

async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const gathered: T[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}
