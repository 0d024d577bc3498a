import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InboundEvent } from '../../../src/message.ts';
import type { ClaimedTurn } from '../../../src/store/store.ts';
import { createDelete, createEdit, createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeEdits(open: OpenStore): void {
  describe('edits and deletions', () => {
    it('lets the turn read the newest wording of a message that waits', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const message = createMessage('helo');
      await accept(message, createMessage('second'));

      const results = await accept(createEdit(message, 'hello'));

      assert.deepEqual(results, [{ status: 'ignored', reason: 'transcript updated' }]);
      assert.deepEqual(textsOf(await claimOne()), ['hello', 'second']);
    });

    it('keeps what the files of a message say before it, through edits and until it is deleted', async (test) => {
      const { accept, claimOne, commit, texts } = await openLedger(test, open);
      const message = createMessage('look at this');
      await accept(message);
      const turn = await claimOne();
      const seq = turn.events[0]?.seq ?? 0;

      await commit(turn, { events: [{ seq, verdict: 'answered', tokens: 3, files: { text: 'the file', tokens: 7 } }] });
      await accept(createEdit(message, 'look at that'));
      const edited = await texts();
      await accept(createDelete(message));

      assert.deepEqual(edited, ['the file', 'look at that']);
      assert.deepEqual(await texts(), []);
    });

    it('takes a deleted message out of what waits, and says so', async (test) => {
      const { accept, claimOne, status } = await openLedger(test, open);
      const message = createMessage('never mind');
      await accept(message, createMessage('second'));

      await accept(createDelete(message));

      assert.deepEqual(textsOf(await claimOne()), ['second']);
      const verdict = await status(message);
      assert.equal(verdict?.state, 'ignored');
      assert.equal(verdict?.reason, 'deleted by its author');
    });

    it('lets a conversation rest when all that waited is deleted, and starts afresh after it', async (test) => {
      const { accept, claim, claimOne, clock, store } = await openLedger(test, open);
      const message = createMessage('never mind');
      await accept(message);
      await claimOne();
      await clock.advance(61_000);
      await accept(createDelete(message));

      assert.deepEqual(await claim(), []);
      assert.equal((await store.stats()).waiting, 0);
      assert.equal((await store.claimTurns({ owner: 'p1', limit: 1, leaseMs: 1, historyLimit: 1 })).nextAt, undefined);

      await accept(createMessage('something else'));

      const turn = await claimOne();
      assert.equal(turn.attempt, 1);
      assert.equal(turn.stream, undefined);
    });

    it('keeps the name of a turn whose first question is deleted, while a stream may have left a message under it', async (test) => {
      const { accept, claim, claimOne, clock, commit, store } = await openLedger(test, open);
      const message = createMessage('never mind');
      await accept(message);
      const { turnId } = await claimOne();
      await accept(createMessage('second'), createDelete(message));
      await clock.advance(61_000);

      const turn = await claimOne();
      await commit(turn);

      assert.deepEqual([turn.turnId, textsOf(turn)], [turnId, ['second']]);
      assert.deepEqual(await claim(), []);
      assert.equal((await store.stats()).waiting, 0);
    });

    it('finds what waits behind any number of deleted messages', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const deleted = Array.from({ length: 150 }, (_, index) => createMessage(`deleted ${index}`));
      await accept(...deleted, createMessage('still here'));

      await accept(...deleted.map(createDelete));

      assert.deepEqual(textsOf(await claimOne()), ['still here']);
    });

    it('keeps the newest wording of a message that is edited while its turn runs', async (test) => {
      const { accept, claimOne, commit, texts } = await openLedger(test, open);
      const message = createMessage('helo');
      await accept(message);
      const turn = await claimOne();

      await accept(createEdit(message, 'hello'));
      await commit(turn, { answer: { text: 'hi', tokens: 1 } });

      assert.deepEqual(textsOf(turn), ['helo']);
      assert.deepEqual(await texts(), ['hello', 'hi']);
    });

    it('keeps a message that is deleted while its turn runs out of the transcript', async (test) => {
      const { accept, claimOne, commit, texts, status, claim } = await openLedger(test, open);
      const message = createMessage('my secret');
      await accept(message, createMessage('a question'));
      const turn = await claimOne();

      await accept(createDelete(message));
      await commit(turn, { answer: { text: 'hi', tokens: 1 } });

      assert.deepEqual(await texts(), ['a question', 'hi']);
      assert.equal((await status(message))?.state, 'answered');
      assert.deepEqual(await claim(), []);
    });

    it('does not ask again what was deleted before the next attempt', async (test) => {
      const { accept, claimOne, claim, clock } = await openLedger(test, open);
      const message = createMessage('never mind');
      await accept(message, createMessage('second'));
      await claimOne();

      await accept(createDelete(message));
      await clock.advance(61_000);

      const [turn] = await claim();
      assert.ok(turn);
      assert.deepEqual(textsOf(turn), ['second']);
      assert.equal(turn.attempt, 2);
    });

    it('changes the transcript after the answer', async (test) => {
      const { accept, claimOne, commit, texts, store } = await openLedger(test, open);
      const [first, second] = [createMessage('first'), createMessage('second')];
      await accept(first, second);
      await commit(await claimOne(), { answer: { text: 'hi', tokens: 1 } });

      const results = await accept(createEdit(first, 'what I meant to say, at some length'), createDelete(second));

      assert.deepEqual(
        results.map(({ reason }) => reason),
        ['transcript updated', 'transcript updated'],
      );
      assert.deepEqual(await texts(), ['what I meant to say, at some length', 'hi']);
      const [edited] = await store.transcript({ conversationId: first.conversationId, limit: 10 });
      assert.ok((edited?.tokens ?? 0) > 5, 'the longer text counts for more tokens');
    });

    it('touches nothing of the same message id in another conversation', async (test) => {
      const { accept, claim, commit, texts } = await openLedger(test, open);
      const [here, there] = [createMessage('here', { messageId: 'M1' }), createMessage('there', { messageId: 'M1', in: 'c2' })];
      await accept(here, there);

      await accept(createEdit(here, 'changed'));
      for (const turn of await claim()) await commit(turn);
      await accept(createDelete(here));

      assert.deepEqual(await texts('c1'), []);
      assert.deepEqual(await texts('c2'), ['there']);
    });

    it('says when it does not know the message', async (test) => {
      const { accept, claim } = await openLedger(test, open);
      const unknown = createMessage('never received');

      const results = await accept(createEdit(unknown, 'changed'), createDelete(unknown));

      assert.deepEqual(results, [
        { status: 'ignored', reason: 'unknown message' },
        { status: 'ignored', reason: 'unknown message' },
      ]);
      assert.deepEqual(await claim(), []);
    });

    it('does not let a late copy of an edit undo a newer one', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const message = createMessage('one');
      const [first, second] = [createEdit(message, 'two'), createEdit(message, 'three')];
      await accept(message, first, second);

      const results = await accept(first);

      assert.deepEqual(results, [{ status: 'duplicate' }]);
      assert.deepEqual(textsOf(await claimOne()), ['three']);
    });

    it('does not bring back a deleted message by an edit', async (test) => {
      const { accept, claim } = await openLedger(test, open);
      const message = createMessage('one');
      await accept(message, createDelete(message));

      const results = await accept(createEdit(message, 'two'));

      assert.deepEqual(results, [{ status: 'ignored', reason: 'unknown message' }]);
      assert.deepEqual(await claim(), []);
    });

    it('replays a failed question in its newest wording', async (test) => {
      const { accept, claimOne, commit, store } = await openLedger(test, open);
      const message = createMessage('helo');
      await accept(message);
      const turn = await claimOne();
      await commit(turn, { verdict: 'failed', failure: { errorId: 'e1', message: 'no answer' } });

      const results = await accept(createEdit(message, 'hello'));
      await store.replayDeadLetter(turn.turnId);

      assert.equal(results[0]?.reason, 'transcript updated');
      assert.deepEqual(textsOf(await claimOne()), ['hello']);
    });

    it('never replays a failed question that its author has deleted', async (test) => {
      const { accept, claimOne, claim, commit, store } = await openLedger(test, open);
      const [message, other] = [createMessage('my secret'), createMessage('a question')];
      await accept(message, other);
      const turn = await claimOne();
      await commit(turn, { verdict: 'failed', failure: { errorId: 'e1', message: 'no answer' } });

      await accept(createDelete(message));
      const letter = await store.getDeadLetter(turn.turnId);
      await store.replayDeadLetter(turn.turnId);

      assert.deepEqual(
        letter?.questions.map(({ text }) => text),
        ['', 'a question'],
      );
      const [replayed] = await claim();
      assert.ok(replayed);
      assert.deepEqual(textsOf(replayed), ['a question']);
    });
  });
}

function textsOf(turn: ClaimedTurn): string[] {
  return turn.events.map(({ event }) => textOf(event));
}

function textOf(event: InboundEvent): string {
  return 'text' in event ? event.text : '';
}
