import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import type { ClaimedDelivery } from '../../../src/store/store.ts';
import { createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

export function describeDeliveries(open: OpenStore): void {
  describe('the outbox', () => {
    it('gives out the parts of an answer one after the other', async (test) => {
      const { ask, sent, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a', 'b', 'c');
      const seen: [string, number, number, boolean][] = [];

      let next: ClaimedDelivery | undefined = delivery;
      while (next) {
        assert.deepEqual(await claimDeliveries(), [], 'nothing else of the conversation');
        assert.equal(next.leaseUntil, clock.now() + leaseMs);
        seen.push([next.message.text, next.message.part, next.message.attempt, next.uncertain]);
        const result = await sent(next);
        assert.ok(result.status === 'settled');
        next = result.next;
      }

      assert.deepEqual(seen, [
        ['a', 0, 1, false],
        ['b', 1, 1, false],
        ['c', 2, 1, false],
      ]);
      assert.deepEqual(await claimDeliveries(), []);
    });

    it('tells where the part before stands when an earlier send of this one may have arrived', async (test) => {
      const { ask, sent, failed, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery: earlier } = await ask('c1', 'x', 'y');
      assert.ok(earlier);
      const y = await sent(earlier, 'P-x');
      assert.ok(y.status === 'settled' && y.next);
      await sent(y.next, 'P-y');
      const { delivery: a } = await ask('c1', 'a', 'b');
      assert.ok(a);
      await failed(a, { retryAt: clock.now(), uncertain: true });
      const [again] = await claimDeliveries();
      assert.ok(again);
      const b = await sent(again, 'P-a');
      assert.ok(b.status === 'settled' && b.next);
      await failed(b.next, { retryAt: clock.now(), uncertain: true });

      const [second] = await claimDeliveries();

      assert.deepEqual([again.message.after, b.next.message.after, second?.message.after], [undefined, undefined, { id: 'P-a' }]);
    });

    it('serves conversations side by side, what is due longest first, and no more than asked for', async (test) => {
      const { ask, failed, claimDeliveries, clock } = await openLedger(test, open);
      for (const [name, delay] of [
        ['c1', 30],
        ['c2', 10],
        ['c3', 20],
      ] as const) {
        const { delivery } = await ask(name, name);
        assert.ok(delivery);
        await failed(delivery, { retryAt: clock.now() + delay });
      }
      await clock.advance(50);

      const none = await claimDeliveries({ limit: 0 });
      const first = await claimDeliveries({ limit: 2 });
      const rest = await claimDeliveries({ limit: 2 });

      assert.deepEqual(none, []);
      assert.deepEqual(textsOf(first), ['c2', 'c3']);
      assert.deepEqual(textsOf(rest), ['c1']);
    });

    it('keeps the answers of a conversation in order behind one that must wait', async (test) => {
      const { ask, failed, sent, claimDeliveries, clock, store } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'first');
      assert.ok(delivery);
      await ask('c1', 'second');
      await ask('c1', 'third');
      const retryAt = clock.now() + 5_000;

      await failed(delivery, { retryAt });

      const { deliveries, nextAt } = await store.claimDeliveries({ owner: 'p1', limit: 10, leaseMs });
      assert.deepEqual(deliveries, []);
      assert.equal(nextAt, retryAt);
      await clock.advance(5_000);
      const [again, ...others] = await claimDeliveries();
      assert.ok(again);
      assert.deepEqual(others, []);
      assert.deepEqual([again.message.text, again.message.attempt], ['first', 2]);
      const second = await sent(again);
      assert.ok(second.status === 'settled' && second.next);
      const third = await sent(second.next);
      assert.ok(third.status === 'settled' && third.next);
      assert.deepEqual(textsOf([second.next, third.next]), ['second', 'third']);
    });

    it('looks at a failed attempt no sooner than asked for', async (test) => {
      const { ask, failed, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);

      assert.equal(await failed(delivery, { retryAt: clock.now() + 99.5 }), true);

      await clock.advance(99);
      assert.deepEqual(await claimDeliveries(), []);
      await clock.advance(1);
      assert.equal((await claimDeliveries()).length, 1);
    });

    it('takes no time that is none: the part stays with its holder', async (test) => {
      const { ask, failed, sent, claimDeliveries } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);

      for (const retryAt of [Number.NaN, Number.POSITIVE_INFINITY])
        await assert.rejects(failed(delivery, { retryAt }), StoreError);

      assert.deepEqual(await claimDeliveries(), []);
      assert.equal((await sent(delivery)).status, 'settled');
    });

    it('remembers through all attempts that one of them may have arrived', async (test) => {
      const { ask, failed, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      const seen: boolean[] = [];

      let current = delivery;
      for (const uncertain of [false, true, false]) {
        await failed(current, { retryAt: clock.now(), uncertain });
        const [next] = await claimDeliveries();
        assert.ok(next);
        seen.push(next.uncertain);
        current = next;
      }

      assert.deepEqual(seen, [false, true, true]);
    });

    it('gives out anew what an expired lease held, as uncertain', async (test) => {
      const { ask, claimDeliveries, clock, store } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      assert.equal((await store.claimDeliveries({ owner: 'p2', limit: 1, leaseMs })).nextAt, delivery.leaseUntil);
      await clock.advance(leaseMs - 1);
      assert.deepEqual(await claimDeliveries({ owner: 'p2' }), []);
      await clock.advance(1);

      const [again] = await claimDeliveries({ owner: 'p2' });

      assert.ok(again);
      assert.equal(again.uncertain, true);
      assert.equal(again.owner, 'p2');
      assert.equal(again.message.attempt, 2);
      assert.ok(again.token > delivery.token);
    });

    it('fences off a holder that has lost its part, and tells it what another recorded', async (test) => {
      const { ask, sent, failed, claimDeliveries, clock, status } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'a', 'b');
      assert.ok(delivery);
      await clock.advance(leaseMs);
      const [taken] = await claimDeliveries({ owner: 'p2' });
      assert.ok(taken);

      const before = await sent(delivery, 'stale');
      const later = await failed(delivery, { retryAt: clock.now() });
      const never = await failed(delivery);
      await sent(taken, 'right');
      const after = await sent(delivery, 'stale');

      assert.deepEqual(before, { status: 'stale', receipt: undefined });
      assert.equal(later, false);
      assert.equal(never, false);
      assert.deepEqual(after, { status: 'stale', receipt: { id: 'right' } });
      assert.deepEqual((await status(event))?.answer[0]?.receipt, { id: 'right' });
    });

    it('fences off the same owner in an earlier attempt', async (test) => {
      const { ask, sent, failed, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      await clock.advance(leaseMs);
      const [again] = await claimDeliveries();
      assert.ok(again);

      assert.equal((await sent(delivery)).status, 'stale');
      assert.equal(await failed(delivery, { retryAt: clock.now() }), false);
      assert.equal(await failed(delivery), false);
      assert.equal((await sent(again)).status, 'settled');
    });

    it('takes the receipt of an overdue holder while nobody has taken the part', async (test) => {
      const { ask, sent, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      await clock.advance(leaseMs + 1);

      assert.deepEqual(await sent(delivery), { status: 'settled', next: undefined });
    });

    it('settles a part once', async (test) => {
      const { ask, sent, failed } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      await sent(delivery, 'R1');

      assert.deepEqual(await sent(delivery, 'R2'), { status: 'stale', receipt: { id: 'R1' } });
      assert.equal(await failed(delivery), false);
    });

    it('knows nothing of a part that never was', async (test) => {
      const { ask, sent, failed } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'a');
      assert.ok(delivery);

      assert.deepEqual(await sent({ ...delivery, id: 'unknown' }), { status: 'stale', receipt: undefined });
      assert.equal(await failed({ ...delivery, id: 'unknown' }), false);
    });

    it('lets a dead part take the rest of its answer with it, but not the next answer', async (test) => {
      const { ask, sent, failed, claimDeliveries, status, store } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'a', 'b', 'c');
      assert.ok(delivery);
      const { event: nextEvent } = await ask('c1', 'next answer');
      const result = await sent(delivery);
      assert.ok(result.status === 'settled' && result.next);

      assert.equal(await failed(result.next, { error: 'channel is archived' }), true);

      const verdict = await status(event);
      assert.deepEqual([verdict?.state, verdict?.reason], ['failed', 'channel is archived']);
      assert.equal((await status(nextEvent))?.state, 'delivering');
      const due = await claimDeliveries();
      assert.deepEqual(textsOf(due), ['next answer']);
      assert.equal((await store.stats()).undelivered, 1);
      assert.equal((await store.stats()).deadLetters, 1);
    });

    it('frees at once what an owner holds, as uncertain, and nothing of others', async (test) => {
      const { accept, claimOne, answer, claimDeliveries, sent, store } = await openLedger(test, open);
      await accept(createMessage('one'));
      const mine = await answer(await claimOne({ owner: 'p1' }), 'mine', 'and more');
      await accept(createMessage('two', { in: 'c2' }));
      const theirs = await answer(await claimOne({ owner: 'p2' }), 'theirs');

      await store.handBack('p1');

      const freed = await claimDeliveries({ owner: 'p3' });
      assert.deepEqual(
        freed.map(({ message, uncertain }) => [message.text, uncertain]),
        [['mine', true]],
      );
      assert.equal((await sent(mine)).status, 'stale');
      assert.equal((await sent(theirs)).status, 'settled');
    });
  });
}

function textsOf(deliveries: readonly ClaimedDelivery[]): string[] {
  return deliveries.map(({ message }) => message.text);
}
