import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conversationIdOf, createMessage, createStop } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

export function describeTurns(open: OpenStore): void {
  describe('claiming turns', () => {
    it('gives a conversation with all that waits in it to one holder at a time', async (test) => {
      const { accept, claim, claimOne } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two'));

      const turn = await claimOne();

      assert.equal(turn.owner, 'p1');
      assert.equal(turn.conversationId, conversationIdOf('c1'));
      assert.equal(turn.attempt, 1);
      assert.equal(turn.events.length, 2);
      assert.equal(turn.stream, undefined);
      assert.equal(turn.outboxBusy, false);
      assert.match(turn.turnId, /^[0-9a-z]{24}$/);
      assert.deepEqual(await claim(), []);
      assert.deepEqual(await claim({ owner: 'p2' }), []);
    });

    it('tells which of the events that wait were stopped, and wakes what was put off', async (test) => {
      const { accept, claim, claimOne, store, clock, status } = await openLedger(test, open);
      const one = createMessage('one');
      await accept(one);
      const { owner, conversationId, token } = await claimOne();
      const retryAt = clock.now() + 30_000;
      await store.postponeTurn({ owner, conversationId, token, retryAt, error: '503', counts: true, stream: undefined });
      assert.deepEqual(await claim(), []);

      const stopped = await accept(createStop());
      await accept(createMessage('two'));
      const turn = await claimOne();

      assert.deepEqual(stopped, [{ status: 'ignored', reason: 'answer stopped' }]);
      assert.deepEqual(
        turn.events.map((event) => event.stopped),
        [true, false],
      );
      assert.equal((await status(one))?.state, 'running');
      assert.deepEqual(await accept(createStop('c2')), [{ status: 'ignored', reason: 'nothing to stop' }]);
    });

    it('leaves the lease of a running turn alone when it is stopped', async (test) => {
      const { accept, claim, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();

      await accept(createStop());

      assert.deepEqual(await claim(), []);
      assert.equal((await commit(turn)).status, 'committed');
      assert.deepEqual(await claim(), []);
    });

    it('takes up what it accepts, with all that waits in those conversations', async (test) => {
      const { accept, claim, store } = await openLedger(test, open);
      const terms = { owner: 'p1', limit: 10, leaseMs, historyLimit: 100 };
      await accept(createMessage('one'), createMessage('elsewhere', { in: 'c2' }));
      const two = createMessage('two');
      const three = createMessage('three');

      const { results, turns } = await store.acceptAndClaim({ adapter: 'fake', events: [two, three] }, terms);

      assert.deepEqual(results, [{ status: 'accepted' }, { status: 'accepted' }]);
      assert.equal(turns.length, 1);
      assert.deepEqual(
        turns[0]?.events.map(({ event }) => 'text' in event && event.text),
        ['one', 'two', 'three'],
      );
      const later = await store.acceptAndClaim({ adapter: 'fake', events: [createMessage('four'), two] }, terms);
      assert.deepEqual(later, { results: [{ status: 'accepted' }, { status: 'duplicate' }], turns: [] });
      const none = await store.acceptAndClaim(
        { adapter: 'fake', events: [createMessage('hello', { in: 'c3' })] },
        { ...terms, limit: 0 },
      );
      assert.deepEqual(none.turns, []);
      assert.deepEqual(
        (await claim()).map(({ conversationId }) => conversationId),
        [conversationIdOf('c2'), conversationIdOf('c3')],
      );
    });

    it('takes the longest waiting first, and no more than asked for', async (test) => {
      const { accept, claim, clock } = await openLedger(test, open);
      for (const name of ['c3', 'c1', 'c2']) {
        await accept(createMessage('hello', { in: name }));
        await clock.advance(10);
      }

      const first = await claim({ limit: 2 });
      const none = await claim({ limit: 0 });
      const rest = await claim({ limit: 2 });

      assert.deepEqual(
        first.map(({ conversationId }) => conversationId),
        [conversationIdOf('c3'), conversationIdOf('c1')],
      );
      assert.deepEqual(none, []);
      assert.deepEqual(
        rest.map(({ conversationId }) => conversationId),
        [conversationIdOf('c2')],
      );
    });

    it('lets a busy conversation take its place behind the others after each turn', async (test) => {
      const { accept, claim, commit, clock } = await openLedger(test, open);
      await accept(createMessage('one', { in: 'busy' }));
      const [busy] = await claim({ limit: 1 });
      assert.ok(busy);
      await clock.advance(1);
      await accept(createMessage('two', { in: 'busy' }), createMessage('hello', { in: 'quiet' }));
      await clock.advance(1);
      await commit(busy);

      const order = [...(await claim({ limit: 1 })), ...(await claim({ limit: 1 }))];

      assert.deepEqual(
        order.map(({ conversationId }) => conversationId),
        [conversationIdOf('quiet'), conversationIdOf('busy')],
      );
    });

    it('leaves what comes during a turn to the next one', async (test) => {
      const { accept, claim, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('one'));
      const turn = await claimOne();

      await accept(createMessage('two'));
      await accept(createMessage('three'));

      assert.deepEqual(await claim(), []);
      const result = await commit(turn);
      assert.ok(result.status === 'committed' && result.moreWaiting);
      const next = await claimOne();
      assert.deepEqual(
        next.events.map(({ event }) => 'text' in event && event.text),
        ['two', 'three'],
      );
      assert.equal(next.attempt, 1);
      assert.notEqual(next.turnId, turn.turnId);
      assert.ok(next.token > turn.token);
      const last = await commit(next);
      assert.ok(last.status === 'committed' && !last.moreWaiting);
      assert.deepEqual(await claim(), []);
    });

    it('hands out a flood in portions, in order and without a gap', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      const flood = Array.from({ length: 250 }, (_, index) => createMessage(`message ${index}`));
      await accept(...flood);

      const portions: string[][] = [];
      let more = true;
      while (more) {
        const turn = await claimOne();
        portions.push(turn.events.map(({ event }) => event.eventId));
        const result = await commit(turn);
        more = result.status === 'committed' && result.moreWaiting;
      }

      assert.deepEqual(
        portions.flat(),
        flood.map(({ eventId }) => eventId),
      );
      assert.ok(portions.every((portion) => portion.length <= 100));
    });

    it('brings along the newest of the transcript, oldest first', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('q1', { by: 'ann' }), createMessage('q2', { by: 'bob' }));
      await commit(await claimOne(), { answer: { text: 'a1', tokens: 7 } });
      await accept(createMessage('q3'));

      const turn = await claimOne({ historyLimit: 2 });

      assert.deepEqual(
        turn.history.map(({ role, authorId, authorName, text, tokens }) => [role, authorId, authorName, text, tokens]),
        [
          ['user', 'bob', 'bob', 'q2', 1],
          ['assistant', '', '', 'a1', 7],
        ],
      );
    });

    it('tells when the next conversation becomes ready', async (test) => {
      const { accept, clock, store, claimOne, commit } = await openLedger(test, open);
      const nextAt = async () => (await store.claimTurns({ owner: 'p2', limit: 0, leaseMs, historyLimit: 0 })).nextAt;
      assert.equal(await nextAt(), undefined);

      await accept(createMessage('one'));
      assert.equal(await nextAt(), clock.now());
      const turn = await claimOne();
      assert.equal(await nextAt(), clock.now() + leaseMs);
      await commit(turn);
      assert.equal(await nextAt(), undefined);
    });

    it('tells whether earlier answers are still on their way', async (test) => {
      const { accept, ask, claimOne, sent, commit } = await openLedger(test, open);
      const { delivery } = await ask('c1', 'an answer');
      assert.ok(delivery);
      await accept(createMessage('next'));

      const during = await claimOne();
      await commit(during);
      await sent(delivery);
      await accept(createMessage('after'));
      const after = await claimOne();

      assert.equal(during.outboxBusy, true);
      assert.equal(after.outboxBusy, false);
    });
  });
}
