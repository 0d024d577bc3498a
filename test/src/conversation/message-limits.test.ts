import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MessageLimit } from '../../../src/limits.ts';
import { createCommand, createMessage, createRegenerate } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';
import { startLimited } from '../../support/limited-parley.ts';

const twoAMinute: MessageLimit = { name: 'limits.messages.person.minute', scope: 'person', per: 'minute', most: 2 };
const minuteMs = 60_000;

describe('a limit on messages', () => {
  test('is told of once in its window and conversation; what is asked meanwhile is refused without a word', async (t) => {
    const parley = await startLimited(t, { messages: [twoAMinute] });
    const questions = Array.from({ length: 5 }, (_, at) => createMessage(`question ${at}`));
    for (const question of questions.slice(0, 4)) await parley.receive(question);
    await parley.clock.advance(minuteMs);
    await parley.receive(questions[4]!);

    const states = await Promise.all(questions.map(async (question) => (await parley.status(question))?.state));

    assert.deepEqual(states, ['answered', 'answered', 'refused', 'refused', 'answered']);
    assert.deepEqual(parley.shown(), [
      'An answer.',
      'An answer.',
      'Sorry, the limit on questions set for you per minute (limits.messages.person.minute) is reached. Please ask again in 60 seconds, after 2026-06-01 00:01:00 UTC.',
      'An answer.',
    ]);
    const refused = await parley.status(questions[3]!);
    assert.equal(refused?.reason, 'limits.messages.person.minute: the limit is reached (until 2026-06-01T00:01:00.000Z)');
    assert.deepEqual(refused?.answer, []);
  });

  test('is told of in every conversation, and again in the next window', async (t) => {
    const parley = await startLimited(t, { messages: [{ ...twoAMinute, most: 1 }] });
    await parley.receive(createMessage('one'));
    for (const place of ['c1', 'c2']) await parley.receive(createMessage('two', { in: place }));
    await parley.clock.advance(minuteMs);
    await parley.receive(createMessage('three'), createMessage('four'));

    assert.deepEqual(
      [parley.shown('c1'), parley.shown('c2')].map((texts) => texts.map((text) => text.slice(0, 5))),
      [['An an', 'Sorry', 'An an', 'Sorry'], ['Sorry']],
    );
  });

  test('splits what a turn has taken: who has room left is answered, and who has none is told', async (t) => {
    const parley = createTestParley(t, {
      limits: { messages: [twoAMinute], budgets: [], prices: {} },
      model: createTestModel((request) => `Answer to ${request.messages.map(({ text }) => text).join(', ')}`),
    });
    await parley.context.accept([
      ...['one', 'two', 'three'].map((text) => createMessage(text)),
      createMessage('four', { by: 'bob' }),
    ]);
    await parley.start();
    await parley.clock.advance(10);

    const [first, second, third] = parley.shown();

    assert.match(first ?? '', /^Answer to one, two$/);
    assert.match(second ?? '', /^Sorry, the limit/);
    assert.match(third ?? '', /four$/);
    assert.equal(parley.shown().length, 3);
  });

  test('answers every command by which something is asked, and counts none that asks for nothing', async (t) => {
    const parley = await startLimited(t, { messages: [{ ...twoAMinute, most: 1 }] });
    for (const command of [
      createCommand('help'),
      createCommand('ask', 'one'),
      createCommand('ask', 'two'),
      createCommand('ask', 'three'),
    ]) {
      await parley.receive(command);
    }
    await parley.receive(createMessage('/help'));

    assert.deepEqual(
      parley.shown().map((text) => text.slice(0, 5)),
      ['I am ', 'An an', 'Sorry', 'Sorry', 'I am '],
    );
  });

  test('does not count a question that is answered again', async (t) => {
    const revisions = { reviseWithinMs: 3_600_000, withdrawDeleted: true };
    const parley = await startLimited(t, { messages: [{ ...twoAMinute, most: 1 }] }, { revisions });
    await parley.receive(createMessage('one'));
    // As after some days: what the limit was counted by is gone, and somewhere else something was asked.
    parley.database.db.exec('delete from limit_message');
    await parley.receive(createMessage('two', { in: 'c2' }));
    await parley.receive(createRegenerate('P1'));

    assert.equal(parley.model.requests.length, 3);
  });
});

test('without limits nothing is asked of the ledger about them', async (t) => {
  const asked: string[] = [];
  const parley = createTestParley(t, {
    aroundStore: (method, call) => {
      asked.push(method);
      return call();
    },
  });
  await parley.start();
  await parley.receive(createMessage('one'));

  assert.deepEqual(parley.shown().length, 1);
  assert.deepEqual(
    asked.filter((method) => method === 'reserve' || method === 'admitMessages'),
    [],
  );
});
