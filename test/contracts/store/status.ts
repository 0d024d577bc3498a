import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeStatus(open: OpenStore): void {
  describe('looking up an event', () => {
    it('finds nothing that was never accepted', async (test) => {
      const { accept, store } = await openLedger(test, open);
      await accept(createMessage('hello', { eventId: 'E-known' }));

      for (const key of [
        { adapter: 'fake', tenant: 'T1', eventId: 'E-unknown' },
        { adapter: 'fake', tenant: 'T2', eventId: 'E-known' },
        { adapter: 'other', tenant: 'T1', eventId: 'E-known' },
      ]) {
        assert.equal(await store.status(key), undefined);
      }
    });

    it('tells how far it has come, from waiting to answered', async (test) => {
      const { accept, claimOne, commit, sent, status, store } = await openLedger(test, open);
      const event = createMessage('hello');
      const stateNow = async () => (await status(event))?.state;
      const states: unknown[] = [];

      await accept(event);
      states.push(await stateNow());
      const { owner, conversationId, token } = await claimOne();
      states.push(await stateNow());
      await store.postponeTurn({ owner, conversationId, token, retryAt: 0, error: 'x', counts: true, stream: undefined });
      states.push(await stateNow());
      const result = await commit(await claimOne(), { parts: ['a', 'b'] });
      assert.ok(result.status === 'committed' && result.delivery);
      states.push(await stateNow());
      const next = await sent(result.delivery, 'R1');
      states.push(await stateNow());
      assert.ok(next.status === 'settled' && next.next);
      await sent(next.next, 'R2');
      states.push(await stateNow());

      assert.deepEqual(states, ['waiting', 'running', 'waiting', 'delivering', 'delivering', 'answered']);
      assert.deepEqual(
        (await status(event))?.answer.map(({ text, receipt }) => [text, receipt]),
        [
          ['a', { id: 'R1' }],
          ['b', { id: 'R2' }],
        ],
      );
    });

    it('tells an event that came during a turn from those that the turn answers', async (test) => {
      const { accept, claimOne, status } = await openLedger(test, open);
      const [first, second] = [createMessage('one'), createMessage('two')];
      await accept(first);
      await claimOne();
      await accept(second);

      assert.equal((await status(first))?.state, 'running');
      assert.equal((await status(second))?.state, 'waiting');
    });

    it('gives the verdict and the reason of each event of a turn', async (test) => {
      const { accept, claimOne, commit, status } = await openLedger(test, open);
      const events = ['answered', 'ignored', 'refused', 'failed'].map((verdict) => createMessage(verdict));
      await accept(...events);
      const turn = await claimOne();
      const verdicts = ['answered', 'ignored', 'refused', 'failed'] as const;

      await commit(turn, {
        events: turn.events.map(({ seq }, index) => ({ seq, verdict: verdicts[index] ?? 'failed', reason: `because ${index}` })),
      });

      const seen = [];
      for (const event of events) seen.push(await status(event));
      assert.deepEqual(
        seen.map((each) => [each?.state, each?.reason]),
        verdicts.map((verdict, index) => [verdict, `because ${index}`]),
      );
    });
  });

  describe('the figures of the store', () => {
    it('count what waits, what is undelivered and what was given up', async (test) => {
      const { accept, ask, failed, store, clock } = await openLedger(test, open);
      assert.deepEqual(await store.stats(), {
        waiting: 0,
        oldestWaitingAt: undefined,
        undelivered: 0,
        parked: 0,
        deadLetters: 0,
        conversations: 0,
      });
      const { delivery } = await ask('c1', 'a', 'b');
      assert.ok(delivery);
      await ask('c2', 'c');
      await failed(delivery);
      const oldestWaitingAt = clock.now();
      await accept(createMessage('waits'));
      await clock.advance(10);
      await accept(createMessage('waits, too', { in: 'c3' }));

      assert.deepEqual(await store.stats(), {
        ...{ waiting: 2, oldestWaitingAt, undelivered: 1, parked: 0, deadLetters: 1, conversations: 3 },
      });
    });

    it('count the work of adapters that are off by itself', async (test) => {
      const { accept, ask, store, clock } = await openLedger(test, open);
      await ask('c1', 'an answer');
      await accept(createMessage('waits'));
      await clock.advance(10);

      const off = await store.stats({ adapters: ['fak', 'other'] });
      const on = await store.stats({ adapters: ['other', 'fake'] });

      assert.deepEqual([off.waiting, off.oldestWaitingAt, off.undelivered, off.parked], [0, undefined, 0, 2]);
      assert.deepEqual([on.waiting, on.oldestWaitingAt, on.undelivered, on.parked], [1, clock.now() - 10, 1, 0]);
    });
  });

  describe('taking over', () => {
    it('makes due what was put off for a while, and leaves what a platform asked to wait for', async (test) => {
      const { accept, claim, claimOne, ask, store, clock } = await openLedger(test, open);
      const soon = clock.now() + 30_000;
      for (const [name, retryAt] of [
        ['c1', soon],
        ['c2', soon + 1],
      ] as const) {
        await accept(createMessage('one', { in: name }));
        const { owner, conversationId, token } = await claimOne();
        await store.postponeTurn({ owner, conversationId, token, retryAt, error: 'off', counts: false, stream: undefined });
      }
      for (const [name, retryAt] of [
        ['c3', soon],
        ['c4', soon + 1],
      ] as const) {
        const { delivery } = await ask(name, 'an answer');
        assert.ok(delivery);
        const { id, owner, token } = delivery;
        await store.settleFailed({ id, owner, token, error: 'off', uncertain: false, retryAt });
      }

      const freed = await store.takeOver();

      assert.deepEqual(freed, { turns: 0, deliveries: 0 });
      assert.equal((await claim()).length, 1);
      const { deliveries } = await store.claimDeliveries({ owner: 'p9', limit: 10, leaseMs: 1_000 });
      assert.equal(deliveries.length, 1);
    });
  });
}
