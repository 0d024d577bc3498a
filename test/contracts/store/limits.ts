import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Amount, BudgetLimit, LimitParty } from '../../../src/limits.ts';
import type { Reservation, Reserved } from '../../../src/store/limit-store.ts';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { createMessage, testTenant } from '../../support/inbound.ts';
import { leaseMs, openLedger, type Ledger, type OpenStore } from './ledger.ts';

const daily = budget('tokens', 'overall', 'day', 100);
const ann: LimitParty = { adapter: 'fake', tenant: testTenant, channel: 'c1', person: 'ann' };
const dayMs = 24 * 60 * 60_000;

export function describeLimits(open: OpenStore): void {
  describe('budgets', () => {
    it('have room for what is settled, what is reserved and what is asked for together, to the last token', async (test) => {
      const { ledger, take, reserve } = await openBudgets(test, open);
      const [one, two, three] = [await take('c1'), await take('c2'), await take('c3')];

      const results = [await reserve(one, 40), await reserve(two, 61), await reserve(two, 60), await reserve(three, 1)];
      await ledger.commit(one, { spent: { ...tokens(30), party: ann } });
      const after = [await reserve(three, 11), await reserve(three, 10)];

      assert.deepEqual(statusesOf(results), ['reserved', 'refused', 'reserved', 'refused']);
      assert.deepEqual(statusesOf(after), ['refused', 'reserved']);
    });

    it('say which limit is reached and when there is room again: of several the last, days and months of UTC', async (test) => {
      const limits = [daily, budget('tokens', 'person', 'month', 50), budget('money', 'overall', 'day', 5)];
      const { ledger, take, reserve } = await openBudgets(test, open);
      const turn = await take('c1');

      const byDay = await reserve(turn, 101, { limits: [daily] });
      const byMonth = await reserve(turn, 60, { limits });
      const byMoney = await reserve(turn, { tokens: 1, micros: 6 }, { limits });

      const now = new Date(ledger.clock.now());
      const midnight = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1);
      const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
      const refused = { status: 'refused', told: false, fits: false };
      assert.deepEqual(byDay, { ...refused, limit: daily.name, resetsAt: midnight });
      assert.deepEqual(byMonth, { ...refused, limit: 'limits.tokens.person.month', resetsAt: first });
      assert.deepEqual(byMoney, { ...refused, limit: 'limits.money.overall.day', resetsAt: midnight });
    });

    it('begin anew with the day, and with the month', async (test) => {
      const monthly = budget('tokens', 'overall', 'month', 150);
      const { ledger, take, reserve } = await openBudgets(test, open);
      const limits = [daily, monthly];
      const spend = async (place: string, wanted: number) => {
        const turn = await take(place);
        const result = await reserve(turn, wanted, { limits });
        await ledger.commit(turn, { spent: { ...tokens(result.status === 'reserved' ? wanted : 0), party: ann } });
        return result.status === 'refused' ? result.limit : result.status;
      };
      const today = [await spend('c1', 100), await spend('c2', 1)];
      await ledger.clock.advance(dayMs);
      const tomorrow = [await spend('c3', 50), await spend('c4', 1)];
      await ledger.clock.advance(31 * dayMs);

      assert.deepEqual([...today, ...tomorrow], ['reserved', daily.name, 'reserved', monthly.name]);
      assert.equal(await spend('c5', 100), 'reserved');
    });

    it('count each person, channel and tenant for themselves', async (test) => {
      const { ledger, take, reserve } = await openBudgets(test, open);
      const limits = [
        budget('tokens', 'person', 'day', 10),
        budget('tokens', 'channel', 'day', 15),
        budget('tokens', 'tenant', 'day', 18),
      ];
      const first = await take('c1');
      await reserve(first, 10, { limits });
      await ledger.commit(first, { spent: { ...tokens(10), party: ann } });
      const turn = await take('c1');
      const tried = (party: Partial<LimitParty>, wanted: number) =>
        reserve(turn, wanted, { limits, party: { ...ann, ...party } });

      const results = [
        await tried({}, 1),
        await tried({ person: 'bob' }, 6),
        await tried({ person: 'bob', channel: 'c2' }, 9),
        await tried({ person: 'ann', tenant: 'T2' }, 10),
        await tried({ person: 'bob' }, 5),
      ];

      assert.deepEqual(
        results.map((result) => (result.status === 'refused' ? result.limit : result.status)),
        ['limits.tokens.person.day', 'limits.tokens.channel.day', 'limits.tokens.tenant.day', 'reserved', 'reserved'],
      );
    });

    it('enlarge a reservation in place of the one before, settling what was taken, whether there is room or not', async (test) => {
      const { ledger, take, reserve, used } = await openBudgets(test, open);
      const turn = await take('c1');

      await reserve(turn, 40);
      const enlarged = await reserve(turn, 60, { spent: tokens(40) });
      const between = await used();
      const refused = await reserve(turn, 50, { spent: tokens(55) });

      assert.deepEqual([...statusesOf([enlarged, refused])], ['reserved', 'refused']);
      assert.deepEqual(between, { used: 40, reserved: 60 });
      assert.deepEqual(await used(), { used: 95, reserved: 0 });
      await ledger.commit(turn, { spent: { ...tokens(1), party: ann } });
      assert.deepEqual(await used(), { used: 96, reserved: 0 });
    });

    it('settle an attempt that is postponed, once, and hold nothing for it', async (test) => {
      const { ledger, take, reserve, used } = await openBudgets(test, open);
      const turn = await take('c1');
      await reserve(turn, 40);
      const { owner, conversationId, token } = turn;
      const postponement = {
        owner,
        conversationId,
        token,
        retryAt: ledger.clock.now(),
        error: 'e',
        counts: true,
        stream: undefined,
      };

      const results = [
        await ledger.store.postponeTurn({ ...postponement, spent: { ...tokens(7), party: ann } }),
        await ledger.store.postponeTurn({ ...postponement, spent: { ...tokens(7), party: ann } }),
      ];

      assert.deepEqual(results, [true, false]);
      assert.deepEqual(await used(), { used: 7, reserved: 0 });
    });

    it('release what a dead process had reserved, whoever takes its turn up, and count that once', async (test) => {
      const { ledger, take, reserve, used } = await openBudgets(test, open);
      const dead = await take('c1');
      await reserve(dead, 100);
      const held = await used();

      await ledger.store.takeOver();
      const released = await used();
      const again = await ledger.claimOne({ owner: 'p2' });
      await reserve(again, 100);

      assert.deepEqual(
        [held, released, await used()],
        [
          { used: 0, reserved: 100 },
          { used: 0, reserved: 0 },
          { used: 0, reserved: 100 },
        ],
      );
    });

    it('release what was reserved under a lease that ran out, and change nothing for its late holder', async (test) => {
      const { ledger, take, reserve, used } = await openBudgets(test, open);
      const late = await take('c1');
      await reserve(late, 30);
      await ledger.clock.advance(leaseMs + 1);
      const turn = await ledger.claimOne({ owner: 'p2' });
      const released = await used();
      await reserve(turn, 20);

      const stale = await reserve(late, 50, { spent: tokens(50) });
      const committed = await ledger.commit(late, { spent: { ...tokens(30), party: ann } });

      assert.deepEqual(released, { used: 0, reserved: 0 });
      assert.deepEqual([stale.status, committed.status], ['stale', 'stale']);
      assert.deepEqual(await used(), { used: 0, reserved: 20 });
    });

    it('hold nothing for turns that were handed back', async (test) => {
      const { ledger, take, reserve, used } = await openBudgets(test, open);
      await reserve(await take('c1'), 40);

      await ledger.store.handBack('p1');

      assert.deepEqual(await used(), { used: 0, reserved: 0 });
    });

    it('settle nothing with an end that was not committed, because a question reads otherwise now', async (test) => {
      const { ledger, reserve, used } = await openBudgets(test, open);
      const question = createMessage('which?');
      await ledger.accept(question);
      const turn = await ledger.claimOne();
      await reserve(turn, 40);
      await ledger.store.accept({
        adapter: 'fake',
        events: [{ ...question, type: 'edit', eventId: 'edited', text: 'which one?' }],
        revisions: { reviseWithinMs: dayMs, withdrawDeleted: true },
      });

      const { status } = await ledger.commit(turn, { spent: { ...tokens(40), party: ann } });

      assert.equal(status, 'changed');
      assert.deepEqual(await used(), { used: 0, reserved: 40 });
    });

    it('know where it has been said that a limit is reached, until then and of that limit alone', async (test) => {
      const { ledger, take, reserve } = await openBudgets(test, open);
      const until = ledger.clock.now() + 1_000;
      const told = async (place: string, limit = daily) => {
        const turn = await take(place);
        const result = await reserve(turn, 101, { limits: [limit] });
        await ledger.commit(turn, { verdict: 'refused', reached: { limit: limit.name, until } });
        return result.status === 'refused' && result.told;
      };

      const results = [
        await told('c1'),
        await told('c1'),
        await told('c2'),
        await told('c1', budget('tokens', 'person', 'day', 1)),
      ];
      await ledger.clock.advance(1_000);

      assert.deepEqual([...results, await told('c1')], [false, true, false, false, false]);
    });

    it('tell how far they are used up, and what was settled, by person, place and day', async (test) => {
      const { ledger, take, reserve } = await openBudgets(test, open);
      const { store } = ledger;
      const limits = [budget('money', 'person', 'month', 1_000)];
      const spent = { tokens: 9, micros: 300 };
      for (const [place, person] of [
        ['c1', 'ann'],
        ['c2', 'bob'],
        ['c2', 'bob'],
      ] as const) {
        await ledger.commit(await take(place), { spent: { ...spent, party: { ...ann, channel: place, person } } });
      }
      await reserve(await take('c3'), { tokens: 5, micros: 200 }, { limits, party: { ...ann, channel: 'c3' } });

      const use = await store.limitUse({ messages: [], budgets: limits, limit: 10 });
      const [places, days] = [await store.spending({ by: 'place' }), await store.spending({ by: 'day' })];
      const later = await store.spending({ by: 'day', since: ledger.clock.now() + dayMs });

      const of = { name: 'limits.money.person.month', scope: 'person', adapter: 'fake', tenant: testTenant };
      assert.deepEqual(use, [
        { ...of, subject: 'bob', used: 600, reserved: 0 },
        { ...of, subject: 'ann', used: 300, reserved: 200 },
      ]);
      assert.deepEqual(
        places.map(({ key, micros }) => [key, micros]),
        [
          ['c1', 300],
          ['c2', 600],
        ],
      );
      const today = new Date(ledger.clock.now()).toISOString().slice(0, 10);
      assert.deepEqual(days, [{ adapter: '', tenant: '', key: today, tokens: 27, micros: 900 }]);
      assert.deepEqual(later, []);
    });

    it('keep what was settled when old things are removed', async (test) => {
      const { ledger, take, used } = await openBudgets(test, open);
      await ledger.commit(await take('c1'), { spent: { ...tokens(5), party: ann } });

      await ledger.store.prune({ before: ledger.clock.now() + 1, limit: 100 });

      assert.deepEqual(await used(), { used: 5, reserved: 0 });
    });
  });
}

async function openBudgets(test: TestContext, open: OpenStore) {
  const ledger = await openLedger(test, open);
  return {
    ledger,
    take: async (place: string): Promise<ClaimedTurn> => {
      await ledger.accept(createMessage('question', { in: place }));
      return ledger.claimOne();
    },
    reserve: (turn: ClaimedTurn, amount: number | Amount, more: Partial<Reservation> = {}): Promise<Reserved> => {
      const { owner, conversationId, token, turnId } = turn;
      const wanted = typeof amount === 'number' ? tokens(amount) : amount;
      const usual = { party: ann, limits: [daily], spent: tokens(0) };
      return ledger.store.reserve({ owner, conversationId, token, turnId, amount: wanted, ...usual, ...more });
    },
    used: () => usedOf(ledger),
  };
}

async function usedOf({ store }: Ledger) {
  const [line] = await store.limitUse({ messages: [], budgets: [daily], limit: 1 });
  assert.ok(line);
  return { used: line.used, reserved: line.reserved };
}

function tokens(count: number): Amount {
  return { tokens: count, micros: 0 };
}

function budget(unit: 'tokens' | 'money', scope: BudgetLimit['scope'], per: 'day' | 'month', most: number): BudgetLimit {
  return { name: `limits.${unit}.${scope}.${per}`, unit, scope, per, most };
}

function statusesOf(results: readonly Reserved[]): string[] {
  return results.map(({ status }) => status);
}
