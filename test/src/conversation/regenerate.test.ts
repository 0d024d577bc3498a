import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createGate } from '../../support/gate.ts';
import { createEdit, createMessage, createRegenerate } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

async function startParley(t: TestContext, options: TestParleyOptions = {}) {
  const model = createTestModel((_request, call) => `answer ${call}`);
  const revisions = { reviseWithinMs: 3_600_000, withdrawDeleted: true };
  const parley = createTestParley(t, { revisions, model, ...options });
  await parley.start();
  return parley;
}

test('another answer takes the place of the one it was wanted for', async (t) => {
  const parley = await startParley(t);
  await parley.receive(createMessage('one'));

  await parley.receive(createRegenerate('P1'));
  assert.deepEqual(parley.shown(), ['answer 2']);
  await parley.receive(createRegenerate('P1'));

  assert.deepEqual(parley.shown(), ['answer 3']);
  assert.deepEqual(parley.model.requests[2]?.messages, [{ role: 'user', text: 'one' }]);
  await parley.stop();
});

test('a press that comes again, and presses while the answer is made, are one', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((_request, call) => (call === 2 ? slow.opened : `answer ${call}`));
  const parley = await startParley(t, { model });
  await parley.receive(createMessage('one'));
  const press = createRegenerate('P1');
  await parley.receive(press);

  await parley.receive(createRegenerate('P1'), press);
  slow.open('another');
  await parley.clock.advance(1_000);
  await parley.receive(press);
  await parley.receive(createRegenerate('P1', { sentAt: parley.clock.now() - 1_000 }));

  assert.equal(model.requests.length, 2);
  assert.deepEqual(parley.shown(), ['another']);
  await parley.stop();
});

test('whoever did not ask is told so, once, where the press came from', async (t) => {
  const parley = await startParley(t);
  await parley.receive(createMessage('one'));
  const press = createRegenerate('P1', { by: 'ben' });

  await parley.receive(press, press);
  await parley.clock.advance(2_000);

  assert.equal(parley.model.requests.length, 1);
  assert.deepEqual(parley.shown(), ['answer 1', 'Only who asked can have this answered again.']);
  assert.deepEqual(parley.adapter.sends[1]?.destination, { place: 'c1', seenBy: 'ben' });
  await parley.stop();
});

test('an old answer says that the conversation has gone on', async (t) => {
  const parley = await startParley(t);
  await parley.receive(createMessage('one'));
  await parley.receive(createMessage('two'));

  await parley.receive(createRegenerate('P1'));
  await parley.clock.advance(2_000);

  assert.equal(parley.model.requests.length, 2);
  assert.match(parley.shown()[2] ?? '', /has gone on/);
  await parley.stop();
});

test('a press and an edit, one after the other, end in the answer to the last text', async (t) => {
  const model = createTestModel((request, call) => `${call}: ${request.messages.at(-1)?.text}`);
  const parley = await startParley(t, { model });
  const question = createMessage('one');
  await parley.receive(question);

  await parley.receive(createRegenerate('P1'), createEdit(question, 'two'));
  await parley.clock.advance(1_000);

  assert.equal(parley.shown().length, 1);
  assert.match(parley.shown()[0] ?? '', /: two$/);
  await parley.stop();
});

test('what is attached, and the settings of the place, count for another answer too', async (t) => {
  const parley = await startParley(t);
  await parley.receive(
    createMessage('one', { attachments: [{ name: 'log.txt', mimeType: 'text/plain' }], profile: 'fake/support' }),
  );

  await parley.receive(createRegenerate('P1'));

  assert.deepEqual(parley.model.requests[1], parley.model.requests[0]);
  await parley.stop();
});
