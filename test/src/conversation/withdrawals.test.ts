import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { DeliveryError } from '../../../src/errors.ts';
import { createFakeAdapter, refuse } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createDelete, createEdit, createMessage } from '../../support/inbound.ts';
import { createTestModel, orAborted } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

async function startParley(t: TestContext, options: TestParleyOptions = {}) {
  const parley = createTestParley(t, { revisions, ...options });
  await parley.start();
  return parley;
}

const revisions = { reviseWithinMs: 3_600_000, withdrawDeleted: true };

/** Answers with the last question, in capital letters. */
const loudModel = () => createTestModel((request) => request.messages.at(-1)?.text.toUpperCase() ?? '');

test('a deletion takes the answer away, and nothing of it is remembered', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 4 });
  const parley = await startParley(t, { adapter, model: loudModel() });
  const [before, question] = [createMessage('aaaa'), createMessage('bbbbcccc')];
  await parley.receive(before);
  await parley.receive(question);

  await parley.receive(createDelete(question), createDelete(question));
  await parley.clock.advance(2_000);
  assert.deepEqual(parley.shown(), ['AAAA']);
  await parley.receive(createMessage('next'));

  assert.deepEqual(
    parley.model.requests.at(-1)?.messages.map(({ text }) => text),
    ['aaaa', 'AAAA', 'next'],
  );
  const status = await parley.status(question);
  assert.deepEqual([status?.state, status?.reason], ['ignored', 'deleted by its author']);
  await parley.stop();
});

test('an answer that is still on its way when its question is deleted does not stay', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 4 });
  const parley = await startParley(t, { adapter, model: loudModel() });
  const sending = createGate<undefined>();
  adapter.script.push(async (_message, show) => {
    await sending.opened;
    return show();
  });
  const question = createMessage('aaaabbbb');
  await parley.receive(question);

  await parley.receive(createDelete(question));
  sending.open(undefined);
  await parley.clock.advance(2_000);

  assert.deepEqual(parley.shown(), []);
  assert.equal(adapter.sends.length, 1);
  assert.equal((await parley.store.stats()).undelivered, 0);
  await parley.stop();
});

test('a deletion during the turn stops it, and takes away what its stream has shown', async (t) => {
  const adapter = createFakeAdapter({ stream: 'at once' });
  const slow = createGate<string>();
  const model = createTestModel(async function* (_request, _call, signal) {
    yield { type: 'text', text: 'Let me ' };
    yield { type: 'text', text: await orAborted(slow.opened, signal) };
  });
  const parley = await startParley(t, { adapter, model });
  const question = createMessage('one');
  await parley.receive(question);
  assert.equal(parley.shown().length, 1);

  await parley.receive(createDelete(question));
  await parley.clock.advance(3_000);

  assert.deepEqual(parley.shown(), []);
  assert.equal((await parley.store.stats()).waiting, 0);
  assert.equal((await parley.status(question))?.state, 'ignored');
  await parley.stop();
});

test('a deletion while a second answer is made takes the first away', async (t) => {
  const model = createTestModel((_request, call) => (call === 1 ? 'first' : createGate<string>().opened));
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);
  await parley.receive(createEdit(question, 'two'));

  await parley.receive(createDelete(question));
  await parley.clock.advance(3_000);

  assert.deepEqual(parley.shown(), []);
  assert.equal((await parley.store.stats()).undelivered, 0);
  await parley.stop();
});

test('of two questions with one answer, the one that stays is answered again without the other', async (t) => {
  const parley = createTestParley(t, { revisions });
  const [secret, other] = [createMessage('my password is hunter2'), createMessage('hello')];
  await parley.context.accept([secret, other]);
  await parley.start();
  assert.equal(parley.shown().length, 1);

  await parley.receive(createDelete(secret));
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.ok(!JSON.stringify(parley.model.requests.at(-1)).includes('hunter2'));
  await parley.stop();
});

test('a removal that fails is repeated, and ends as a dead letter where it is refused', async (t) => {
  let refusals = 0;
  const adapter = createFakeAdapter({
    overrides: {
      remove: () => {
        refusals += 1;
        throw new Error('no connection');
      },
    },
  });
  const parley = await startParley(t, { adapter, delivery: { maxAttempts: 3 } });
  const question = createMessage('one');
  await parley.receive(question);

  await parley.receive(createDelete(question));
  await parley.clock.advance(300_000);

  assert.equal(refusals, 3);
  const letters = await parley.store.listDeadLetters({ limit: 10 });
  assert.equal(letters.length, 1);
  assert.equal((await parley.status(question))?.state, 'ignored');
  await parley.stop();
});

test('answers stay where the operator wants that', async (t) => {
  const parley = await startParley(t, { revisions: { reviseWithinMs: 0, withdrawDeleted: false } });
  const question = createMessage('one');
  await parley.receive(question);

  await parley.receive(createEdit(question, 'two'));
  await parley.receive(createDelete(question));
  await parley.clock.advance(2_000);

  assert.deepEqual(parley.shown(), ['Answer to: one']);
  await parley.stop();
});

test('an answer that could not be delivered does not come back by a replay once its question is deleted', async (t) => {
  const parley = await startParley(t);
  const question = createMessage('one');
  parley.adapter.script.push(refuse(new DeliveryError({ message: 'archived', retryable: false, uncertain: false })));
  await parley.receive(question);
  const [letter] = await parley.store.listDeadLetters({ limit: 1 });
  assert.ok(letter);

  await parley.receive(createDelete(question));
  const isReplayed = await parley.store.replayDeadLetter(letter.id);
  await parley.clock.advance(5_000);

  assert.equal(isReplayed, false);
  assert.deepEqual(parley.shown(), []);
  await parley.stop();
});
