import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { UsageLine, UsageQuery } from '../../../src/store/usage-store.ts';
import { createMessage, testTenant } from '../../support/inbound.ts';
import { openLedger, type Ledger, type Outcome, type OpenStore } from './ledger.ts';

const dayMs = 24 * 60 * 60_000;
const tokens = { model: 'm', inputTokens: 100, outputTokens: 10 };
const answered: Outcome = { parts: ['answer'], ...tokens };

export function describeUsage(open: OpenStore): void {
  describe('usage', () => {
    it('tells of each person what was asked and what it took', async (test) => {
      const ledger = await openLedger(test, open);
      await asked(ledger, { by: 'ann' }, answered);
      await asked(ledger, { by: 'bob' }, answered);
      await asked(ledger, { by: 'ann', in: 'c2' }, { parts: ['/help'] });

      const lines = await usageOf(ledger, { by: 'person' });

      assert.deepEqual(lines, [
        line('ann', { questions: 2, answers: 2, inputTokens: 100, outputTokens: 10 }),
        line('bob', { questions: 1, answers: 1, inputTokens: 100, outputTokens: 10 }),
      ]);
    });

    it('tells of places and days as well, and of what was asked since a day', async (test) => {
      const ledger = await openLedger(test, open);
      const { clock } = ledger;
      await asked(ledger, { in: 'c1' }, answered);
      await clock.advance(dayMs);
      await asked(ledger, { in: 'c2' }, { ...answered, inputTokens: 7 });

      const places = await usageOf(ledger, { by: 'place' });
      const days = await usageOf(ledger, { by: 'day' });
      const today = await usageOf(ledger, { by: 'place', since: clock.now() });

      const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
      const inputs = (lines: readonly UsageLine[]) => lines.map(({ key, inputTokens }) => [key, inputTokens]);
      assert.deepEqual(inputs(places), [
        ['c1', 100],
        ['c2', 7],
      ]);
      assert.deepEqual(inputs(days), [
        [dayOf(clock.now()), 7],
        [dayOf(clock.now() - dayMs), 100],
      ]);
      assert.deepEqual(inputs(today), [['c2', 7]]);
      assert.deepEqual([days[0]?.adapter, days[0]?.tenant], ['', '']);
    });

    it('counts every question of a turn for who asked it, and its tokens for who asked last', async (test) => {
      const ledger = await openLedger(test, open);
      await ledger.accept(
        createMessage('one', { by: 'ann' }),
        createMessage('two', { by: 'ann' }),
        createMessage('three', { by: 'bob' }),
      );
      await ledger.commit(await ledger.claimOne(), answered);

      const lines = await usageOf(ledger, { by: 'person' });

      assert.deepEqual(lines, [
        line('bob', { questions: 1, answers: 1, inputTokens: 100, outputTokens: 10 }),
        line('ann', { questions: 2 }),
      ]);
    });

    it('counts what was not for the bot for nothing, and a turn that was given up as a failure', async (test) => {
      const ledger = await openLedger(test, open);
      await ledger.accept(createMessage('to somebody else', { addressed: false, in: 'c7' }));
      await ledger.fail('why?', { ...tokens });
      await ledger.accept(createMessage('late', { by: 'bob' }));
      await ledger.commit(await ledger.claimOne(), { verdict: 'refused', parts: ['The limit is reached.'] });

      const lines = await usageOf(ledger, { by: 'person' });

      assert.deepEqual(lines, [line('ann', { questions: 1, failures: 1, inputTokens: 100, outputTokens: 10 })]);
    });

    it('adds each turn up once, a bounded number at a time, and what ends later with the next', async (test) => {
      const ledger = await openLedger(test, open);
      const { store } = ledger;
      for (const place of ['c1', 'c2', 'c3']) await asked(ledger, { in: place }, answered);

      const added = [await store.sumUsage({ limit: 2 }), await store.sumUsage({ limit: 2 }), await store.sumUsage({ limit: 2 })];
      await asked(ledger, { in: 'c1' }, answered);
      const [ann] = await usageOf(ledger, { by: 'person' });

      assert.deepEqual(added, [2, 1, 0]);
      assert.deepEqual(ann, line('ann', { questions: 4, answers: 4, inputTokens: 400, outputTokens: 40 }));
    });

    it('outlives the turns that it was made of, even those that nobody had added up', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      for (const place of ['c1', 'c2', 'c3']) await asked(ledger, { in: place }, answered);
      await clock.advance(1);
      while ((await store.prune({ before: clock.now(), limit: 2 })) > 0);

      const [ann] = await usageOf(ledger, { by: 'person' });

      assert.deepEqual(ann, line('ann', { questions: 3, answers: 3, inputTokens: 300, outputTokens: 30 }));
    });

    it('is told of one person alone, by the name that they had last', async (test) => {
      const ledger = await openLedger(test, open);
      await asked(ledger, { by: 'U1', author: { id: 'U1', name: 'Ann', isBot: false } }, answered);
      await ledger.clock.advance(dayMs);
      await asked(ledger, { by: 'U1', author: { id: 'U1', name: 'Ann Lee', isBot: false } }, answered);
      await asked(ledger, { by: 'U2', in: 'c2' }, answered);
      const of = { adapter: 'fake', tenant: testTenant, person: 'U1' };

      const lines = await usageOf(ledger, { by: 'person', of });
      const nobody = await usageOf(ledger, { by: 'person', of: { ...of, tenant: 'T2' } });

      assert.deepEqual(lines, [
        { ...line('U1', { questions: 2, answers: 2, inputTokens: 200, outputTokens: 20 }), name: 'Ann Lee' },
      ]);
      assert.deepEqual(nobody, []);
    });

    it('knows how the newest turn ended that asked a model', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      const before = await store.newestTurn();
      await asked(ledger, {}, answered);
      const at = clock.now();
      await clock.advance(1_000);
      await asked(ledger, {}, { parts: ['/help'] });
      const good = await store.newestTurn();
      await ledger.fail('why?');
      const bad = await store.newestTurn();

      assert.deepEqual([before, good, bad?.failed], [undefined, { at, failed: false }, true]);
    });
  });
}

async function asked(ledger: Ledger, data: Parameters<typeof createMessage>[1], outcome: Outcome): Promise<void> {
  await ledger.accept(createMessage('question', data));
  await ledger.commit(await ledger.claimOne(), outcome);
}

async function usageOf({ store }: Ledger, query: Omit<UsageQuery, 'limit'>): Promise<readonly UsageLine[]> {
  while ((await store.sumUsage({ limit: 100 })) === 100);
  return store.usage({ limit: 100, ...query });
}

function line(person: string, figures: Partial<UsageLine>): UsageLine {
  const none = { questions: 0, answers: 0, failures: 0, inputTokens: 0, outputTokens: 0 };
  return { adapter: 'fake', tenant: testTenant, key: person, name: person, ...none, ...figures };
}
