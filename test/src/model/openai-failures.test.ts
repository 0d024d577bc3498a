import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelFault } from '../../support/openai-emulator-faults.ts';
import { collect, textOf } from '../../contracts/model-contract.ts';
import { failureOf, never, openEndpoint } from './open-endpoint.ts';

const broken: readonly { readonly name: string; readonly fault: ModelFault; readonly message: RegExp }[] = [
  { name: 'ends without a finish_reason', fault: { type: 'cut', after: 2 }, message: /cut off/ },
  {
    name: 'loses its connection',
    fault: { type: 'disconnect', after: 2 },
    message: /connection to 127\.0\.0\.1:\d+ failed/,
  },
  {
    name: 'carries an error',
    fault: { type: 'error_frame', after: 2 },
    message: /The server had an error/,
  },
  {
    name: 'carries a frame that is no JSON',
    fault: { type: 'malformed_frame', after: 2 },
    message: /no chat completion/,
  },
  { name: 'is reset before it begins', fault: { type: 'reset' }, message: /connection to .* failed/ },
  { name: 'gets status 500', fault: { type: 'server_error' }, message: /failed to answer.*500/ },
  { name: 'gets status 503', fault: { type: 'server_error', status: 503 }, message: /503/ },
  { name: 'gets status 408', fault: { type: 'status', status: 408, body: '' }, message: /408/ },
  { name: 'gets status 429', fault: { type: 'rate_limit' }, message: /limits the rate.*Rate limit reached/ },
];

for (const { name, fault, message } of broken) {
  test(`an answer that ${name} may be asked for again`, async () => {
    await using bench = await openEndpoint({}, fault);

    const failure = await failureOf(bench.model);

    assert.match(failure.error.message, message);
    assert.equal(failure.error.retryable, true);
    assert.ok('You said: '.startsWith(failure.said));
    assert.equal(bench.emulator.calls.length, 1);
    assert.equal(textOf(await collect(bench.model, never)), 'You said: Which scopes does it need?');
  });
}

const refused: readonly { readonly name: string; readonly fault: ModelFault; readonly message: RegExp; readonly told: RegExp }[] =
  [
    {
      name: 'has no credit left',
      fault: { type: 'insufficient_quota' },
      message: /no credit.*billing/s,
      told: /run out of credit/,
    },
    {
      name: 'asks for payment',
      fault: { type: 'status', status: 402, body: '{}' },
      message: /no credit/,
      told: /run out of credit/,
    },
    {
      name: 'finds the conversation too long',
      fault: { type: 'context_length' },
      message: /too long.*contextTokens/,
      told: /\/reset/,
    },
    {
      name: 'finds it too long in other words',
      fault: { type: 'status', status: 400, body: '{"error":{"message":"the request exceeds the available context size"}}' },
      message: /too long/,
      told: /\/reset/,
    },
    {
      name: 'forbids access',
      fault: { type: 'status', status: 403, body: 'nope' },
      message: /OPENAI_API_KEY.*nope/,
      told: /not set up correctly/,
    },
    {
      name: 'leads elsewhere',
      fault: { type: 'status', status: 308, body: '', headers: { 'x-elsewhere': 'https://elsewhere.example/v1' } },
      message: /another address: set OPENAI_BASE_URL/,
      told: /not set up correctly/,
    },
    {
      name: 'does not take the request',
      fault: { type: 'status', status: 422, body: '{"detail":"bad"}' },
      message: /does not accept/,
      told: /could not get an answer/,
    },
    {
      name: 'sends a web page',
      fault: { type: 'raw', contentType: 'text/html', chunks: ['<html>'] },
      message: /web page.*OPENAI_BASE_URL/,
      told: /./,
    },
  ];

for (const { name, fault, message, told } of refused) {
  test(`an endpoint that ${name} is not asked again`, async () => {
    await using bench = await openEndpoint({}, fault);

    const { error } = await failureOf(bench.model);

    assert.match(error.message, message);
    assert.match(error.publicMessage, told);
    assert.equal(error.retryable, false);
    assert.equal(error.retryAfterMs, undefined);
  });
}

test('a wrong key and an unknown model name the settings to look at, and never the key', async () => {
  await using wrongKey = await openEndpoint({ apiKey: 'sk-wrong-9876543210' });
  await using wrongModel = await openEndpoint({ model: 'gpt-nothing' });
  await using keyless = await openEndpoint({ apiKey: undefined });

  const failures = [await failureOf(wrongKey.model), await failureOf(wrongModel.model), await failureOf(keyless.model)].map(
    ({ error }) => error,
  );

  assert.match(failures[0]?.message ?? '', /refuses access\. Check OPENAI_API_KEY.*Incorrect API key provided: \[secret\]/);
  assert.match(failures[1]?.message ?? '', /does not know the model gpt-nothing\. Check OPENAI_MODEL.*OPENAI_BASE_URL/);
  assert.match(failures[2]?.message ?? '', /Set OPENAI_API_KEY\./);
  assert.deepEqual(
    failures.map(({ retryable }) => retryable),
    [false, false, false],
  );
  assert.ok(
    failures.every(
      (error) => !/sk-|9876543210/.test(JSON.stringify([error.message, error.stack, error.publicMessage, error.cause])),
    ),
  );
});

test('says how long the endpoint asks to wait, in every form', async () => {
  const body = '{}';
  const waits: readonly Record<string, string>[] = [
    { 'retry-after': '7' },
    { 'retry-after-ms': '1500' },
    { 'retry-after': 'Mon, 01 Jun 2026 00:00:20 GMT' },
    { 'retry-after': 'soon' },
  ];
  const told: (number | undefined)[] = [];
  for (const headers of waits) {
    await using bench = await openEndpoint({}, { type: 'status', status: 429, body, headers });
    told.push((await failureOf(bench.model)).error.retryAfterMs);
  }

  assert.deepEqual(told, [7_000, 1_500, 20_000, undefined]);
});

test('an empty answer may be asked for again, and one that a limit left empty names the limit', async () => {
  await using bench = await openEndpoint();

  bench.emulator.behaviour.answer = () => ' ';
  const empty = (await failureOf(bench.model)).error;
  bench.emulator.behaviour.answer = () => ({ text: '', finishReason: 'length' });
  const limited = (await failureOf(bench.model)).error;

  assert.deepEqual([empty.retryable, limited.retryable], [true, false]);
  assert.match(limited.message, /maxOutputTokens/);
});

test('takes a tool call that nobody offered for a failure', async () => {
  await using bench = await openEndpoint();
  bench.emulator.behaviour.answer = () => ({ text: '', finishReason: 'tool_calls' });

  const { error } = await failureOf(bench.model);

  assert.match(error.message, /called a tool/);
});

test('maps an error in the middle of a stream by what it says', async () => {
  const errors = [
    { error: { message: 'slow down', code: 429 }, retryable: true },
    { error: { message: 'Overloaded', type: 'overloaded_error' }, retryable: true },
    { error: { message: 'too long', code: 'context_length_exceeded' }, retryable: false },
    { error: { message: 'bad', type: 'invalid_request_error' }, retryable: false },
    { error: { message: 'no money', code: 'insufficient_quota' }, retryable: false },
    { error: { message: 'who knows' }, retryable: true },
  ];
  await using bench = await openEndpoint(
    {},
    ...errors.map(({ error }): ModelFault => ({ type: 'error_frame', after: 1, error })),
  );

  const told: boolean[] = [];
  while (told.length < errors.length) told.push((await failureOf(bench.model)).error.retryable);

  assert.deepEqual(
    told,
    errors.map(({ retryable }) => retryable),
  );
});

test('says that an endpoint cannot be reached, and why', async () => {
  const bench = await openEndpoint();
  await bench.close();

  const { error } = await failureOf(bench.model);

  assert.match(error.message, /The connection to 127\.0\.0\.1:\d+ failed: .*ECONNREFUSED.*OPENAI_BASE_URL/);
  assert.equal(error.retryable, true);
});
