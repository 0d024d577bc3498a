import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DeliveryError, ModelError } from '../../../src/errors.ts';
import { createFakeAdapter, type FakeAdapterOptions } from '../../support/fake-adapter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

/** A process whose model says half an answer and the rest when the gate opens. */
function createHalfway(t: TestContext, adapterOptions: FakeAdapterOptions, options: TestParleyOptions = {}) {
  const rest = createGate<string>();
  const model = createTestModel(async function* (_request, call, signal) {
    yield { type: 'text', text: 'Half' };
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    yield { type: 'text', text: call === 1 ? await Promise.race([rest.opened, aborted]) : ' and half' };
    yield done();
  });
  const adapter = createFakeAdapter(adapterOptions);
  return { rest, adapter, parley: createTestParley(t, { model, adapter, ...options }) };
}

test('shows an answer while it grows and completes the same message', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once' });
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  assert.deepEqual(parley.shown(), ['Half']);

  rest.open(' and half');
  await parley.clock.advance(0);
  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.sends[0]?.opened?.id, adapter.posts[0]?.id);
  assert.equal(adapter.streams[0]?.opening.id, adapter.sends[0]?.id);
  assert.equal(adapter.streams[0]?.opening.inReplyTo, question.eventId);
  assert.ok(adapter.streams[0].closed);
  assert.equal(adapter.lookups.length, 0);
  await parley.stop();
});

test('a stream that opens late is completed in place', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'by hand' });
  await parley.start();
  await parley.receive(createMessage('hello'));

  adapter.streams[0]?.open();
  rest.open(' and half');
  await parley.clock.advance(0);

  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.sends[0]?.opened?.id, adapter.posts[0]?.id);
  await parley.stop();
});

test('a stream that never opens leaves an ordinary message', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'by hand' });
  await parley.start();
  await parley.receive(createMessage('hello'));

  rest.open(' and half');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.sends[0]?.opened, undefined);
  assert.equal(adapter.lookups.length, 0);
  await parley.stop();
});

test('a retry after a cut stream of the model completes the message that the first attempt opened', async (t) => {
  const clock = createFakeClock();
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once' }, { clock });
  await parley.start();
  await parley.receive(createMessage('hello'));

  rest.fail(new ModelError({ message: 'the stream stalled', retryable: true }));
  await clock.advance(0);
  assert.deepEqual(parley.shown(), ['Half']);
  await clock.advance(60_000);

  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.streams.length, 1);
  assert.equal(adapter.lookups.length, 0);
  await parley.stop();
});

test('a model that fails for good in the middle of its answer leaves the notice in the same message', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));

  rest.fail(new ModelError({ message: 'refused', retryable: false }));
  await parley.clock.advance(0);

  assert.equal(adapter.posts.length, 1);
  assert.match(parley.shown()[0] ?? '', /^I could not get an answer/);
  await parley.stop();
});

test('an error that nobody expected in the middle of an answer closes the stream, and the retry completes the message', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once', typing: true });
  await parley.start();
  await parley.receive(createMessage('hello'));

  rest.fail(new TypeError('a bug'));
  await parley.clock.advance(0);
  assert.ok(adapter.streams[0]?.closed);
  await parley.clock.advance(60_000);

  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.typings.length, 0);
  await parley.stop();
  assert.equal(parley.clock.pending(), 0);
});

test('a crash after a stream was noted: the next process completes the message without looking for it', async (t) => {
  const { adapter, parley } = createHalfway(t, { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));
  parley.kill();

  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.start();

  assert.deepEqual(next.shown(), ['Answer to: hello']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.streams.length, 1);
  assert.equal(adapter.lookups.length, 0);
  await next.stop();
});

test('a crash before a stream was noted: the next process opens no second one, looks for it and completes it', async (t) => {
  const { adapter, parley } = createHalfway(
    t,
    { stream: 'at once' },
    { aroundStore: (method, call) => (method === 'noteStream' ? new Promise(() => undefined) : call()) },
  );
  await parley.start();
  await parley.receive(createMessage('hello'));
  assert.equal(adapter.posts.length, 1);
  parley.kill();

  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.start();

  assert.deepEqual(next.shown(), ['Answer to: hello']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.streams.length, 1);
  assert.equal(adapter.lookups.length, 1);
  await next.stop();
});

test('a crash before a stream showed anything: the next process looks, finds nothing and sends the answer', async (t) => {
  const { adapter, parley } = createHalfway(t, { stream: 'by hand' });
  await parley.start();
  await parley.receive(createMessage('hello'));
  parley.kill();

  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.start();

  assert.deepEqual(next.shown(), ['Answer to: hello']);
  assert.equal(adapter.lookups.length, 1);
  await next.stop();
});

test('what a crash left on the platform is remembered while the adapter is switched off', async (t) => {
  const { adapter, parley } = createHalfway(t, { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));
  parley.kill();
  const { clock, database } = parley;
  const off = createTestParley(t, { clock, database, adapter, adapters: [], owner: 'p2' });
  await off.start();
  await off.clock.advance(60_000);
  await off.stop();

  const on = createTestParley(t, { clock, database, adapter, owner: 'p3' });
  await on.start();
  await clock.advance(60_000);

  assert.deepEqual(on.shown(), ['Answer to: hello']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.streams.length, 1);
  await on.stop();
});

test('a stop in the middle of a stream: the next process completes the message', async (t) => {
  const { adapter, parley } = createHalfway(t, { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));

  await parley.stop(1_000);
  assert.ok(adapter.streams[0]?.signal.aborted);
  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.start();

  assert.deepEqual(next.shown(), ['Answer to: hello']);
  assert.equal(adapter.posts.length, 1);
  await next.stop();
});

test('a failure to note a stream is logged and costs nothing while the process lives', async (t) => {
  const { rest, adapter, parley } = createHalfway(
    t,
    { stream: 'at once' },
    { aroundStore: (method, call) => (method === 'noteStream' ? Promise.reject(new Error('disk full')) : call()) },
  );
  const question = createMessage('hello');
  await parley.start();
  await parley.receive(question);

  rest.open(' and half');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.posts.length, 1);
  const [line] = parley.log.find('stream could not be noted');
  assert.equal(line?.fields['eventId'], question.eventId);
  await parley.stop();
});

test('no stream begins while an earlier answer is still on its way, so that none overtakes it', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once' });
  adapter.script.push(() => {
    throw new DeliveryError({ message: '503', retryable: true, uncertain: false, retryAfterMs: 20_000 });
  });
  await parley.start();
  await parley.receive(createMessage('/help'));

  await parley.receive(createMessage('hello'));
  assert.deepEqual(parley.shown(), []);
  rest.open(' and half');
  await parley.clock.advance(30_000);

  assert.equal(adapter.streams.length, 0);
  const [help, answer] = parley.shown();
  assert.match(help ?? '', /^I am Parley/);
  assert.equal(answer, 'Half and half');
  await parley.stop();
});

test('an answer of several parts completes the streamed message with the first part and sends the others after it', async (t) => {
  const { rest, adapter, parley } = createHalfway(t, { stream: 'at once', splitAt: 6 });
  await parley.start();
  await parley.receive(createMessage('hello'));

  rest.open(' and half');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Half a', 'nd hal', 'f']);
  assert.equal(adapter.streams.length, 1);
  assert.deepEqual(
    adapter.sends.map(({ opened }) => opened?.id),
    ['P1', undefined, undefined],
  );
  await parley.stop();
});
