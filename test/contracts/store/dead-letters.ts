import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conversationIdOf, createCommand, createMessage } from '../../support/inbound.ts';
import { failure, openLedger, type OpenStore } from './ledger.ts';

export function describeDeadLetters(open: OpenStore): void {
  describe('dead letters', () => {
    it('keep a turn that failed, with its questions', async (test) => {
      const ledger = await openLedger(test, open);
      const { accept, claimOne, commit, clock, store, status } = ledger;
      const question = createMessage('why?', { by: 'ann' });
      await accept(question);
      const turn = await claimOne();
      await commit(turn, { verdict: 'failed', reason: failure.message, failure, parts: ['sorry'] });

      const letters = await store.listDeadLetters({ limit: 10 });
      const detail = await store.getDeadLetter(turn.turnId);

      const letter = {
        ...{ id: turn.turnId, kind: 'turn', adapter: 'fake', conversationId: turn.conversationId },
        ...{ error: failure.message, errorId: failure.errorId, attempts: 1, at: clock.now(), state: 'open' },
      };
      assert.deepEqual(letters, [letter]);
      assert.deepEqual(detail, {
        ...letter,
        questions: [{ eventId: question.eventId, author: 'ann', text: 'why?' }],
        parts: [],
      });
      assert.equal((await status(question))?.state, 'failed');
      assert.equal((await store.stats()).deadLetters, 1);
    });

    it('keep what could not be delivered, each question with its own text', async (test) => {
      const { accept, claimOne, commit, failed, store } = await openLedger(test, open);
      await accept(createCommand('help'), createMessage('first', { by: 'ann' }), createMessage('second', { by: 'bob' }));
      const turn = await claimOne();
      const events = turn.events.map(({ seq }, index) => ({
        ...{ seq, verdict: 'answered' as const },
        ...(index === 0 ? {} : { tokens: 1 }),
      }));
      const result = await commit(turn, { events, parts: ['a', 'b'] });
      assert.ok(result.status === 'committed' && result.delivery);

      await failed(result.delivery, { error: 'channel is archived' });

      const [letter] = await store.listDeadLetters({ limit: 10 });
      assert.deepEqual([letter?.id, letter?.kind, letter?.error], [result.delivery.id, 'delivery', 'channel is archived']);
      const detail = await store.getDeadLetter(result.delivery.id);
      assert.deepEqual(
        detail?.questions.map(({ author, text }) => [author, text]),
        [
          ['ann', ''],
          ['ann', 'first'],
          ['bob', 'second'],
        ],
      );
      assert.deepEqual(detail.parts, ['a', 'b']);
    });

    it('are listed newest first, and on request with those that are done with', async (test) => {
      const ledger = await openLedger(test, open);
      const [first, second, third] = [await ledger.fail('one'), await ledger.fail('two'), await ledger.fail('three')];
      await ledger.store.discardDeadLetter(second.turnId);

      const open2 = await ledger.store.listDeadLetters({ limit: 10 });
      const newest = await ledger.store.listDeadLetters({ limit: 1 });
      const all = await ledger.store.listDeadLetters({ limit: 10, all: true });

      assert.deepEqual(
        open2.map(({ id }) => id),
        [third.turnId, first.turnId],
      );
      assert.deepEqual(
        newest.map(({ id }) => id),
        [third.turnId],
      );
      assert.deepEqual(
        all.map(({ id, state }) => [id, state]),
        [
          [third.turnId, 'open'],
          [second.turnId, 'discarded'],
          [first.turnId, 'open'],
        ],
      );
    });

    it('are found by the beginning of their id where it fits only one', async (test) => {
      const ledger = await openLedger(test, open);
      const { turnId } = await ledger.fail('one');
      const shorter = turnId.slice(0, 12);

      assert.equal((await ledger.store.getDeadLetter(shorter))?.id, turnId);
      for (const id of ['', '%', '_', `${turnId}0`, `${shorter}%`, turnId.toUpperCase(), 'unknown', "' or 1=1"]) {
        assert.equal(await ledger.store.getDeadLetter(id), undefined, `found by ${id}`);
        assert.equal(await ledger.store.replayDeadLetter(id), false);
        assert.equal(await ledger.store.discardDeadLetter(id), false);
      }
    });

    it('are not guessed at where the beginning of an id fits several', async (test) => {
      const { ask, failed, store } = await openLedger(test, open);
      const ids: string[] = [];
      for (let count = 0; count < 40; count += 1) {
        const { delivery } = await ask(`c${count}`, 'a');
        assert.ok(delivery);
        await failed(delivery);
        ids.push(delivery.id);
      }
      const firsts = ids.map((id) => id[0] ?? '');
      const ambiguous = firsts.find((first) => firsts.filter((other) => other === first).length > 1);
      assert.ok(ambiguous, 'of 40 ids two begin alike');

      assert.equal(await store.getDeadLetter(ambiguous), undefined);
      assert.equal(await store.replayDeadLetter(ambiguous), false);
    });
  });

  describe('discarding', () => {
    it('closes a dead letter of either kind, and changes nothing else', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, claim, claimDeliveries, status } = ledger;
      const { turnId, event } = await ledger.fail('why?');
      const { delivery } = await ledger.ask('c2', 'a');
      assert.ok(delivery);
      await ledger.failed(delivery);

      assert.equal(await store.discardDeadLetter(turnId), true);
      assert.equal(await store.discardDeadLetter(delivery.id), true);

      assert.deepEqual(await store.listDeadLetters({ limit: 10 }), []);
      assert.equal(await store.discardDeadLetter(turnId), false);
      assert.equal(await store.replayDeadLetter(delivery.id), false);
      assert.deepEqual(await claim(), []);
      assert.deepEqual(await claimDeliveries(), []);
      assert.equal((await status(event))?.state, 'failed');
      assert.equal((await store.getDeadLetter(delivery.id))?.state, 'discarded');
      assert.equal((await store.getDeadLetter(delivery.id))?.conversationId, conversationIdOf('c2'));
    });
  });
}
