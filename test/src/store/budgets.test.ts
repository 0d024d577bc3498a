import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as assertProperty, asyncProperty, constantFrom, double, integer, record } from 'fast-check';
import type { BudgetLimit } from '../../../src/limits.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { leaseMs, openLedger, type Ledger } from '../../contracts/store/ledger.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage, testTenant } from '../../support/inbound.ts';

const limit: BudgetLimit = { name: 'limits.tokens.overall.month', scope: 'overall', unit: 'tokens', per: 'month', most: 500 };

const step = record({
  type: constantFrom(
    'ask',
    'ask',
    'reserve',
    'reserve',
    'reserve',
    'commit',
    'postpone',
    'takeOver',
    'handBack',
    'expire',
    'stale',
  ),
  /** Which of the turns. */
  at: integer({ min: 0, max: 20 }),
  amount: integer({ min: 1, max: 400 }),
  /** How much of what it had reserved it took. */
  taken: double({ min: 0, max: 1, noNaN: true }),
});
type Step = typeof step extends { generate: (...args: never[]) => { readonly value: infer Value } } ? Value : never;

interface Held {
  readonly turn: ClaimedTurn;
  reserved: number;
}

it('a budget is never overdrawn and never loses or repeats what was taken, whatever dies and whoever comes late', async (test) => {
  await assertProperty(
    asyncProperty(array(step, { minLength: 20, maxLength: 80, size: 'max' }), async (steps) => {
      const clock = createFakeClock();
      const ledger = await openLedger(test, async () => ({ store: createInProcessStore(openMemoryDatabase(), clock), clock }));
      const run = createRun(ledger);
      try {
        for (const each of steps) {
          await run.play(each);
          const [line] = await ledger.store.limitUse({ messages: [], budgets: [limit], limit: 1 });
          assert.deepEqual({ used: line?.used, reserved: line?.reserved }, run.expected());
          assert.ok((line?.used ?? 0) + (line?.reserved ?? 0) <= limit.most);
        }
      } finally {
        await ledger.store.close();
      }
    }),
    { numRuns: 150 },
  );
});

function createRun(ledger: Ledger) {
  const { store, clock } = ledger;
  let held: Held[] = [];
  let lost: Held[] = [];
  let settled = 0;
  let asked = 0;
  const expected = () => ({ used: settled, reserved: held.reduce((sum, { reserved }) => sum + reserved, 0) });
  const spentOf = (tokens: number) => ({ tokens, micros: 0, party });

  /** Whose conversation somebody else has now has lost what it held. */
  async function claimAll(): Promise<void> {
    for (const turn of await ledger.claim()) {
      lose(({ turn: { conversationId } }) => conversationId === turn.conversationId);
      held.push({ turn, reserved: 0 });
    }
  }

  function lose(isLost: (one: Held) => boolean): void {
    lost = [...lost, ...held.filter(isLost)];
    held = held.filter((one) => !isLost(one));
  }

  async function free(how: Promise<unknown>): Promise<void> {
    await how;
    lose(() => true);
    await claimAll();
  }

  async function reserve(one: Held, { amount, taken }: Step): Promise<void> {
    const { owner, conversationId, token, turnId } = one.turn;
    const spent = Math.floor(one.reserved * taken);
    const common = { owner, conversationId, token, turnId, party, limits: [limit] };
    const result = await store.reserve({ ...common, amount: spentOf(amount), spent: spentOf(spent) });
    one.reserved = 0;
    settled += spent;
    const { used, reserved } = expected();
    assert.equal(result.status, used + reserved + amount <= limit.most ? 'reserved' : 'refused');
    if (result.status === 'reserved') one.reserved = amount;
  }

  async function end(one: Held, { type, taken }: Step): Promise<void> {
    const { owner, conversationId, token } = one.turn;
    const spent = spentOf(Math.floor(one.reserved * taken));
    held = held.filter((each) => each !== one);
    settled += spent.tokens;
    if (type === 'commit') assert.equal((await ledger.commit(one.turn, { spent })).status, 'committed');
    else {
      const postponement = { owner, conversationId, token, retryAt: clock.now(), error: 'e', counts: false, stream: undefined };
      assert.ok(await store.postponeTurn({ ...postponement, spent }));
      await claimAll();
    }
  }

  /** Whoever comes late changes nothing. */
  async function comeLate({ turn }: Held): Promise<void> {
    const { owner, conversationId, token, turnId } = turn;
    const spent = spentOf(7);
    const stale = await store.reserve({ owner, conversationId, token, turnId, party, limits: [limit], amount: spent, spent });
    const postponement = { owner, conversationId, token, retryAt: clock.now(), error: 'e', counts: false, stream: undefined };
    assert.deepEqual([stale.status, (await ledger.commit(turn, { spent })).status], ['stale', 'stale']);
    assert.equal(await store.postponeTurn({ ...postponement, spent }), false);
  }

  return {
    expected,
    async play(each: Step): Promise<void> {
      const one = held[each.at % Math.max(held.length, 1)];
      const late = lost[each.at % Math.max(lost.length, 1)];
      if (each.type === 'ask') {
        asked += 1;
        await ledger.accept(createMessage('question', { in: `c${asked}` }));
        await claimAll();
      } else if (each.type === 'takeOver') await free(store.takeOver());
      else if (each.type === 'handBack') await free(store.handBack('p1'));
      else if (each.type === 'expire') {
        await clock.advance(leaseMs + 1);
        await claimAll();
      } else if (each.type === 'stale') await (late && comeLate(late));
      else if (one) await (each.type === 'reserve' ? reserve(one, each) : end(one, each));
    },
  };
}

const party = { adapter: 'fake', tenant: testTenant, channel: 'c1', person: 'ann' };
