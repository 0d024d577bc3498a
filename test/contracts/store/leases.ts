import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import { conversationIdOf, createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

export function describeLeases(open: OpenStore): void {
  describe('losing a turn', () => {
    it('lets another holder take over when the lease has run out', async (test) => {
      const { accept, claim, claimOne, clock } = await openLedger(test, open);
      await accept(createMessage('one'));
      const lost = await claimOne();

      await clock.advance(leaseMs - 1);
      assert.deepEqual(await claim({ owner: 'p2' }), []);
      await clock.advance(1);
      const taken = await claimOne({ owner: 'p2' });

      assert.equal(taken.turnId, lost.turnId);
      assert.equal(taken.attempt, 2);
      assert.ok(taken.token > lost.token);
      assert.deepEqual(taken.events, lost.events);
    });

    it('fences off the holder that has lost it', async (test) => {
      const { accept, claimOne, commit, clock, store, texts } = await openLedger(test, open);
      await accept(createMessage('one'));
      const lost = await claimOne();
      await clock.advance(leaseMs);
      const taken = await claimOne({ owner: 'p2' });
      const { owner, conversationId, token } = lost;

      const committed = await commit(lost, { parts: ['stale'], answer: { text: 'stale', tokens: 1 } });
      const renewed = await store.renewTurns({ owner, leaseMs, turns: [{ conversationId, token }] });
      const postponed = await store.postponeTurn({
        ...{ owner, conversationId, token, retryAt: clock.now() + 1, error: 'x', counts: true },
        stream: undefined,
      });
      await store.noteStream({ owner, conversationId, token, receipt: { id: 'stale' } });

      assert.deepEqual(committed, { status: 'stale' });
      assert.deepEqual(renewed, [conversationId]);
      assert.equal(postponed, false);
      assert.deepEqual(await texts(), []);
      assert.equal((await store.stats()).undelivered, 0);
      await clock.advance(leaseMs);
      const third = await claimOne({ owner: 'p3' });
      assert.equal(third.stream, 'unknown', 'the stale note was not taken');
      assert.equal((await commit(taken)).status, 'stale', 'nor had it changed the lease of the second');
      assert.equal((await commit(third)).status, 'committed');
    });

    it('fences off the same owner in an earlier attempt', async (test) => {
      const { accept, claimOne, commit, clock } = await openLedger(test, open);
      await accept(createMessage('one'));
      const lost = await claimOne();
      await clock.advance(leaseMs);
      const again = await claimOne();

      assert.equal((await commit(lost)).status, 'stale');
      assert.equal((await commit(again)).status, 'committed');
    });

    it('lets the same owner renew and give back the newer attempt only', async (test) => {
      const { accept, claimOne, claim, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const { owner, conversationId, token } = await claimOne();
      await clock.advance(leaseMs);
      await claimOne();
      await clock.advance(leaseMs - 1);

      const lost = await store.renewTurns({ owner, leaseMs, turns: [{ conversationId, token }] });
      const hold = { owner, conversationId, token, retryAt: clock.now(), error: 'x', counts: true, stream: undefined };
      const postponed = await store.postponeTurn(hold);

      assert.deepEqual([lost, postponed], [[conversationId], false]);
      assert.deepEqual(await claim(), []);
      await clock.advance(1);
      assert.equal((await claim()).length, 1);
    });

    it('does not let an ended turn end twice', async (test) => {
      const { accept, claimOne, commit, texts } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();

      await commit(turn, { answer: { text: 'hi', tokens: 1 } });
      const second = await commit(turn, { answer: { text: 'hi again', tokens: 1 } });

      assert.deepEqual(second, { status: 'stale' });
      assert.deepEqual(await texts(), ['one', 'hi']);
    });

    it('leaves an overdue turn to its holder while nobody has taken it', async (test) => {
      const { accept, claimOne, claim, commit, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const { owner, conversationId, token, ...turn } = await claimOne();
      await clock.advance(leaseMs + 1);

      const lost = await store.renewTurns({ owner, leaseMs, turns: [{ conversationId, token }] });

      assert.deepEqual(lost, []);
      assert.deepEqual(await claim({ owner: 'p2' }), []);
      await clock.advance(leaseMs + 1);
      assert.equal((await commit({ ...turn, owner, conversationId, token })).status, 'committed');
    });

    it('prolongs leases, and names those that are lost', async (test) => {
      const { accept, claim, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two', { in: 'c2' }));
      const turns = await claim();
      await clock.advance(leaseMs - 1);
      const unknown = { conversationId: conversationIdOf('c9'), token: 1 };

      const lost = await store.renewTurns({ owner: 'p1', leaseMs, turns: [...turns, unknown] });
      await clock.advance(leaseMs - 1);

      assert.deepEqual(lost, [unknown.conversationId]);
      assert.deepEqual(await claim({ owner: 'p2' }), []);
      await clock.advance(1);
      assert.equal((await claim({ owner: 'p2' })).length, 2);
    });
  });

  describe('giving a turn back', () => {
    it('offers it again at the time asked for, as the next attempt', async (test) => {
      const { accept, claim, claimOne, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const { owner, conversationId, token, turnId } = await claimOne();

      const held = await store.postponeTurn({
        ...{ owner, conversationId, token, retryAt: clock.now() + 500.5, error: 'busy', counts: true },
        stream: undefined,
      });
      await accept(createMessage('two'));

      assert.equal(held, true);
      await clock.advance(500);
      assert.deepEqual(await claim(), [], 'not even a new message brings it forward');
      await clock.advance(1);
      const again = await claimOne();
      assert.equal(again.turnId, turnId);
      assert.equal(again.attempt, 2);
      assert.equal(again.events.length, 2);
    });

    it('takes no time that is none: the turn stays with its holder', async (test) => {
      const { accept, claim, claimOne, commit, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();
      const { owner, conversationId, token } = turn;

      for (const retryAt of [Number.NaN, Number.POSITIVE_INFINITY]) {
        const hold = { owner, conversationId, token, retryAt, error: 'x', counts: true, stream: undefined };
        await assert.rejects(store.postponeTurn(hold), StoreError);
      }

      assert.deepEqual(await claim(), []);
      assert.equal((await commit(turn)).status, 'committed');
    });

    it('does not count an attempt that was only handed back', async (test) => {
      const { accept, claimOne, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const { owner, conversationId, token } = await claimOne();

      await store.postponeTurn({
        ...{ owner, conversationId, token, retryAt: clock.now(), error: 'stopping', counts: false },
        stream: undefined,
      });

      assert.equal((await claimOne()).attempt, 1);
    });

    it('frees at once what an owner holds, without counting the attempt, and nothing of others', async (test) => {
      const { accept, claim, claimOne, commit, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const mine = await claimOne({ owner: 'p1' });
      await accept(createMessage('two', { in: 'c2' }));
      const theirs = await claimOne({ owner: 'p2' });

      await store.handBack('p1');

      const again = await claim({ owner: 'p3' });
      assert.deepEqual(
        again.map(({ conversationId, attempt }) => [conversationId, attempt]),
        [[mine.conversationId, 1]],
      );
      assert.equal((await commit(mine)).status, 'stale');
      assert.equal((await commit(theirs)).status, 'committed');
    });

    it('frees everything when the store is taken over', async (test) => {
      const { accept, claim, ask, commit, store } = await openLedger(test, open);
      await ask('c3', 'an answer');
      await accept(createMessage('one'), createMessage('two', { in: 'c2' }));
      const [first] = await claim();
      assert.ok(first);

      const freed = await store.takeOver();

      assert.deepEqual(freed, { turns: 2, deliveries: 1 });
      assert.equal((await commit(first)).status, 'stale');
      assert.deepEqual(
        (await claim()).map(({ attempt }) => attempt),
        [2, 2],
      );
      assert.deepEqual(await store.takeOver(), { turns: 2, deliveries: 0 });
    });
  });

  describe('what a stream left behind', () => {
    it('is not known after an attempt that died', async (test) => {
      const { accept, claimOne, clock } = await openLedger(test, open);
      await accept(createMessage('one'));
      const first = await claimOne();
      await clock.advance(leaseMs);

      const second = await claimOne();

      assert.equal(first.stream, undefined);
      assert.equal(second.stream, 'unknown');
    });

    it('is the message that it opened, through any number of attempts', async (test) => {
      const { accept, claimOne, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const { owner, conversationId, token } = await claimOne();

      await store.noteStream({ owner, conversationId, token, receipt: { id: 'R1', channel: 'C1' } });
      await clock.advance(leaseMs);
      const second = await claimOne();
      await store.handBack('p1');
      const third = await claimOne();

      assert.deepEqual(second.stream, { id: 'R1', channel: 'C1' });
      assert.deepEqual(third.stream, { id: 'R1', channel: 'C1' });
    });

    it('is what the attempt says when it gives the turn back', async (test) => {
      const { accept, claimOne, clock, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const seen: unknown[] = [];

      for (const stream of ['unknown', { id: 'R2' }, undefined] as const) {
        const { owner, conversationId, token } = await claimOne();
        await store.postponeTurn({ owner, conversationId, token, retryAt: clock.now(), error: 'x', counts: true, stream });
        seen.push((await claimOne()).stream);
        await store.handBack('p1');
      }

      assert.deepEqual(seen, ['unknown', { id: 'R2' }, undefined]);
    });

    it('ends with the turn', async (test) => {
      const { accept, claimOne, commit, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();
      const { owner, conversationId, token } = turn;
      await store.noteStream({ owner, conversationId, token, receipt: { id: 'R1' } });
      await commit(turn);
      await accept(createMessage('two'));

      const next = await claimOne();

      assert.equal(next.stream, undefined);
      assert.equal(next.attempt, 1);
    });
  });
}
