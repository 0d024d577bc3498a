import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';
import { createDelete, createEdit, createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('a question that is edited before its turn is answered as it reads now', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('what is 6 * 8?');
  await parley.context.accept([question, createEdit(question, 'what is 6 * 7?'), createEdit(question, 'what is 7 * 7?')]);

  await parley.start();

  assert.deepEqual(parley.shown(), ['Answer to: what is 7 * 7?']);
  await parley.stop();
});

test('a question that is edited during its turn reads as edited in the next one', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((_request, call) => (call === 1 ? slow.opened : 'ok'));
  const parley = createTestParley(t, { model });
  const question = createMessage('what is 6 * 8?');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createEdit(question, 'what is 6 * 7?'));
  slow.open('48');
  await parley.clock.advance(0);
  await parley.receive(createMessage('sure?'));

  assert.equal(model.requests.length, 2);
  assert.deepEqual(model.requests[1]?.messages, [
    { role: 'user', text: 'what is 6 * 7?' },
    { role: 'assistant', text: '48' },
    { role: 'user', text: 'sure?' },
  ]);
  await parley.stop();
});

test('a question that is edited while its turn is postponed is asked as it reads now', async (t) => {
  const model = createTestModel((request, call) => {
    if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs: 10_000 });
    return request.messages.at(-1)?.text ?? '';
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('what is 6 * 8?');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createEdit(question, 'what is 6 * 7?'));
  await parley.clock.advance(10_001);

  assert.deepEqual(parley.shown(), ['what is 6 * 7?']);
  await parley.stop();
});

test('a question that is edited after its turn reads as edited in the next one, and is not answered again', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('my name is Bob');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createEdit(question, 'my name is Rob'));
  await parley.clock.advance(10_000);
  assert.equal(parley.model.requests.length, 1);
  await parley.receive(createMessage('what is my name?'));

  assert.equal(parley.model.requests[1]?.messages[0]?.text, 'my name is Rob');
  await parley.stop();
});

test('a question that is deleted before its turn is neither answered nor remembered', async (t) => {
  const parley = createTestParley(t);
  const [secret, other] = [createMessage('my password is hunter2'), createMessage('hello')];
  await parley.context.accept([secret, other, createDelete(secret)]);

  await parley.start();
  await parley.receive(createMessage('and now?'));

  assert.deepEqual(parley.shown(), ['Answer to: hello', 'Answer to: and now?']);
  assert.ok(!JSON.stringify(parley.model.requests).includes('hunter2'));
  const status = await parley.status(secret);
  assert.equal(status?.state, 'ignored');
  assert.equal(status.reason, 'deleted by its author');
  await parley.stop();
});

test('a conversation whose only question is deleted before its turn comes to rest', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('never mind');
  await parley.context.accept([question, createDelete(question)]);

  await parley.start();
  await parley.clock.advance(10_000);

  assert.equal(parley.model.requests.length, 0);
  assert.equal((await parley.store.stats()).waiting, 0);
  await parley.receive(createMessage('hello'));
  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  await parley.stop();
});

test('a question that is deleted during its turn is answered, but not remembered', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((_request, call) => (call === 1 ? slow.opened : 'ok'));
  const parley = createTestParley(t, { model });
  const question = createMessage('my password is hunter2');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createDelete(question));
  slow.open('You should not tell me.');
  await parley.clock.advance(0);
  await parley.receive(createMessage('and now?'));

  assert.deepEqual(parley.shown(), ['You should not tell me.', 'ok']);
  assert.ok(!JSON.stringify(model.requests[1]).includes('hunter2'));
  await parley.stop();
});

test('a question that is deleted after its turn is not remembered', async (t) => {
  const parley = createTestParley(t, { model: createTestModel(() => 'ok') });
  const question = createMessage('my password is hunter2');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createDelete(question));
  await parley.receive(createMessage('and now?'));

  assert.deepEqual(parley.model.requests[1]?.messages, [
    { role: 'assistant', text: 'ok' },
    { role: 'user', text: 'and now?' },
  ]);
  await parley.stop();
});

test('a question that is deleted while its turn is postponed is not asked again, and leaves the next answer a message of its own', async (t) => {
  const model = createTestModel((_request, call) => {
    if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs: 10_000 });
    return 'ok';
  });
  const parley = createTestParley(t, { model });
  const question = createMessage('never mind');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createDelete(question));
  await parley.clock.advance(20_000);
  assert.equal(model.requests.length, 1);
  await parley.receive(createMessage('hello'));

  assert.deepEqual(model.requests[1]?.messages, [{ role: 'user', text: 'hello' }]);
  assert.deepEqual(parley.shown(), ['ok']);
  await parley.stop();
});

test('a question that is deleted after a stream of its answer was cut does not lend that message to the next answer', async (t) => {
  const adapter = createFakeAdapter({ stream: 'at once' });
  const model = createTestModel(async function* (_request, call) {
    yield { type: 'text', text: call === 1 ? 'Half an ans' : 'another answer' };
    if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs: 10_000 });
    yield done();
  });
  const parley = createTestParley(t, { adapter, model });
  const question = createMessage('never mind');
  await parley.start();
  await parley.receive(question);

  await parley.receive(createDelete(question));
  await parley.clock.advance(20_000);
  await parley.receive(createMessage('hello'));

  assert.equal(parley.shown().at(-1), 'another answer');
  assert.equal(adapter.posts.length, 2);
  await parley.stop();
});
