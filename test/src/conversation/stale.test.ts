import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createCommand, createMessage } from '../../support/inbound.ts';
import { createTestParley } from '../../support/test-parley.ts';

const minute = 60_000;

test('questions that are all too old get one apology per conversation, and the model is not asked', async (t) => {
  const parley = createTestParley(t, { staleAfterMs: 60 * minute });
  const questions = [
    createMessage('one', { in: 'c1' }),
    createMessage('two', { in: 'c1' }),
    createMessage('three', { in: 'c2' }),
  ];
  await parley.context.accept(questions);
  await parley.clock.advance(61 * minute);

  await parley.start();

  assert.deepEqual(parley.shown('c1'), [
    'Sorry, I was away and saw your 2 messages only now. If it still matters, please ask again.',
  ]);
  assert.deepEqual(parley.shown('c2'), [
    'Sorry, I was away and saw your message only now. If it still matters, please ask again.',
  ]);
  assert.equal(parley.model.requests.length, 0);
  for (const question of questions) {
    const status = await parley.status(question);
    assert.equal(status?.state, 'refused');
    assert.match(status.reason ?? '', /^stale/);
  }
  assert.deepEqual(await parley.store.listDeadLetters({ limit: 10 }), []);
  await parley.stop();
});

test('what was too old to be answered is still known when the person asks again', async (t) => {
  const parley = createTestParley(t, { staleAfterMs: 60 * minute });
  await parley.context.accept([createMessage('how do I reset the router?')]);
  await parley.clock.advance(61 * minute);
  await parley.start();

  await parley.receive(createMessage('it still matters', { sentAt: parley.clock.now() }));

  assert.deepEqual(parley.model.requests[0]?.messages, [
    { role: 'user', text: 'how do I reset the router?' },
    { role: 'user', text: 'it still matters' },
  ]);
  await parley.stop();
});

test('an old question that waits together with a new one is answered', async (t) => {
  const parley = createTestParley(t, { staleAfterMs: 60 * minute });
  await parley.context.accept([createMessage('old')]);
  await parley.clock.advance(61 * minute);
  await parley.context.accept([createMessage('new', { sentAt: parley.clock.now() })]);

  await parley.start();

  assert.deepEqual(parley.shown(), ['Answer to: old | new']);
  await parley.stop();
});

test('a question is not too old up to the very limit, nor when its sender lives in the future', async (t) => {
  const clock = createFakeClock();
  const parley = createTestParley(t, { clock, staleAfterMs: 60 * minute });
  await parley.start();

  await parley.receive(createMessage('at the limit', { in: 'c1', sentAt: clock.now() - 60 * minute }));
  await parley.receive(createMessage('in the future', { in: 'c2', sentAt: clock.now() + 600 * minute }));

  assert.deepEqual(parley.shown('c1'), ['Answer to: at the limit']);
  assert.deepEqual(parley.shown('c2'), ['Answer to: in the future']);
  await parley.stop();
});

test('an old command is carried out', async (t) => {
  const parley = createTestParley(t, { staleAfterMs: 60 * minute });
  await parley.context.accept([createCommand('reset')]);
  await parley.clock.advance(61 * minute);

  await parley.start();

  assert.match(parley.shown()[0] ?? '', /^Done\./);
  await parley.stop();
});

test('an apology is delivered like an answer: looked up before it is repeated', async (t) => {
  const parley = createTestParley(t, { staleAfterMs: 60 * minute });
  parley.adapter.script.push((_message, show) => {
    show();
    throw new Error('connection reset');
  });
  await parley.context.accept([createMessage('old')]);
  await parley.clock.advance(61 * minute);
  await parley.start();

  await parley.clock.advance(minute);

  assert.equal(parley.shown().length, 1);
  assert.equal(parley.adapter.sends.length, 1);
  assert.equal(parley.adapter.lookups.length, 1);
  await parley.stop();
});
