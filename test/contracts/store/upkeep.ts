import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Store } from '../../../src/store/store.ts';
import { createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeUpkeep(open: OpenStore): void {
  describe('pruning', () => {
    it('removes what is settled and old, and nothing that is younger', async (test) => {
      const { ask, sent, clock, store, status, texts } = await openLedger(test, open);
      const old = await ask('c1', 'a');
      assert.ok(old.delivery);
      await sent(old.delivery);
      await clock.advance(1_000);
      const before = clock.now();
      const young = await ask('c1', 'b');
      assert.ok(young.delivery);
      await sent(young.delivery);

      const removed = await pruneAll(store, before);

      assert.ok(removed > 0);
      assert.equal(await status(old.event), undefined);
      const kept = await status(young.event);
      assert.deepEqual([kept?.state, kept?.answer.length], ['answered', 1]);
      assert.deepEqual(await texts(), ['question in c1', 'a', 'question in c1', 'b'], 'the transcript stays');
    });

    it('removes no more than asked for at a time', async (test) => {
      const { accept, claimOne, commit, clock, store } = await openLedger(test, open);
      const events = Array.from({ length: 20 }, (_, index) => createMessage(`message ${index}`));
      await accept(...events);
      await commit(await claimOne());
      await clock.advance(1);

      const key = { adapter: 'fake', tenant: 'T1' };
      await store.prune({ before: clock.now(), limit: 5 });

      const left = await Promise.all(events.map(({ eventId }) => store.status({ ...key, eventId })));
      assert.equal(left.filter(Boolean).length, 15);
      assert.equal(left[5]?.state, 'answered', 'the oldest went first');
    });

    it('keeps what waits, what is on its way, and what was given up on until somebody decides', async (test) => {
      const { accept, ask, claim, commit, failed, clock, store, status } = await openLedger(test, open);
      const undelivered = await ask('c1', 'on its way');
      const dead = await ask('c2', 'dead letter');
      assert.ok(dead.delivery);
      await failed(dead.delivery);
      await accept(createMessage('fails', { in: 'c3', eventId: 'E-fails' }));
      const [failing] = await claim();
      assert.ok(failing);
      await commit(failing, { verdict: 'failed', failure: { errorId: 'e1', message: 'x' } });
      await accept(createMessage('waits', { in: 'c4', eventId: 'E-waits' }));
      await clock.advance(1_000_000);

      await pruneAll(store, clock.now());

      assert.equal((await status({ eventId: 'E-waits' }))?.state, 'waiting');
      assert.equal((await store.stats()).undelivered, 1);
      assert.equal((await store.stats()).deadLetters, 2);
      assert.equal((await store.getDeadLetter(dead.delivery.id))?.questions[0]?.text, 'question in c2');
      assert.deepEqual((await store.getDeadLetter(dead.delivery.id))?.parts, ['dead letter']);
      assert.equal((await store.getDeadLetter(failing.turnId))?.questions[0]?.text, 'fails');
      assert.equal(await store.replayDeadLetter(failing.turnId), true);
      assert.equal((await status({ eventId: 'E-fails' }))?.state, 'waiting');
      assert.equal(await store.replayDeadLetter(dead.delivery.id), true);
      assert.equal((await store.stats()).undelivered, 2);
      assert.equal(await status(undelivered.event), undefined, 'the tombstone is old, the answer still goes out');
    });

    it('removes what was discarded', async (test) => {
      const { ask, failed, clock, store, status } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'a');
      assert.ok(delivery);
      await failed(delivery);
      await store.discardDeadLetter(delivery.id);
      await clock.advance(1);

      await pruneAll(store, clock.now());

      assert.equal(await status(event), undefined);
      assert.deepEqual(await store.listDeadLetters({ limit: 10, all: true }), []);
      assert.equal(await pruneAll(store, clock.now()), 0);
    });

    it('leads to no confusion of old turns with new ones', async (test) => {
      const { ask, sent, accept, claimOne, commit, clock, store, texts } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'old');
      assert.ok(delivery);
      await sent(delivery);
      await clock.advance(1);
      await pruneAll(store, clock.now());
      await accept(createMessage('new'));
      const turn = await claimOne();
      await commit(turn, { verdict: 'failed', failure: { errorId: 'e1', message: 'x' } });

      const letter = await store.getDeadLetter(turn.turnId);
      await store.replayDeadLetter(turn.turnId);

      assert.deepEqual(
        letter?.questions.map(({ text }) => text),
        ['new'],
      );
      assert.deepEqual(await texts(), ['question in c1', 'old']);
    });
  });
}

async function pruneAll(store: Store, before: number): Promise<number> {
  let removed = 0;
  let last: number;
  do {
    last = await store.prune({ before, limit: 2 });
    removed += last;
  } while (last > 0);
  return removed;
}
