import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type Ledger, type OpenStore } from './ledger.ts';

/** The process dies with everything that was ready under way, so many times. */
async function dieTogether({ claim, store }: Ledger, times: number): Promise<void> {
  for (let death = 0; death < times; death += 1) {
    await claim();
    await store.takeOver();
  }
}

async function ask({ accept }: Ledger, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index += 1) await accept(createMessage('hello', { in: nameOf(index) }));
}

const nameOf = (index: number): string => `c${String(index).padStart(2, '0')}`;
const namesOf = (turns: readonly ClaimedTurn[]): string[] =>
  turns.map(({ conversationId }) => conversationId.split(':').at(-1) ?? '');

const lookOnly = { owner: 'p9', limit: 100, leaseMs, historyLimit: 0 };

export function describeSuspects(open: OpenStore): void {
  describe('turns that were under way when a process died', () => {
    it('count the deaths, apart from their other attempts', async (test) => {
      const ledger = await openLedger(test, open);
      const { claimOne, clock, store } = ledger;
      await ask(ledger, 1);

      const { owner, conversationId, token, ...first } = await claimOne();
      const failed = { owner, conversationId, token, retryAt: clock.now(), error: 'x', counts: true, stream: undefined };
      await store.postponeTurn(failed);
      const afterFailure = await claimOne();
      await store.takeOver();
      const afterTakeOver = await claimOne();
      await clock.advance(leaseMs);
      const afterLease = await claimOne();
      await store.handBack('p1');
      const afterHandBack = await claimOne();

      const seen = [first, afterFailure, afterTakeOver, afterLease, afterHandBack];
      assert.deepEqual(
        seen.map(({ attempt, crashes }) => [attempt, crashes]),
        [
          [1, 0],
          [2, 0],
          [3, 1],
          [4, 2],
          [4, 2],
        ],
      );
    });

    it('count none where the holder only was late, and nobody has taken the turn', async (test) => {
      const ledger = await openLedger(test, open);
      const { claimOne, clock, store, commit } = ledger;
      await ask(ledger, 1);
      const { owner, conversationId, token, ...turn } = await claimOne();
      await clock.advance(leaseMs + 1);

      await store.renewTurns({ owner, leaseMs, turns: [{ conversationId, token }] });
      await store.handBack(owner);

      assert.equal((await commit({ ...turn, owner, conversationId, token })).status, 'stale');
      assert.equal((await claimOne()).crashes, 0);
    });

    it('start anew once they have ended', async (test) => {
      const ledger = await openLedger(test, open);
      const { claimOne, commit } = ledger;
      await ask(ledger, 1);
      await dieTogether(ledger, 4);
      const last = await claimOne();
      await commit(last);

      await ask(ledger, 1);

      assert.equal(last.crashes, 4);
      assert.equal((await claimOne()).crashes, 0);
    });

    it('start anew when what they were about is deleted', async (test) => {
      const ledger = await openLedger(test, open);
      const { accept, claim, claimOne } = ledger;
      const question = createMessage('poison', { in: nameOf(0) });
      await accept(question);
      await dieTogether(ledger, 3);

      const { adapter, tenant, conversationId, sentAt, messageId } = question;
      await accept({ type: 'delete', eventId: 'D1', adapter, tenant, conversationId, sentAt, messageId });
      assert.deepEqual(await claim(), []);
      await ask(ledger, 1);

      assert.equal((await claimOne()).crashes, 0);
    });

    it('start anew when they are replayed', async (test) => {
      const ledger = await openLedger(test, open);
      const { claimOne, commit, store } = ledger;
      await ask(ledger, 1);
      await dieTogether(ledger, 5);
      const { turnId, ...turn } = await claimOne();
      await commit({ ...turn, turnId }, { verdict: 'failed', failure: { errorId: 'k7m2p4qa', message: 'the process ended' } });

      await store.replayDeadLetter(turnId);

      const replayed = await claimOne();
      assert.deepEqual([replayed.attempt, replayed.crashes], [1, 0]);
    });

    it('run as freely as others after one death', async (test) => {
      const ledger = await openLedger(test, open);
      await ask(ledger, 20);
      await dieTogether(ledger, 1);

      assert.equal((await ledger.claim()).length, 20);
    });

    it('run eight at a time after two, over all owners, and hold up nobody else', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock, commit } = ledger;
      await ask(ledger, 20);
      await dieTogether(ledger, 2);
      await clock.advance(1);
      await ask(ledger, 3, 50);

      const first = await claim();
      const none = await claim({ owner: 'p2' });
      for (const turn of first.slice(0, 2)) await commit(turn);
      const next = await claim({ owner: 'p2' });

      assert.deepEqual(namesOf(first), [...Array.from({ length: 8 }, (_, index) => nameOf(index)), 'c50', 'c51', 'c52']);
      assert.deepEqual(none, []);
      assert.deepEqual(namesOf(next), ['c08', 'c09']);
    });

    it('run one at a time after three, those that have seen the fewest deaths first', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, commit, store } = ledger;
      await ask(ledger, 3);
      await dieTogether(ledger, 3);
      const [alone, ...others] = await claim();
      assert.ok(alone);
      assert.deepEqual([others, await claim({ owner: 'p2' })], [[], []]);

      await store.takeOver();
      const order: ClaimedTurn[] = [];
      for (let turns = await claim(); turns.length > 0; turns = await claim()) {
        order.push(...turns);
        for (const turn of turns) await commit(turn);
      }

      assert.deepEqual(
        order.map(({ conversationId, crashes }) => [conversationId, crashes]),
        [
          [conversationIdOf('c01'), 3],
          [conversationIdOf('c02'), 3],
          [alone.conversationId, 4],
        ],
      );
    });

    it('are suspected when their lease ran out, too', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock } = ledger;
      await ask(ledger, 10);

      const sizes: number[] = [];
      for (let round = 0; round < 4; round += 1) {
        sizes.push((await claim()).length);
        await clock.advance(leaseMs);
      }

      assert.deepEqual(sizes, [10, 10, 8, 3], 'two that had to wait have seen two deaths, the others three');
    });

    it('keep others waiting for no longer than until they are given back', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock, store } = ledger;
      await ask(ledger, 2);
      await dieTogether(ledger, 3);
      const [first] = await claim();
      assert.ok(first);

      const { owner, conversationId, token } = first;
      const retryAt = clock.now() + 1_000;
      await store.postponeTurn({ owner, conversationId, token, retryAt, error: 'x', counts: true, stream: undefined });

      assert.deepEqual(namesOf(await claim()), ['c01']);
    });

    it('leave room within the limit for those who have waited longer', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock, commit } = ledger;
      await ask(ledger, 2, 50);
      const early = await claim();
      await ask(ledger, 2);
      await clock.advance(1);
      await dieTogether(ledger, 2);
      for (const turn of early) assert.equal((await commit(turn)).status, 'stale');
      await ask(ledger, 2, 60);

      const taken = [...(await claim({ limit: 1 })), ...(await claim({ limit: 4 }))];

      assert.deepEqual(namesOf(taken), ['c00', 'c01', 'c50', 'c51', 'c60']);
    });

    it('that have to wait are no reason to look again before another one ends', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock, store } = ledger;
      await ask(ledger, 2);
      await dieTogether(ledger, 3);
      const [running] = await claim();
      assert.ok(running);
      await clock.advance(10);

      const { turns, nextAt } = await store.claimTurns(lookOnly);

      assert.deepEqual(turns, []);
      assert.equal(nextAt, clock.now() - 10 + leaseMs, 'when the lease of the running one ends');
      await clock.advance(leaseMs - 10);
      assert.deepEqual(namesOf(await claim()), ['c01'], 'the one whose lease ran out has seen one death more');
    });

    it('leave a look at the others in its place', async (test) => {
      const ledger = await openLedger(test, open);
      const { claim, clock, store } = ledger;
      await ask(ledger, 2);
      await dieTogether(ledger, 3);
      await claim();
      await ask(ledger, 2, 50);

      const { turns, nextAt } = await store.claimTurns({ ...lookOnly, limit: 1 });

      assert.deepEqual(namesOf(turns), ['c50']);
      assert.equal(nextAt, clock.now(), 'c51 is ready');
    });
  });
}
