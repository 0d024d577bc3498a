import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { BudgetLimit } from '../../../src/limits.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createCommand, createEdit, createMessage, createRegenerate } from '../../support/inbound.ts';
import { createGate } from '../../support/gate.ts';
import { asking, createTestModel, type Answer } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { startLimited, answers, tokensOf, useOf, createEmptyToolbox } from '../../support/limited-parley.ts';

describe('a budget that a person has used up', () => {
  /** Ann has been told in c1; it is known there. */
  async function startTold(t: TestContext, options: TestParleyOptions & { answer?: Answer }, most = 145) {
    const parley = await startLimited(t, { budgets: [tokensOf(most, 'person')] }, options);
    await parley.receive(createMessage('x'.repeat(4 * most)));
    assert.match(parley.shown().join('\n'), /^Sorry/);
    return parley;
  }

  test('leaves the answer that stands where another one was wanted, and says so beneath it', async (t) => {
    const parley = await startTold(
      t,
      { revisions: { reviseWithinMs: 3_600_000, withdrawDeleted: true }, contextTokens: 300 },
      260,
    );
    await parley.receive(createCommand('reset'), createMessage('one', { by: 'bob' }));
    const [, , answer] = parley.shown();
    parley.database.db.exec("update limit_use set tokens = 200 where scope = 'person'");

    await parley.receive(createRegenerate('P3', { by: 'bob' }));

    assert.equal(answer, 'An answer.');
    assert.match(parley.shown()[2] ?? '', /^An answer\.\n\n_Sorry, the limit on what answers may take, set for you/);
  });

  test('is told of although it is known, where tools were at work for the turn', async (t) => {
    const toolbox = createEmptyToolbox();
    const parley = await startTold(t, { toolbox, answer: () => asking(['nothing', {}]) }, 450);
    await parley.receive(createCommand('reset'), createMessage('two', { by: 'bob' }));

    assert.ok(parley.model.requests.length > 1);
    assert.match(parley.shown()[2] ?? '', /^Sorry, the limit/);
  });

  test('is told of although it is known, where people have seen that somebody is at work', async (t) => {
    let delayMs = 0;
    const clock = createFakeClock();
    const parley = await startTold(t, {
      clock,
      adapter: createFakeAdapter({ typing: true }),
      aroundStore: async (method, call) => {
        if (method === 'reserve') await clock.sleep(delayMs);
        return call();
      },
    });
    await parley.receive(createMessage('known'));
    const quick = parley.shown().length;
    delayMs = 1_500;
    await parley.receive(createMessage('slow'));
    await clock.advance(2_000);

    assert.deepEqual([quick, parley.shown().length, parley.adapter.typings.length], [1, 2, 1]);
  });
});

test('what an answer took that came to nothing, because its question was changed, is settled like the next', async (t) => {
  const limit = tokensOf(10_000);
  const gate = createGate();
  const revisions = { reviseWithinMs: 3_600_000, withdrawDeleted: true };
  const parley = await startLimited(
    t,
    { budgets: [limit] },
    {
      revisions,
      answer: async function* (_request, call) {
        if (call === 1) await gate.opened;
        yield* answers();
      },
    },
  );
  const question = createMessage('one');
  await parley.receive(question);
  // By another process, which cannot end this one's call.
  await parley.store.accept({ adapter: 'fake', events: [createEdit(question, 'another')], revisions });
  gate.open();
  await parley.clock.advance(1_000);

  assert.equal(parley.model.requests.length, 2);
  assert.deepEqual(await useOf(parley, limit), { used: 60, reserved: 0 });
});

test('of several models that may answer, the dearest is reserved for', async (t) => {
  const budget: BudgetLimit = { name: 'limits.money.overall.day', scope: 'overall', unit: 'money', per: 'day', most: 1_000 };
  const members = [
    { name: 'a cheap', answerTokens: 100 },
    { name: 'b dear', answerTokens: 100 },
  ];
  const prices = { cheap: { input: 0, output: 1 }, dear: { input: 0, output: 11 } };
  const model = { ...createTestModel(), members };
  const parley = createTestParley(t, { model, limits: { messages: [], budgets: [budget], prices } });
  await parley.start();
  await parley.receive(createMessage('one'));

  assert.equal(model.requests.length, 0);
});
