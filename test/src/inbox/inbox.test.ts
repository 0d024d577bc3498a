import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import { createInbox } from '../../../src/inbox/inbox.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { conversationIdOf, createMessage, testTenant } from '../../support/inbound.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('accept resolves only once the events are on disk', async (t) => {
  const disk = createGate();
  const parley = createTestParley(t, {
    aroundStore: async (method, call) => {
      const result = await call();
      if (method.startsWith('accept')) await disk.opened;
      return result;
    },
  });
  let acknowledged = false;

  const accepted = parley.context.accept([createMessage('hello')]).then(() => {
    acknowledged = true;
  });
  await parley.clock.advance(60_000);

  assert.equal(acknowledged, false);
  disk.open();
  await accepted;
  assert.equal(acknowledged, true);
});

test('accept rejects when the events could not be saved, and nothing is taken up', async (t) => {
  const parley = createTestParley(t, {
    aroundStore: async (method, call) => {
      if (method.startsWith('accept')) throw new StoreError('The disk is full.');
      return call();
    },
  });
  await parley.start();

  await assert.rejects(parley.receive(createMessage('hello')), { message: 'The disk is full.' });
  await parley.clock.advance(10_000);

  assert.equal(parley.model.requests.length, 0);
  await parley.stop();
});

test('logs an event that comes again with another content, and lets the first one count', async (t) => {
  const parley = createTestParley(t);
  const first = createMessage('pay 10', { eventId: 'E-conflict' });

  const [accepted] = await parley.context.accept([first]);
  const [conflict] = await parley.context.accept([{ ...first, text: 'pay 1000' }]);
  await parley.start();

  assert.equal(accepted?.status, 'accepted');
  assert.equal(conflict?.status, 'conflict');
  const [line] = parley.log.find('event came again with another content; the first one counts');
  assert.equal(line?.level, 'warn');
  assert.equal(line?.fields['conversationId'], first.conversationId);
  assert.equal(line?.fields['eventId'], 'E-conflict');
  assert.deepEqual(parley.shown(), ['Answer to: pay 10']);
  await parley.stop();
});

test('answers an event once that is delivered three times', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('hello');
  await parley.start();

  const [first] = await parley.context.accept([question]);
  await parley.clock.advance(0);
  const [second, third] = await parley.context.accept([question, question]);
  await parley.clock.advance(10_000);

  assert.deepEqual([first?.status, second?.status, third?.status], ['accepted', 'duplicate', 'duplicate']);
  assert.equal(parley.model.requests.length, 1);
  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  await parley.stop();
});

test('logs nothing for an ordinary event and names the conversation and the event in every other line', async (t) => {
  const parley = createTestParley(t);
  const question = createMessage('hello');

  await parley.context.accept([question]);
  assert.deepEqual(parley.log.lines, []);

  await parley.context.accept([
    question,
    { ...question, text: 'other' },
    createMessage('chatter', { in: 'c9', addressed: false }),
  ]);
  assert.equal(parley.log.lines.length, 3);
  for (const { fields } of parley.log.lines) assert.ok(fields['conversationId'] && fields['eventId']);
});

test("keeps an adapter's state with the events, and shows each adapter only what is its own", async (t) => {
  const clock = createFakeClock();
  const parley = createTestParley(t, { clock });
  const inbox = createInbox({ store: parley.store, clock, log: createMemoryLog(), accept: parley.worker.accept });
  const fake = inbox.contextFor('fake');
  const other = inbox.contextFor('other');
  const question = createMessage('hello');

  await fake.accept([question], { key: 'session', value: { sequence: 7 } });

  assert.deepEqual(await fake.loadState('session'), { sequence: 7 });
  assert.equal(await other.loadState('session'), undefined);
  assert.deepEqual(await fake.recentConversations(0), [
    { conversationId: conversationIdOf('c1'), destination: { place: 'c1' }, newestMessageId: question.messageId },
  ]);
  assert.deepEqual(await other.recentConversations(0), []);
  assert.equal((await fake.status(testTenant, question.eventId))?.state, 'waiting');
  assert.equal(await other.status(testTenant, question.eventId), undefined);
});
