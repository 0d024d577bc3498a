import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMessage } from '../../support/inbound.ts';
import { failure, leaseMs, openLedger, type OpenStore } from './ledger.ts';

export function describeReplay(open: OpenStore): void {
  describe('replaying a failed turn', () => {
    it('asks its questions again, as another turn, without what the failed one left in the transcript', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, claimOne, answer, sent, texts, status } = ledger;
      const { turnId, event } = await ledger.fail('why?', { answer: { text: 'sorry', tokens: 1 } });

      const replayed = await store.replayDeadLetter(turnId);

      assert.equal(replayed, true);
      assert.equal((await status(event))?.state, 'waiting');
      assert.deepEqual(await texts(), []);
      const turn = await claimOne();
      assert.equal(turn.attempt, 1);
      assert.notEqual(turn.turnId, turnId);
      assert.deepEqual(
        turn.events.map((waiting) => waiting.event),
        [event],
      );
      await sent(await answer(turn, 'because'));
      assert.equal((await status(event))?.state, 'answered');
      assert.deepEqual(await texts(), ['why?', 'because']);
      assert.equal((await store.getDeadLetter(turnId))?.state, 'replayed');
      assert.equal(await store.replayDeadLetter(turnId), false, 'a second replay is refused');
    });

    it('keeps the identity of the new turn through its attempts', async (test) => {
      const ledger = await openLedger(test, open);
      const { turnId } = await ledger.fail('why?');
      await ledger.store.replayDeadLetter(turnId);
      const first = await ledger.claimOne();
      await ledger.clock.advance(leaseMs);

      const second = await ledger.claimOne();

      assert.equal(second.turnId, first.turnId);
    });

    it('does not change the identity of a turn that is running', async (test) => {
      const ledger = await openLedger(test, open);
      const { accept, claimOne, clock, store, commit } = ledger;
      const { turnId } = await ledger.fail('why?');
      await accept(createMessage('another'));
      const running = await claimOne();

      await store.replayDeadLetter(turnId);

      assert.deepEqual(await ledger.claim(), [], 'it waits for the running turn');
      const result = await commit(running);
      assert.ok(result.status === 'committed' && result.moreWaiting);
      const replay = await claimOne();
      await clock.advance(leaseMs);
      assert.equal((await claimOne()).turnId, replay.turnId);
    });

    it('can fail again, as another dead letter', async (test) => {
      const ledger = await openLedger(test, open);
      const { turnId } = await ledger.fail('why?');
      await ledger.store.replayDeadLetter(turnId);
      const turn = await ledger.claimOne();

      await ledger.commit(turn, { verdict: 'failed', failure });

      const all = await ledger.store.listDeadLetters({ limit: 10, all: true });
      assert.deepEqual(
        new Set(all.map(({ id, state }) => `${id} ${state}`)),
        new Set([`${turnId} replayed`, `${turn.turnId} open`]),
      );
      assert.equal((await ledger.store.getDeadLetter(turn.turnId))?.questions[0]?.text, 'why?');
    });

    it('leaves the rest of the transcript as it is', async (test) => {
      const ledger = await openLedger(test, open);
      await ledger.ask('c1', 'fine');
      await ledger.ask('c2', 'fine, too');
      const { turnId } = await ledger.fail('why?');

      await ledger.store.replayDeadLetter(turnId);

      assert.deepEqual(await ledger.texts('c1'), ['question in c1', 'fine']);
      assert.deepEqual(await ledger.texts('c2'), ['question in c2', 'fine, too']);
    });
  });

  describe('replaying a failed delivery', () => {
    it('sends the parts that are missing, in order, before what came later, as uncertain', async (test) => {
      const { ask, sent, failed, claimDeliveries, store, status, clock } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'a', 'b', 'c');
      assert.ok(delivery);
      const second = await sent(delivery);
      assert.ok(second.status === 'settled' && second.next);
      await failed(second.next);
      const { delivery: later } = await ask('c1', 'later');
      assert.ok(later);
      await failed(later, { retryAt: clock.now() });

      const replayed = await store.replayDeadLetter(second.next.id);

      assert.equal(replayed, true);
      assert.equal((await status(event))?.state, 'delivering');
      const seen: [string, boolean, number][] = [];
      let [next] = await claimDeliveries();
      while (next) {
        seen.push([next.message.text, next.uncertain, next.message.attempt]);
        assert.ok(next.expiresAt > clock.now());
        const result = await sent(next);
        next = result.status === 'settled' ? result.next : undefined;
      }
      assert.deepEqual(seen, [
        ['b', true, 1],
        ['c', true, 1],
        ['later', false, 2],
      ]);
      assert.equal((await status(event))?.state, 'answered');
      assert.equal(await store.replayDeadLetter(second.next.id), false);
    });

    it('does not stop what is being sent meanwhile', async (test) => {
      const { ask, sent, failed, store, claimDeliveries } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'dead');
      assert.ok(delivery);
      await failed(delivery);
      const { delivery: running } = await ask('c1', 'running', 'and more');
      assert.ok(running);

      await store.replayDeadLetter(delivery.id);
      const result = await sent(running);

      assert.ok(result.status === 'settled');
      assert.equal(result.next?.message.text, 'dead');
      const last = await sent(result.next);
      assert.ok(last.status === 'settled');
      assert.equal(last.next?.message.text, 'and more');
      assert.deepEqual(await claimDeliveries(), []);
    });

    it('waits for its next attempt, even when what was being sent meanwhile has arrived', async (test) => {
      const { ask, sent, failed, store, claimDeliveries, clock } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'dead');
      assert.ok(delivery);
      await failed(delivery);
      const { delivery: running } = await ask('c1', 'running');
      assert.ok(running);
      await store.replayDeadLetter(delivery.id);
      const [replayed] = await claimDeliveries();
      assert.ok(replayed);
      await failed(replayed, { retryAt: clock.now() + 10 });

      assert.deepEqual(await sent(running), { status: 'settled', next: undefined });
      assert.deepEqual(await claimDeliveries(), []);
      await clock.advance(10);
      assert.equal((await claimDeliveries())[0]?.message.text, 'dead');
    });

    it('of a part that a stream had begun starts anew: what stood there may be long gone', async (test) => {
      const { accept, claimOne, commit, failed, store, claimDeliveries } = await openLedger(test, open);
      await accept(createMessage('why?'));
      const committed = await commit(await claimOne(), { parts: ['because'], deliver: { opened: { id: 'P1' } } });
      assert.ok(committed.status === 'committed' && committed.delivery);
      assert.deepEqual(committed.delivery.message.opened, { id: 'P1' });
      await failed(committed.delivery);

      await store.replayDeadLetter(committed.delivery.id);

      const [replayed] = await claimDeliveries();
      assert.deepEqual([replayed?.message.text, replayed?.message.opened, replayed?.uncertain], ['because', undefined, true]);
    });

    it('of an apology does not make the failed question an answered one', async (test) => {
      const ledger = await openLedger(test, open);
      const { event, turnId, delivery } = await ledger.fail('why?', { parts: ['sorry'] });
      assert.ok(delivery);
      await ledger.failed(delivery);

      await ledger.store.replayDeadLetter(delivery.id);

      assert.equal((await ledger.status(event))?.state, 'failed');
      assert.equal(await ledger.store.replayDeadLetter(turnId), true);
      assert.equal((await ledger.status(event))?.state, 'waiting');
    });

    it('opens the same letter again when it fails again', async (test) => {
      const { ask, failed, store, claimDeliveries, status } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'a', 'b');
      assert.ok(delivery);
      await failed(delivery, { error: 'first' });
      await store.replayDeadLetter(delivery.id);
      const [again] = await claimDeliveries();
      assert.ok(again);

      await failed(again, { error: 'second' });

      assert.deepEqual(
        (await store.listDeadLetters({ limit: 10 })).map(({ id, error }) => [id, error]),
        [[delivery.id, 'second']],
      );
      assert.equal((await status(event))?.state, 'failed');
      assert.equal(await store.replayDeadLetter(delivery.id), true);
    });
  });
}
