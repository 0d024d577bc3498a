import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFetch } from '../../../src/http/fetch.ts';
import { silentLog } from '../../../src/log.ts';
import { createOpenAiModel } from '../../../src/model/openai.ts';
import { collect, defineModelContract, type ModelUnderTest, textOf } from '../../contracts/model-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import type { ModelFault } from '../../support/openai-emulator-faults.ts';
import { apiKey, doneOf, never, openEndpoint } from './open-endpoint.ts';

defineModelContract({
  name: 'openai',
  open: () => openEndpoint(),
  openStalled: () => openEndpoint({}, { type: 'stall', after: 2 }),
  openBroken: () => openEndpoint({}, { type: 'cut', after: 2 }),
});

/** The connections that Parley's own clients share: the body is no web stream there. */
async function openOverSharedFetch(...faults: readonly ModelFault[]): Promise<ModelUnderTest> {
  const shared = createFetch();
  const bench = await openEndpoint({ fetch: shared.fetch }, ...faults);
  const close = async () => {
    await bench.close();
    await shared.close();
  };
  return { model: bench.model, close };
}

defineModelContract({
  name: 'openai over the shared fetch',
  open: () => openOverSharedFetch(),
  openStalled: () => openOverSharedFetch({ type: 'stall', after: 2 }),
  openBroken: () => openOverSharedFetch({ type: 'disconnect', after: 2 }),
});

test('asks with the system text first, the key and the limits, and for the usage', async () => {
  await using bench = await openEndpoint({ temperature: 0.3, maxOutputTokens: 200, maxTokensParam: 'max_tokens' });

  await collect(bench.model, never);

  const [call] = bench.emulator.calls;
  assert.deepEqual(call?.request, {
    model: 'gpt-5.4-mini',
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'How do I connect Slack?' },
      { role: 'assistant', content: 'With a token.' },
      { role: 'user', content: 'Which scopes does it need?' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0.3,
    max_tokens: 200,
  });
  assert.equal(call?.headers.authorization, `Bearer ${apiKey}`);
});

test('sends the endpoint nothing that the environment holds for another one', async () => {
  const before = { ...process.env };
  Object.assign(process.env, {
    OPENAI_API_KEY: 'sk-of-another',
    OPENAI_ADMIN_KEY: 'sk-admin',
    OPENAI_ORG_ID: 'org',
    OPENAI_PROJECT_ID: 'proj',
  });
  const clock = createFakeClock();
  const emulator = createOpenAiEmulator({ clock });
  await emulator.start();

  const model = await createOpenAiModel({
    apiKey: undefined,
    baseUrl: emulator.baseUrl,
    model: 'gpt-5.4-mini',
    clock,
    log: silentLog,
  });
  await collect(model, never);
  await emulator.stop();
  process.env = before;

  const { authorization, ...headers } = emulator.calls[0]?.headers ?? {};
  assert.equal(authorization, undefined);
  assert.equal(headers['openai-organization'], undefined);
  assert.equal(headers['openai-project'], undefined);
});

test('tells the usage that the endpoint reports, and counts where it reports none', async () => {
  await using bench = await openEndpoint();

  const reported = doneOf(await collect(bench.model, never));
  bench.emulator.behaviour.usage = 'ignored';
  const ignored = doneOf(await collect(bench.model, never));

  assert.deepEqual(reported.usage, { inputTokens: 18, outputTokens: 7, estimated: false });
  assert.ok(ignored.usage.estimated && ignored.usage.inputTokens > 18 && ignored.usage.outputTokens >= 7);
});

test('does without the usage at an endpoint that refuses to report it, and asks for it no more', async () => {
  await using bench = await openEndpoint();
  bench.emulator.behaviour.usage = 'refused';

  const first = await collect(bench.model, never);
  const second = await collect(bench.model, never);

  assert.deepEqual([textOf(first), textOf(second)], Array(2).fill('You said: Which scopes does it need?'));
  assert.deepEqual(
    bench.emulator.calls.map(({ request }) => request.stream_options !== undefined),
    [true, false, false],
  );
});

test('reads the plain JSON of an endpoint that does not stream', async () => {
  await using bench = await openEndpoint();
  bench.emulator.behaviour.ignoresStream = true;

  const events = await collect(bench.model, never);

  assert.deepEqual(events, [
    { type: 'text', text: 'You said: Which scopes does it need?' },
    { type: 'done', finishReason: 'stop', usage: { inputTokens: 18, outputTokens: 7, estimated: false } },
  ]);
});

test('tells when the answer was cut by the limit or withheld', async () => {
  await using bench = await openEndpoint({ maxOutputTokens: 3 });

  const cut = await collect(bench.model, never);
  bench.emulator.behaviour.answer = () => ({ text: '', finishReason: 'content_filter' });
  const withheld = await collect(bench.model, never);

  assert.equal(textOf(cut), 'You said: Which ');
  assert.equal(doneOf(cut).finishReason, 'length');
  assert.equal(doneOf(withheld).finishReason, 'filtered');
});

test('checks the endpoint, the key and the model, with a sentence or with what to change', async () => {
  await using good = await openEndpoint();
  await using wrongKey = await openEndpoint({ apiKey: 'sk-wrong-9876543210' });
  await using wrongModel = await openEndpoint({ model: 'gpt-nothing' });

  const sentence = await good.model.check(never);

  assert.match(sentence, /^127\.0\.0\.1:\d+ answers and offers the model gpt-5\.4-mini\.$/);
  await assert.rejects(wrongKey.model.check(never), /OPENAI_API_KEY/);
  await assert.rejects(wrongModel.model.check(never), /OPENAI_MODEL/);
  assert.equal(good.clock.pending(), 0);
});

test('is named after its endpoint and model', async () => {
  const options = { apiKey, clock: createFakeClock(), log: silentLog };

  const official = await createOpenAiModel({ ...options, baseUrl: 'https://api.openai.com/v1', model: 'gpt-5.4-mini' });
  const local = await createOpenAiModel({ ...options, baseUrl: 'http://localhost:11434/v1', model: 'llama3.2' });

  assert.deepEqual([official.name, local.name], ['openai gpt-5.4-mini', 'localhost:11434 llama3.2']);
});

test('shows images beside the text, and counts them where the endpoint does not', async () => {
  await using bench = await openEndpoint();
  bench.emulator.behaviour.usage = 'ignored';
  const images = [{ mimeType: 'image/png', base64: 'iVBORw0KGgo=' }];

  const events = [];
  for await (const event of bench.model.generate(
    { system: '', messages: [{ role: 'user', text: 'What is it?', images }] },
    never,
  ))
    events.push(event);

  assert.deepEqual(bench.emulator.calls[0]?.request.messages, [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is it?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
      ],
    },
  ]);
  const done = events.at(-1);
  assert.ok(done?.type === 'done' && done.usage.inputTokens > 1_000);
});
