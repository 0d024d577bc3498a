import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { conversationIdOf, createCommand, createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type Ledger, type OpenStore } from './ledger.ts';

const failure = { errorId: 'k7m2p4qa', message: 'the model gave no answer' };

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
      const [first, second, third] = [await fail(ledger, 'one'), await fail(ledger, 'two'), await fail(ledger, 'three')];
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
      const { turnId } = await fail(ledger, 'one');
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

  describe('replaying a failed turn', () => {
    it('asks its questions again, as another turn, without what the failed one left in the transcript', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, claimOne, answer, sent, texts, status } = ledger;
      const { turnId, event } = await fail(ledger, 'why?', { answer: { text: 'sorry', tokens: 1 } });

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
      const { turnId } = await fail(ledger, 'why?');
      await ledger.store.replayDeadLetter(turnId);
      const first = await ledger.claimOne();
      await ledger.clock.advance(leaseMs);

      const second = await ledger.claimOne();

      assert.equal(second.turnId, first.turnId);
    });

    it('does not change the identity of a turn that is running', async (test) => {
      const ledger = await openLedger(test, open);
      const { accept, claimOne, clock, store, commit } = ledger;
      const { turnId } = await fail(ledger, 'why?');
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
      const { turnId } = await fail(ledger, 'why?');
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
      const { turnId } = await fail(ledger, 'why?');

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

  describe('discarding', () => {
    it('closes a dead letter of either kind, and changes nothing else', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, claim, claimDeliveries, status } = ledger;
      const { turnId, event } = await fail(ledger, 'why?');
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

/** Asks in c1 and lets the turn fail. */
async function fail({ accept, claimOne, commit, clock }: Ledger, text: string, outcome = {}) {
  const event = createMessage(text);
  await accept(event);
  const turn: ClaimedTurn = await claimOne();
  await commit(turn, { verdict: 'failed', failure, ...outcome });
  await clock.advance(1);
  return { event, turnId: turn.turnId };
}
