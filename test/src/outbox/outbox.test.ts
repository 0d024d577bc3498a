import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryError } from '../../../src/errors.ts';
import { createFakeAdapter, loseResponse, refuse } from '../../support/fake-adapter.ts';
import { createFakeClock, createRandom } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, unanswered } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

const gone = new DeliveryError({ message: 'channel_not_found', retryable: false, uncertain: false });
const busy = new DeliveryError({ message: '503', retryable: true, uncertain: false });

function createEcho() {
  return createTestModel((request) => unanswered(request).join(' '));
}

test('tries again when it is time, not only at the next poll', async (t) => {
  const parley = createTestParley(t, { delivery: { baseMs: 1 } });
  const wait = new DeliveryError({ message: '429', retryable: true, uncertain: false, retryAfterMs: 300 });
  parley.adapter.script.push(refuse(wait));
  await parley.start();
  await parley.clock.advance(100);

  await parley.receive(createMessage('hello'));
  await parley.clock.advance(301);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  await parley.stop();
});

test('answers of one conversation go out in order although the first one fails for a while', async (t) => {
  const parley = createTestParley(t, { model: createEcho() });
  const wait = new DeliveryError({ message: '429', retryable: true, uncertain: false, retryAfterMs: 30_000 });
  parley.adapter.script.push(refuse(wait));
  await parley.start();

  for (const text of ['one', 'two', 'three']) await parley.receive(createMessage(text));
  await parley.receive(createMessage('elsewhere', { in: 'c2' }));
  assert.deepEqual(parley.shown('c1'), []);
  assert.deepEqual(parley.shown('c2'), ['elsewhere']);
  await parley.clock.advance(29_999);
  assert.equal(parley.adapter.sends.length, 2);
  await parley.clock.advance(100);

  assert.deepEqual(parley.shown('c1'), ['one', 'two', 'three']);
  await parley.stop();
});

test('keeps every conversation in order under failures of every kind', async (t) => {
  const clock = createFakeClock();
  const random = createRandom(11);
  const plain = createFakeAdapter();
  const adapter = createFakeAdapter({
    overrides: {
      ...plain,
      send: async (message, signal) => {
        await clock.sleep(Math.floor(random() * 500));
        if (random() < 0.2) throw busy;
        const receipt = await plain.send(message, signal);
        if (random() < 0.2) throw new Error('the response was lost');
        return receipt;
      },
    },
  });
  const parley = createTestParley(t, { clock, adapter, model: createEcho(), delivery: { maxAttempts: 1_000 } });
  const asked = new Map<string, string[]>();
  await parley.start();

  for (let round = 0; round < 30; round += 1) {
    const name = `c${round % 3}`;
    const text = `${name}-${round}`;
    asked.set(name, [...(asked.get(name) ?? []), text]);
    await parley.receive(createMessage(text, { in: name }));
    await clock.advance(200);
  }
  await clock.advance(30 * 60_000);

  for (const [name, texts] of asked) assert.equal(parley.shown(name).join(' '), texts.join(' '));
  assert.equal((await parley.store.stats()).undelivered, 0);
  await parley.stop();
});

test('a lost response is looked up once the platform has had time to show it, and the message is not repeated', async (t) => {
  const parley = createTestParley(t);
  parley.adapter.script.push(loseResponse(new Error('connection reset')));
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  assert.equal((await parley.status(question))?.state, 'delivering');
  await parley.clock.advance(1_999);
  assert.equal(parley.adapter.lookups.length, 0);
  await parley.clock.advance(1);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.deepEqual([parley.adapter.sends.length, parley.adapter.lookups.length], [1, 1]);
  const status = await parley.status(question);
  assert.equal(status?.state, 'answered');
  assert.equal(status.answer[0]?.receipt?.id, 'P1');
  await parley.stop();
});

test('what the platform refuses becomes a dead letter at once, fails the question, and does not hold up what follows', async (t) => {
  const adapter = createFakeAdapter({ splitAt: 4 });
  const parley = createTestParley(t, { adapter, model: createEcho() });
  adapter.script.push(refuse(busy), refuse(gone));
  const question = createMessage('one two');
  await parley.start();

  await parley.receive(question);
  await parley.receive(createMessage('next'));
  await parley.clock.advance(5_000);

  assert.deepEqual(parley.shown(), ['next']);
  const status = await parley.status(question);
  assert.equal(status?.state, 'failed');
  assert.equal(status.reason, 'channel_not_found');
  const letters = await parley.store.listDeadLetters({ limit: 10 });
  assert.equal(letters.length, 1);
  assert.equal(letters[0]?.kind, 'delivery');
  const [line] = parley.log.find('delivery failed for good');
  assert.equal(line?.fields['eventId'], question.eventId);
  await parley.stop();
});

test('an answer that cannot be delivered before its expiry becomes a dead letter, and can be replayed', async (t) => {
  const parley = createTestParley(t, { delivery: { expiryMs: 60_000, maxAttempts: 1_000 } });
  const { script } = parley.adapter;
  script.push(...Array.from({ length: 200 }, () => refuse(busy)));
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  await parley.clock.advance(10 * 60_000);
  const attempts = parley.adapter.sends.length;
  const [letter] = await parley.store.listDeadLetters({ limit: 10 });
  assert.equal(letter?.error, '503');
  assert.equal((await parley.status(question))?.state, 'failed');
  assert.ok(attempts > 3 && attempts < 200);

  script.length = 0;
  assert.equal(await parley.store.replayDeadLetter(letter.id), true);
  await parley.clock.advance(1_001);
  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.equal((await parley.status(question))?.state, 'answered');
  await parley.stop();
});

for (const retryAfterMs of [Number.NaN, -5_000, 1_234.5]) {
  test(`an answer is delivered although the platform asks to wait for ${retryAfterMs} ms`, async (t) => {
    const parley = createTestParley(t);
    parley.adapter.script.push(refuse(new DeliveryError({ message: '429', retryable: true, uncertain: false, retryAfterMs })));
    await parley.start();
    await parley.receive(createMessage('hello'));

    await parley.clock.advance(3_000);

    assert.deepEqual(parley.shown(), ['Answer to: hello']);
    assert.equal(parley.log.find('delivery could not be recorded').length, 0);
    await parley.stop();
  });
}

test('a process that takes over looks for what the dead one may have sent', async (t) => {
  const first = createTestParley(t);
  first.adapter.script.push((_message, show) => {
    show();
    return new Promise(() => undefined); // the process dies before it hears of it
  });
  await first.start();
  await first.receive(createMessage('hello'));
  first.kill();

  const { adapter, clock, database } = first;
  const second = createTestParley(t, { adapter, clock, database, owner: 'p2' });
  await second.start();
  await clock.advance(1_000);

  assert.deepEqual(second.shown(), ['Answer to: hello']);
  assert.equal(adapter.sends.length, 1);
  assert.equal(adapter.lookups.length, 1);
  assert.equal((await second.store.stats()).undelivered, 0);
  await second.stop();
});

test('works through a long backlog without waiting for the next poll', async (t) => {
  const first = createTestParley(t, { model: createEcho() });
  const { adapter, clock, database } = first;
  const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
  const slow = new DeliveryError({ message: '503', retryable: true, uncertain: false, retryAfterMs: 5_000 });
  adapter.script.push(...names.map(() => refuse(slow)));
  await first.start();
  await first.receive(...names.map((name) => createMessage('hello', { in: name })));
  await first.stop();
  assert.equal(adapter.posts.length, 0);

  await clock.advance(10_000);
  const second = createTestParley(t, { adapter, clock, database, owner: 'p2', concurrency: 4 });
  await second.start();

  assert.equal(adapter.posts.length, 40);
  await second.stop();
});

test('sends no more of a backlog at once than it may', async (t) => {
  const first = createTestParley(t, { model: createEcho() });
  const { adapter, clock, database } = first;
  const names = Array.from({ length: 10 }, (_, index) => `c${index}`);
  adapter.script.push(...names.map(() => refuse(busy)));
  await first.start();
  await first.receive(...names.map((name) => createMessage('hello', { in: name })));
  await first.stop();
  await clock.advance(10_000);
  const gates = names.map(() => createGate());
  adapter.sends.length = 0;
  adapter.script.push(
    ...gates.map((gate) => async (_message: unknown, show: () => { id: string }) => {
      await gate.opened;
      return show();
    }),
  );

  const second = createTestParley(t, { adapter, clock, database, owner: 'p2', concurrency: 3 });
  await second.start();
  assert.equal(adapter.sends.length, 3);
  gates[1]?.open();
  await clock.advance(0);
  assert.equal(adapter.sends.length, 4);

  for (const gate of gates) gate.open();
  await clock.advance(0);
  assert.equal(adapter.posts.length, 10);
  await second.stop();
});

test('a delivery that cannot be recorded is found again after its lease, and not repeated', async (t) => {
  let down = true;
  const parley = createTestParley(t, {
    aroundStore: (method, call) => (down && method === 'settleSent' ? Promise.reject(new Error('disk full')) : call()),
  });
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  const [line] = parley.log.find('delivery could not be recorded');
  assert.equal(line?.fields['conversationId'], question.conversationId);
  assert.equal(line?.fields['eventId'], question.eventId);
  assert.equal(line?.fields['deliveryId'], parley.adapter.sends[0]?.id);
  down = false;
  await parley.clock.advance(61_000);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.equal(parley.adapter.sends.length, 1);
  assert.equal((await parley.status(question))?.state, 'answered');
  await parley.stop();
});

test('two processes that both send a part after a stall leave one message standing', async (t) => {
  const clock = createFakeClock();
  const stall = createGate();
  const first = createTestParley(t, { clock });
  const { adapter, database } = first;
  adapter.script.push(async (_message, show) => {
    await stall.opened; // stalled after its last look at the lease
    return show();
  });
  await first.start();
  await first.receive(createMessage('hello'));

  const second = createTestParley(t, { clock, adapter, database, owner: 'p2' });
  await second.start();
  assert.equal(second.shown().length, 1);
  stall.open();
  await clock.advance(0);

  assert.deepEqual(second.shown(), ['Answer to: hello']);
  assert.equal(adapter.posts.length, 2);
  await first.stop();
  await second.stop();
});

test('goes on after a time in which nothing could be claimed', async (t) => {
  let down = true;
  const parley = createTestParley(t, {
    aroundStore: (method, call) => (down && method === 'claimDeliveries' ? Promise.reject(new Error('disk full')) : call()),
  });
  parley.adapter.script.push(refuse(busy));
  await parley.start();
  await parley.receive(createMessage('hello'));
  await parley.clock.advance(10_000);
  assert.deepEqual(parley.shown(), []);

  down = false;
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.ok(parley.log.find('deliveries could not be claimed').length > 0);
  await parley.stop();
});
