import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InboundMessage } from '../../../src/message.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createFakeClock, createRandom } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, unanswered } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('50 messages in one conversation during one slow turn: none is lost, all are answered together, in order', async (t) => {
  const slow = createGate<string>();
  const model = createTestModel((request, call) => (call === 1 ? slow.opened : unanswered(request).join(' ')));
  const parley = createTestParley(t, { model });
  const messages = Array.from({ length: 51 }, (_, index) => createMessage(`#${index}`));
  const [first, ...meanwhile] = messages;
  await parley.start();

  await parley.receive(first as InboundMessage);
  for (const message of meanwhile) await parley.receive(message);
  slow.open('#0');
  await parley.clock.advance(0);

  const answers = parley.shown();
  assert.deepEqual(answers.join(' '), messages.map(({ text }) => text).join(' '));
  for (const message of messages) assert.equal((await parley.status(message))?.state, 'answered');
  t.diagnostic(`51 messages, ${model.requests.length} turns, ${answers.length} answers`);
  assert.equal(answers.length, 2);
  await parley.stop();
});

test('more messages than one turn takes are answered by as many turns as it needs, in order', async (t) => {
  const model = createTestModel((request) => unanswered(request).join(' '));
  const parley = createTestParley(t, { model });
  const messages = Array.from({ length: 250 }, (_, index) => createMessage(`#${index}`));

  await parley.context.accept(messages);
  await parley.start();

  assert.equal(parley.shown().join(' '), messages.map(({ text }) => text).join(' '));
  await parley.stop();
});

test('200 conversations at once stay in order, each question is answered once, and platforms that fail change nothing', async (t) => {
  const clock = createFakeClock();
  const random = createRandom(7);
  const adapter = createFakeAdapter();
  const { send } = adapter;
  let failures = 0;
  let atOnce = 0;
  let most = 0;
  const shaky = createFakeAdapter({
    overrides: {
      ...adapter,
      send: async (message, signal) => {
        await clock.sleep(Math.floor(random() * 200));
        if (random() < 0.05) {
          failures += 1;
          throw new Error('connection reset');
        }
        return send(message, signal);
      },
    },
  });
  const model = createTestModel(async (request) => {
    atOnce += 1;
    most = Math.max(most, atOnce);
    await clock.sleep(Math.floor(random() * 2_000));
    atOnce -= 1;
    return unanswered(request).join(' ');
  });
  const parley = createTestParley(t, { clock, model, adapter: shaky, concurrency: 64 });
  const conversations = Array.from({ length: 200 }, (_, index) => `c${index}`);
  const asked = new Map(conversations.map((name): [string, string[]] => [name, []]));
  await parley.start();

  for (let round = 0; round < 5; round += 1) {
    for (const name of conversations) {
      const text = `${name}-${round}`;
      asked.get(name)?.push(text);
      await parley.context.accept([createMessage(text, { in: name })]);
    }
    await clock.advance(700);
  }
  await clock.advance(10 * 60_000);

  for (const [name, texts] of asked) assert.equal(parley.shown(name).join(' '), texts.join(' '));
  assert.equal((await parley.store.stats()).waiting, 0);
  assert.equal((await parley.store.stats()).undelivered, 0);
  t.diagnostic(
    `1000 questions, ${model.requests.length} turns, at most ${most} at once, ${adapter.sends.length} answers, ${failures} failed sends`,
  );
  assert.equal(most, 64);
  await parley.stop();
  assert.equal(clock.pending(), 0);
});

test('nothing is lost when the store fails for a while at every point of the way', async (t) => {
  const random = createRandom(3);
  const clock = createFakeClock();
  let failing = false;
  let failures = 0;
  const parley = createTestParley(t, {
    clock,
    aroundStore: async (_method, call) => {
      if (failing && random() < 0.5) {
        failures += 1;
        throw new Error('The disk is full.');
      }
      return call();
    },
  });
  const accepted: InboundMessage[] = [];
  await parley.start();

  for (let round = 0; round < 100; round += 1) {
    failing = round % 4 !== 0;
    const message = createMessage(`q${round}`, { in: `c${round % 10}` });
    await parley.receive(message).then(
      () => accepted.push(message),
      () => undefined,
    );
    await clock.advance(300);
  }
  failing = false;
  await clock.advance(10 * 60_000);

  const shown = Array.from({ length: 10 }, (_, index) => parley.shown(`c${index}`)).flat();
  const words = shown.flatMap((text) => text.replace('Answer to: ', '').split(' | '));
  const texts = accepted.map(({ text }) => text);
  assert.deepEqual(words.toSorted(), texts.toSorted());
  for (const message of accepted) assert.equal((await parley.status(message))?.state, 'answered');
  t.diagnostic(`${accepted.length} of 100 messages accepted, ${failures} failures of the store`);
  await parley.stop();
  assert.equal(clock.pending(), 0);
});
