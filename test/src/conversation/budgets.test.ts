import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BudgetLimit } from '../../../src/limits.ts';
import { ModelError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage, createStop } from '../../support/inbound.ts';
import { asking, done } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { startLimited, answers, tokensOf, useOf, createEmptyToolbox } from '../../support/limited-parley.ts';

const minuteMs = 60_000;

describe('a budget', () => {
  test('is not asked for more than it has: what an answer may take is reserved before, and what it took is settled', async (t) => {
    const limit = tokensOf(200);
    let held: unknown;
    const parley = await startLimited(
      t,
      { budgets: [limit] },
      {
        answer: async function* () {
          held = await useOf(parley, limit);
          yield* answers();
        },
      },
    );
    await parley.receive(createMessage('one'));
    const after = await useOf(parley, limit);

    const { used, reserved } = held as { used: number; reserved: number };
    assert.equal(used, 0);
    assert.ok(reserved > 100 && reserved < 120, `${reserved} tokens were reserved`);
    assert.deepEqual(after, { used: 30, reserved: 0 });
  });

  test('that is reached is told of with its day, and asked of again on the next', async (t) => {
    const parley = await startLimited(
      t,
      { budgets: [tokensOf(145)] },
      { clock: createFakeClock({ now: Date.UTC(2026, 5, 1, 21) }) },
    );
    for (const text of ['one', 'two', 'three']) await parley.receive(createMessage(text, { sentAt: parley.clock.now() }));
    const shown = [...parley.shown()];
    await parley.clock.advance(180 * minuteMs);
    await parley.receive(createMessage('four', { sentAt: parley.clock.now() }));

    assert.deepEqual(shown, [
      'An answer.',
      'Sorry, the limit on what answers may take, set for everybody together per day (limits.tokens.overall.day), is reached. Please ask again in 3 hours, after 2026-06-02 00:00:00 UTC.',
    ]);
    assert.equal(parley.shown().at(-1), 'An answer.');
    assert.equal(parley.model.requests.length, 2);
  });

  test('that no answer fits in says so, and not that a day would help', async (t) => {
    const parley = await startLimited(t, { budgets: [tokensOf(50, 'person')] });
    await parley.receive(createMessage('one'));

    assert.match(
      parley.shown()[0] ?? '',
      /more than the limit on what answers may take allows at all, set for you per day .*`\/reset` starts afresh/,
    );
    assert.equal(parley.model.requests.length, 0);
  });

  test('holds what tools make of a turn: it is enlarged before each further call, and the turn ends where there is no room', async (t) => {
    const limit = tokensOf(450);
    const parley = await startLimited(
      t,
      { budgets: [limit] },
      {
        answer: async function* (_request, call) {
          yield { type: 'text', text: `Step ${call}.` };
          yield* asking(['nothing', {}]);
        },
        toolbox: createEmptyToolbox(),
      },
    );
    const question = createMessage('one');
    await parley.receive(question);

    const { requests } = parley.model;
    const [shown] = parley.shown();
    assert.ok(requests.length >= 2 && requests.length < 8, `the model was asked ${requests.length} times`);
    assert.match(shown ?? '', /^Step 1\.\n\nStep 2\.[^]*Sorry, the limit on what answers may take/);
    assert.equal((await parley.status(question))?.state, 'refused');
    assert.deepEqual(await useOf(parley, limit), { used: 15 * requests.length, reserved: 0 });
  });

  test('is settled with what was read and written where a stop ends an answer, and with nothing where the model refused', async (t) => {
    const limit = tokensOf(10_000);
    let failures = 0;
    const parley = await startLimited(
      t,
      { budgets: [limit] },
      {
        answer: async function* (_request, call, signal) {
          if (call === 1) {
            failures += 1;
            throw new ModelError({ message: 'too many requests', retryable: true, retryAfterMs: 10 });
          }
          yield { type: 'text', text: 'Forty letters are ten tokens, so to say.' };
          await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        },
      },
    );
    await parley.receive(createMessage('one'));
    const refused = await useOf(parley, limit);
    await parley.clock.advance(10_000);
    await parley.receive(createStop());

    const stopped = await useOf(parley, limit);

    assert.equal(failures, 1);
    assert.deepEqual(refused, { used: 0, reserved: 0 });
    assert.ok(stopped && stopped.used > 10 && stopped.used < 30 && stopped.reserved === 0, JSON.stringify(stopped));
  });

  test('of money is held by the price of the model that answers', async (t) => {
    const limit: BudgetLimit = {
      name: 'limits.money.overall.month',
      scope: 'overall',
      unit: 'money',
      per: 'month',
      most: 1_000_000,
    };
    const parley = await startLimited(
      t,
      { budgets: [limit], prices: { 'test model': { input: 2, cachedInput: 0.5, output: 10 } } },
      {
        answer: async function* () {
          yield { type: 'text', text: 'An answer.' };
          yield done('stop', { inputTokens: 20, cachedTokens: 12, outputTokens: 10, estimated: false });
        },
      },
    );
    await parley.receive(createMessage('one'));

    assert.deepEqual(await useOf(parley, limit), { used: 8 * 2 + 12 * 0.5 + 10 * 10, reserved: 0 });
  });

  test('completes a message that a stream had begun before its process died', async (t) => {
    const adapter = createFakeAdapter({ stream: 'at once' });
    const limit = tokensOf(130);
    const first = await startLimited(
      t,
      { budgets: [limit] },
      {
        adapter,
        answer: async function* () {
          yield { type: 'text', text: 'A beginning' };
          await new Promise(() => undefined);
        },
      },
    );
    await first.receive(createMessage('one'));
    first.kill();
    const second = createTestParley(t, {
      ...{ adapter, database: first.database, clock: first.clock, owner: 'p2' },
      limits: { messages: [], budgets: [tokensOf(50)], prices: {} },
    });
    await second.start();

    assert.deepEqual(await useOf(second, limit), { used: 0, reserved: 0 });
    assert.match(second.shown().join('\n'), /^Sorry, this conversation has become so long/);
  });
});
