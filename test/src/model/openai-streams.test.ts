import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { collect, modelContractRequest, textOf } from '../../contracts/model-contract.ts';
import { doneOf, failureOf, never, openEndpoint } from './open-endpoint.ts';

test('gives up on a stream that stalls, after the idle time since its last piece', async () => {
  await using bench = await openEndpoint({ idleTimeoutMs: 30_000 }, { type: 'stall', after: 2 });
  let said = '';
  const pieces = Promise.withResolvers<void>();
  const failure = (async () => {
    for await (const event of bench.model.generate(modelContractRequest, never)) {
      if (event.type === 'text') said += event.text;
      if (said === 'You said: ') pieces.resolve();
    }
  })().catch((error: unknown) => error);
  await pieces.promise;

  await bench.clock.advance(29_999);
  const early = await Promise.race([failure, Promise.resolve('still waiting')]);
  await bench.clock.advance(1);

  assert.equal(early, 'still waiting');
  const error = await failure;
  assert.ok(error instanceof ModelError && error.retryable && /sent nothing for 30000 ms/.test(error.message));
  assert.equal(bench.clock.pending(), 0);
});

test('counts the idle time from the newest piece, so that a slow answer may go on', async () => {
  await using bench = await openEndpoint({ idleTimeoutMs: 10_000 }, { type: 'stall', after: 4 });
  bench.emulator.behaviour.answer = () => 'one two three four five';
  bench.emulator.behaviour.tokensPerSecond = 1 / 8;
  let said = '';
  const failure = (async () => {
    for await (const event of bench.model.generate(modelContractRequest, never)) said += event.type === 'text' ? event.text : '';
  })().catch((error: unknown) => error);
  await until(() => bench.clock.pending() === 3);

  for (const word of ['one ', 'two ', 'three ', 'four ']) {
    await bench.clock.advance(8_000);
    await until(() => said.endsWith(word));
  }
  await bench.clock.advance(10_000);

  const error = await failure;
  assert.ok(error instanceof ModelError && /sent nothing for 10000 ms/.test(error.message));
});

test('ends at once when it is aborted or takes too long, even where the transport does not listen', async () => {
  const deaf = async () =>
    new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }), {
      headers: { 'content-type': 'text/event-stream' },
    });
  await using silent = await openEndpoint({ fetch: () => new Promise(() => undefined), timeoutMs: 5_000 });
  await using stuck = await openEndpoint({ fetch: deaf });
  const controller = new AbortController();
  const reason = new Error('stopped');

  const late = assert.rejects(collect(silent.model, never), /took longer than 5000 ms/);
  await until(() => silent.clock.pending() === 2);
  await silent.clock.advance(5_000);
  await late;
  const aborted = [silent, stuck].map(({ model }) =>
    assert.rejects(collect(model, controller.signal), (error) => error === reason),
  );
  await until(() => silent.clock.pending() === 2 && stuck.clock.pending() === 2);
  controller.abort(reason);
  await Promise.all(aborted);

  assert.deepEqual([silent.clock.pending(), stuck.clock.pending()], [0, 0]);
});

test('gives up on an endpoint that says nothing at all, and on an answer that takes too long in all', async () => {
  await using bench = await openEndpoint({ idleTimeoutMs: 10_000, timeoutMs: 25_000 }, { type: 'silence' });
  const requested = Promise.withResolvers<void>();
  bench.emulator.behaviour.onCall = () => requested.resolve();
  const silent = failureOf(bench.model);
  await requested.promise;
  await bench.clock.advance(10_000);
  const silence = (await silent).error;

  bench.emulator.behaviour.answer = () => 'word '.repeat(100);
  bench.emulator.behaviour.tokensPerSecond = 1;
  const slow = failureOf(bench.model);
  let ended = false;
  void slow.finally(() => (ended = true));
  for (let second = 0; !ended; second += 1) {
    await bench.clock.advance(second < 60 ? 500 : 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const slowness = (await slow).error;

  assert.match(silence.message, /sent nothing for 10000 ms/);
  assert.match(slowness.message, /took longer than 25000 ms/);
  assert.deepEqual([silence.retryable, slowness.retryable], [true, true]);
});

test('an answer that is finished stands, however its connection ends', async () => {
  const frame = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const chunks = [frame({ content: 'All of it.' }, null), frame({}, 'stop')];
  await using bench = await openEndpoint(
    {},
    { type: 'raw', chunks },
    { type: 'raw', chunks, keepOpen: true },
    { type: 'raw', chunks: [...chunks, 'data: {"cho'] },
  );

  const ended = await collect(bench.model, never);
  const kept = collect(bench.model, never);
  let done = false;
  void kept.finally(() => (done = true));
  while (!done) {
    await bench.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const torn = await collect(bench.model, never);

  assert.deepEqual([ended, await kept, torn].map(textOf), ['All of it.', 'All of it.', 'All of it.']);
});

test('reads what compatible endpoints send besides: comments, CRLF, parts, thoughts, other finish reasons', async () => {
  const frame = (choice: object) => `data: ${JSON.stringify({ choices: [choice] })}\r\n\r\n`;
  const chunks = [
    ': PROCESSING\r\n\r\n',
    frame({ delta: { role: 'assistant', content: null, reasoning_content: 'hm' } }),
    frame({
      delta: {
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'Grüße ' },
        ],
      },
    }),
    ...Array.from(Buffer.from(frame({ delta: { content: '🙂' } })), (byte) => Uint8Array.of(byte)),
    frame({ delta: {}, finish_reason: 'eos' }),
    'data: [DONE]\r\n\r\n',
  ];
  await using bench = await openEndpoint({}, { type: 'raw', chunks });

  const events = await collect(bench.model, never);

  assert.equal(textOf(events), 'Grüße 🙂');
  assert.equal(doneOf(events).finishReason, 'stop');
});

test('closes the connection when it is aborted and when nobody reads on', async () => {
  await using bench = await openEndpoint({}, { type: 'stall', after: 2 }, { type: 'stall', after: 2 });
  const controller = new AbortController();

  await assert.rejects(collect(bench.model, controller.signal, () => controller.abort()));
  for await (const event of bench.model.generate(modelContractRequest, never)) {
    assert.equal(event.type, 'text');
    break;
  }

  await until(() => bench.emulator.calls.every(({ state }) => state === 'aborted'));
  assert.equal(bench.clock.pending(), 0);
});

test('uses its connections again', async () => {
  await using bench = await openEndpoint();

  for (let call = 0; call < 10; call += 1) await collect(bench.model, never);

  // A second one where the first had not quite ended when the next answer was asked for.
  assert.ok(new Set(bench.emulator.calls.map(({ port }) => port)).size <= 2);
});

/** Lets sockets and microtasks go on until something is true. */
async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; !isTrue(); turn += 1) {
    assert.ok(turn < 10_000, 'It never came true.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
