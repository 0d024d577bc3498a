import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { toChunkId, toTurnId } from '../../../src/ids.ts';
import type { InboundMessage } from '../../../src/message.ts';
import { createFakeAdapter, type FakeAdapterOptions } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage, createStop, createStopOf } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

/** A process whose model begins each answer, and goes on with it when somebody stops it or the gate opens. */
function createTalker(t: TestContext, beginning: string, { stream, ...options }: TestParleyOptions & FakeAdapterOptions = {}) {
  const rest = createGate<string>();
  const signals: AbortSignal[] = [];
  const model = createTestModel(async function* (_request, _call, signal) {
    signals.push(signal);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
    if (beginning !== '') yield { type: 'text', text: beginning };
    yield { type: 'text', text: await Promise.race([rest.opened, aborted]) };
    yield done();
  });
  const adapter = createFakeAdapter(stream === undefined ? {} : { stream });
  return { rest, adapter, model, signals, parley: createTestParley(t, { model, adapter, ...options }) };
}

test('a stop ends the model call and leaves what was written, with a line that says so, in the same message', async (t) => {
  const { adapter, model, signals, parley } = createTalker(t, 'The plan is', { stream: 'at once' });
  const question = createMessage('what is the plan?');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createStop());

  assert.deepEqual(parley.shown(), ['The plan is\n\n_Stopped._']);
  assert.equal(adapter.posts.length, 1);
  assert.ok(signals[0]?.aborted);
  const status = await parley.status(question);
  assert.deepEqual([status?.state, status?.reason], ['answered', 'stopped by a person']);
  const { conversationId } = question;
  const transcript = await parley.store.transcript({ conversationId, limit: 10 });
  assert.deepEqual(
    transcript.map(({ text }) => text),
    ['what is the plan?', 'The plan is\n\n_Stopped._'],
  );
  await parley.clock.advance(600_000);
  assert.equal(model.requests.length, 1);
  assert.deepEqual(await parley.store.listDeadLetters({ limit: 10 }), []);
  await parley.stop();
});

test('a stop before the first word leaves a message that says so', async (t) => {
  const { parley } = createTalker(t, '');
  await parley.start();
  await parley.receive(createMessage('hello'));

  await parley.receive(createStop());

  assert.deepEqual(parley.shown(), ['_Stopped._']);
  await parley.stop();
});

test('a stop in the middle of a code block closes it', async (t) => {
  const { parley } = createTalker(t, 'So:\n\n```ts\nconst a =');
  await parley.start();
  await parley.receive(createMessage('hello'));

  await parley.receive(createStop());

  assert.deepEqual(parley.shown(), ['So:\n\n```ts\nconst a =\n```\n\n_Stopped._']);
  await parley.stop();
});

test('a stop means what was asked before it: a later question is answered', async (t) => {
  const { rest, parley } = createTalker(t, 'Well,');
  await parley.start();
  await parley.receive(createMessage('one'));

  const stop = createStop();
  await parley.receive(stop);
  await parley.receive(createMessage('two'));
  await parley.receive(stop);
  rest.open(' two.');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Well,\n\n_Stopped._', 'Well, two.']);
  await parley.stop();
});

test('a stop of another conversation, or where nothing runs, changes nothing', async (t) => {
  const { rest, parley } = createTalker(t, 'Well,');
  await parley.start();
  await parley.receive(createMessage('one'));

  const stop = createStop('c2');
  await parley.receive(stop);
  rest.open(' one.');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Well, one.']);
  const status = await parley.status(stop);
  assert.deepEqual([status?.state, status?.reason], ['ignored', 'nothing to stop']);
  await parley.stop();
});

test('a stop of a turn that waits for its next attempt is obeyed at once, and the model is not asked again', async (t) => {
  const { rest, model, parley } = createTalker(t, 'The plan', { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));
  rest.fail(new ModelError({ message: 'the stream stalled', retryable: true, retryAfterMs: 60_000 }));
  await parley.clock.advance(0);

  await parley.receive(createStop());

  assert.deepEqual(parley.shown(), ['_Stopped._']);
  assert.equal(model.requests.length, 1);
  await parley.stop();
});

test('a stop that a process saved and died of is obeyed by the next one, in the message that stands there', async (t) => {
  const { adapter, parley } = createTalker(t, 'The plan is', { stream: 'at once' });
  await parley.start();
  await parley.receive(createMessage('hello'));
  parley.kill();
  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.store.accept({ adapter: 'fake', events: [createStop()] });

  await next.start();

  assert.deepEqual(next.shown(), ['_Stopped._']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(next.model.requests.length, 0);
  await next.stop();
});

test('a stop that comes while its turn is being taken up is obeyed', async (t) => {
  const claimed = createGate<undefined>();
  const { parley } = createTalker(t, 'The plan', {
    aroundStore: async (method, call) => {
      const result = await call();
      if (method === 'acceptAndClaim') await claimed.opened;
      return result;
    },
  });
  await parley.start();
  const receiving = parley.receive(createMessage('hello'));
  await parley.receive(createStop());

  claimed.open(undefined);
  await receiving;
  await parley.clock.advance(0);

  assert.match(parley.shown().join('|'), /^(?:The plan\n\n)?_Stopped\._$/);
  await parley.stop();
});

/** What the Stop button names under the answer to this question. */
function under(question: InboundMessage) {
  const { adapter, tenant, eventId } = question;
  return { outboundId: toChunkId(toTurnId({ adapter, tenant, eventId, generation: 0 }), 0) };
}

test('a stop of one answer ends that one, and what was asked meanwhile is answered', async (t) => {
  const { rest, signals, parley } = createTalker(t, 'Well,', { stream: 'at once' });
  await parley.start();
  const one = createMessage('one');
  await parley.receive(one);
  const two = createMessage('two');
  await parley.receive(two);

  await parley.receive(createStopOf(under(one)));
  rest.open(' two.');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Well,\n\n_Stopped._', 'Well, two.']);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  assert.equal((await parley.status(two))?.reason, undefined);
  await parley.stop();
});

test('a stop of an answer that has ended does not stop the one after it', async (t) => {
  const replies = [createGate<string>(), createGate<string>()];
  const signals: AbortSignal[] = [];
  const model = createTestModel(async function* (_request, call, signal) {
    signals.push(signal);
    yield { type: 'text', text: (await replies[call - 1]?.opened) ?? '' };
    yield done();
  });
  const parley = createTestParley(t, { model });
  await parley.start();
  const one = createMessage('one');
  await parley.receive(one);
  replies[0]?.open('one.');
  await parley.clock.advance(0);
  await parley.receive(createMessage('two'));

  const late = createStopOf(under(one));
  const byMessage = createStopOf({ messageId: 'M1' });
  await parley.receive(late, byMessage);
  assert.equal(signals[1]?.aborted, false);
  replies[1]?.open('two.');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['one.', 'two.']);
  assert.equal((await parley.status(late))?.reason, 'that answer has ended');
  assert.equal((await parley.status(byMessage))?.reason, 'that answer has ended');
  await parley.stop();
});

test('a stop of one answer that nobody but a stranger wants changes nothing', async (t) => {
  const { rest, parley } = createTalker(t, 'Well,');
  await parley.start();
  const one = createMessage('one');
  await parley.receive(one);

  const stop = createStopOf({ ...under(one), by: 'eve' });
  await parley.receive(stop);
  rest.open(' one.');
  await parley.clock.advance(0);

  assert.deepEqual(parley.shown(), ['Well, one.']);
  assert.equal((await parley.status(stop))?.reason, 'not asked by who pressed');
  await parley.stop();
});

test('a stop of one answer that a process saved and died of is obeyed by the next one; what was asked since is answered', async (t) => {
  const { adapter, parley } = createTalker(t, 'The plan is', { stream: 'at once' });
  await parley.start();
  const one = createMessage('one');
  await parley.receive(one);
  parley.kill();
  const { clock, database } = parley;
  const next = createTestParley(t, { clock, database, adapter, owner: 'p2' });
  await next.store.accept({ adapter: 'fake', events: [createStopOf(under(one)), createMessage('two')] });

  await next.start();
  await next.clock.advance(0);

  assert.deepEqual(next.shown(), ['_Stopped._', 'Answer to: two']);
  assert.equal(next.model.requests.length, 1);
  await next.stop();
});

test('a stop of one answer spares a command that was typed behind its question', async (t) => {
  const parley = createTestParley(t);
  const one = createMessage('one');
  const help = createMessage('/help');
  await parley.context.accept([one, help]);
  const [turn] = (await parley.store.claimTurns({ owner: 'p0', limit: 1, leaseMs: 60_000, historyLimit: 10 })).turns;
  assert.equal(turn?.events.length, 2);
  await parley.context.accept([createStopOf(under(one))]);

  await parley.start();
  await parley.clock.advance(0);

  const [first, second] = parley.shown();
  assert.equal(first, '_Stopped._');
  assert.match(second ?? '', /\/reset/);
  await parley.stop();
});
