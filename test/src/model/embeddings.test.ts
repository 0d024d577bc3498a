import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import { createEmbedder, type EmbeddingOptions } from '../../../src/model/embeddings.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createOpenAiEmulator, type OpenAiEmulator } from '../../support/openai-emulator.ts';

const apiKey = 'sk-test-0123456789abcdef';
const never = new AbortController().signal;

async function open(test: TestContext, options: Partial<EmbeddingOptions> = {}) {
  const clock = createFakeClock();
  const emulator = createOpenAiEmulator({ clock, apiKeys: [apiKey] });
  await emulator.start();
  test.after(() => emulator.stop());
  const times = { idleTimeoutSeconds: 5, timeoutSeconds: 10 };
  const model = { openai: { apiKey, baseUrl: emulator.baseUrl, model: 'chat', ...times }, providers: {} };
  const settings = { provider: 'openai', model: 'small', batchSize: 8, maxInputTokens: 100, minSimilarity: 0.4, ...options };
  const embedder = await createEmbedder(settings, { model, fetch, clock, log: silentLog });
  return { emulator, embedder, clock };
}

test('asks for vectors of length 1 in base64, in the order of the texts', async (test) => {
  const { emulator, embedder } = await open(test);
  emulator.behaviour.embeddings.vectorOf = (text) => (text === 'one' ? [3, 4] : [0, -2]);
  emulator.behaviour.embeddings.change = (data) => data.toReversed();

  const vectors = await embedder.embed(['one', 'two'], never);

  assert.deepEqual(
    vectors.map((vector) => [...vector].map((value) => value.toFixed(4))),
    [
      ['0.6000', '0.8000'],
      ['0.0000', '-1.0000'],
    ],
  );
  assert.deepEqual(emulator.embedded, [{ model: 'small', input: ['one', 'two'], encoding_format: 'base64' }]);
  assert.equal(embedder.name, 'openai small');
});

test('reads lists of numbers from an endpoint that ignores base64, and asks one that refuses it for those from then on', async (test) => {
  const { emulator, embedder } = await open(test, { dimensions: 4 });
  emulator.behaviour.embeddings.base64 = 'ignored';
  const ignoring = await embedder.embed(['one'], never);
  emulator.behaviour.embeddings.base64 = 'refused';

  const refusing = await embedder.embed(['one'], never);
  await embedder.embed(['two'], never);

  assert.equal(ignoring[0]?.length, 4);
  assert.deepEqual(refusing, ignoring);
  assert.deepEqual(
    emulator.embedded.map(({ encoding_format: format }) => format),
    ['base64', 'base64', 'float', 'float'],
  );
  assert.equal(embedder.name, 'openai small 4');
});

test('cuts what is longer than the model takes', async (test) => {
  const { emulator, embedder } = await open(test);

  await embedder.embed(['word '.repeat(1_000), '長'.repeat(1_000)], never);

  const [latin, han] = emulator.embedded[0]?.input.map(({ length }) => length) ?? [];
  assert.ok(latin !== undefined && latin > 250 && latin <= 350, `${latin}`);
  assert.ok(han !== undefined && han > 60 && han <= 84, `${han}`);
});

const failures: readonly {
  readonly name: string;
  readonly prepare: (emulator: OpenAiEmulator) => void;
  readonly message: RegExp;
  readonly kind: Partial<ModelError>;
}[] = [
  {
    name: 'a limit of rate',
    prepare: (emulator) => emulator.fail({ type: 'rate_limit', retryAfterSeconds: 7 }),
    message: /limits the rate/,
    kind: { retryable: true, retryAfterMs: 7_000 },
  },
  {
    name: 'an error of the server',
    prepare: (emulator) => emulator.fail({ type: 'server_error' }),
    message: /failed to answer/,
    kind: { retryable: true },
  },
  {
    name: 'a broken connection',
    prepare: (emulator) => emulator.fail({ type: 'reset' }),
    message: /connection to 127/,
    kind: { retryable: true },
  },
  {
    name: 'a page in place of JSON',
    prepare: (emulator) => emulator.fail({ type: 'status', status: 200, body: '<html>' }),
    message: /other than JSON/,
    kind: { retryable: true },
  },
  {
    name: 'fewer vectors than texts',
    prepare: (emulator) => (emulator.behaviour.embeddings.change = (data) => data.slice(1)),
    message: /1 for 2 texts/,
    kind: { retryable: false, ofRequest: false },
  },
  {
    name: 'two vectors of one text',
    prepare: (emulator) => (emulator.behaviour.embeddings.change = (data) => data.map((each) => ({ ...each, index: 0 }))),
    message: /which text each belongs to/,
    kind: { retryable: false },
  },
  {
    name: 'no list',
    prepare: (emulator) => emulator.fail({ type: 'status', status: 200, body: '{"data": null}' }),
    message: /no list/,
    kind: { retryable: false },
  },
  {
    name: 'another number of dimensions than asked for',
    prepare: (emulator) =>
      (emulator.behaviour.embeddings.change = () => [0, 1].map((index) => ({ index, embedding: [1, 2, 3] }))),
    message: /3 dimensions, and 4 are expected \(knowledge\.embeddings\.dimensions\)/,
    kind: { retryable: false, ofRequest: false },
  },
  {
    name: 'what is no number',
    prepare: (emulator) => (emulator.behaviour.embeddings.vectorOf = () => [1, Number.NaN, 1, 1]),
    message: /no number/,
    kind: { ofRequest: true },
  },
  {
    name: 'a vector of zeros',
    prepare: (emulator) => (emulator.behaviour.embeddings.vectorOf = () => [0, 0, 0, 0]),
    message: /no direction/,
    kind: { ofRequest: true },
  },
  {
    name: 'base64 of half a number',
    prepare: (emulator) =>
      (emulator.behaviour.embeddings.change = () => [0, 1].map((index) => ({ index, embedding: 'AAAAAAA=' }))),
    message: /neither a list of numbers nor base64/,
    kind: { retryable: false },
  },
  {
    name: 'a refused text',
    prepare: (emulator) => (emulator.behaviour.embeddings.refuses = (text) => text === 'two'),
    message: /too long for small/,
    kind: { ofRequest: true },
  },
];

for (const { name, prepare, message, kind } of failures) {
  test(`says what is wrong: ${name}`, async (test) => {
    const { emulator, embedder } = await open(test, { dimensions: 4 });
    prepare(emulator);

    const error = await embedder.embed(['one', 'two'], never).then(
      () => undefined,
      (error: unknown) => error,
    );

    assert.ok(error instanceof ModelError, String(error));
    assert.match(error.message, message);
    for (const [key, value] of Object.entries(kind)) assert.equal(Reflect.get(error, key), value, key);
  });
}

test('does not wait for ever, and no longer than who asks', async (test) => {
  const { emulator, embedder, clock } = await open(test);
  emulator.fail({ type: 'silence' }, { type: 'silence' });
  const controller = new AbortController();

  const slow = embedder.embed(['one'], never);
  const settled = assert.rejects(slow, /sent nothing for 5000 ms/);
  await clock.advance(5_000);
  await settled;
  const given = embedder.embed(['one'], controller.signal);
  controller.abort(new Error('enough'));

  await assert.rejects(given, /enough/);
});
