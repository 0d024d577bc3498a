import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toChunkId } from '../../../src/ids.ts';
import { conversationIdOf, createCommand, createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

export function describeCommit(open: OpenStore): void {
  describe('ending a turn', () => {
    it('writes transcript, verdicts and outbound parts at once', async (test) => {
      const { accept, claimOne, answer, store, status, clock } = await openLedger(test, open);
      const question = createMessage('what is 2 + 2?', { by: 'ann' });
      await accept(question);
      const turn = await claimOne();
      await clock.advance(3);

      const delivery = await answer(turn, 'four,', 'I think');

      assert.deepEqual(await store.transcript({ conversationId: turn.conversationId, limit: 10 }), [
        { role: 'user', authorId: 'ann', authorName: 'ann', text: 'what is 2 + 2?', tokens: 1, at: question.sentAt },
        { role: 'assistant', authorId: '', authorName: '', text: 'four,\nI think', tokens: 1, at: clock.now() },
      ]);
      assert.deepEqual(await status(question), {
        eventId: question.eventId,
        conversationId: turn.conversationId,
        state: 'delivering',
        reason: undefined,
        acceptedAt: clock.now() - 3,
        answer: [
          { id: toChunkId(turn.turnId, 0), text: 'four,', receipt: undefined },
          { id: toChunkId(turn.turnId, 1), text: 'I think', receipt: undefined },
        ],
      });
      assert.equal((await store.stats()).undelivered, 2);
      assert.equal(delivery.id, toChunkId(turn.turnId, 0));
    });

    it('hands the first part over, leased to who ended the turn', async (test) => {
      const { accept, claimOne, commit, claimDeliveries, clock } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two', { eventId: 'E-newest' }));
      const turn = await claimOne();

      const result = await commit(turn, { parts: ['a', 'b'], deliver: { destination: { channel: 'C1', thread: 't' } } });

      assert.ok(result.status === 'committed');
      assert.deepEqual(result.delivery, {
        id: toChunkId(turn.turnId, 0),
        owner: 'p1',
        token: 1,
        adapter: 'fake',
        uncertain: false,
        leaseUntil: clock.now() + leaseMs,
        expiresAt: clock.now() + 3_600_000,
        message: {
          id: toChunkId(turn.turnId, 0),
          conversationId: turn.conversationId,
          tenant: 'T1',
          inReplyTo: 'E-newest',
          destination: { channel: 'C1', thread: 't' },
          text: 'a',
          part: 0,
          parts: 2,
          attempt: 1,
          createdAt: clock.now(),
        },
      });
      assert.deepEqual(await claimDeliveries(), []);
    });

    it('lets the first part complete what a stream opened, and doubt what it may have', async (test) => {
      const { accept, claim, commit, claimDeliveries, sent } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two', { in: 'c2' }));
      const [one, two] = await claim();
      assert.ok(one && two);

      const opened = await commit(one, { parts: ['a', 'b'], deliver: { opened: { id: 'R1' } } });
      const doubtful = await commit(two, { parts: ['a', 'b'], deliver: { uncertain: true } });

      assert.ok(opened.status === 'committed' && opened.delivery && doubtful.status === 'committed' && doubtful.delivery);
      assert.deepEqual([opened.delivery.message.opened, opened.delivery.uncertain], [{ id: 'R1' }, false]);
      assert.deepEqual([doubtful.delivery.message.opened, doubtful.delivery.uncertain], [undefined, true]);
      for (const delivery of [opened.delivery, doubtful.delivery]) {
        const result = await sent(delivery);
        assert.ok(result.status === 'settled' && result.next);
        assert.deepEqual([result.next.message.opened, result.next.uncertain], [undefined, false]);
      }
      assert.deepEqual(await claimDeliveries(), []);
    });

    it('keeps the answer back while an earlier one is on its way', async (test) => {
      const { ask, claimDeliveries, sent } = await openLedger(test, open);
      const { delivery: first } = await ask('c1', 'first');
      assert.ok(first);

      const { delivery: second } = await ask('c1', 'second');

      assert.equal(second, undefined);
      assert.deepEqual(await claimDeliveries(), []);
      const result = await sent(first);
      assert.ok(result.status === 'settled');
      assert.equal(result.next?.message.text, 'second');
      assert.equal(result.next?.owner, 'p1');
    });

    it('sends nothing where there is nothing to say', async (test) => {
      const { accept, claimOne, commit, store, status } = await openLedger(test, open);
      const event = createMessage('thanks');
      await accept(event);

      const result = await commit(await claimOne(), { verdict: 'ignored', reason: 'no answer needed' });

      assert.deepEqual(result, { status: 'committed', delivery: undefined, moreWaiting: false });
      assert.equal((await store.stats()).undelivered, 0);
      const verdict = await status(event);
      assert.deepEqual([verdict?.state, verdict?.reason, verdict?.answer], ['ignored', 'no answer needed', []]);
    });

    it('keeps out of the transcript what has no token count', async (test) => {
      const { accept, claimOne, commit, texts } = await openLedger(test, open);
      await accept(createCommand('help', 'me'), createMessage('a question'));
      const turn = await claimOne();

      await commit(turn, {
        events: turn.events.map(({ seq }, index) => ({ seq, verdict: 'answered', ...(index > 0 ? { tokens: 1 } : {}) })),
      });

      assert.deepEqual(await texts(), ['a question']);
    });

    it('changes nothing when a part of it cannot be saved', async (test) => {
      const { accept, ask, claimOne, commit, texts, status, store } = await openLedger(test, open);
      const { delivery } = await ask('c2', 'earlier');
      assert.ok(delivery);
      const event = createMessage('one');
      await accept(event);
      const turn = await claimOne();
      const before = await store.stats();

      await assert.rejects(
        store.commitTurn({
          ...{ owner: turn.owner, conversationId: turn.conversationId, token: turn.token, turnId: turn.turnId, attempt: 1 },
          startedAt: 0,
          events: turn.events.map(({ seq }) => ({ seq, verdict: 'failed', tokens: 1 })),
          answer: { text: 'half an answer', tokens: 1 },
          parts: [
            { id: 'new', text: 'half' },
            { id: delivery.id, text: 'an id that is taken' },
          ],
          deliver: { adapter: 'fake', tenant: 'T1', inReplyTo: '', destination: {}, uncertain: false, expiresAt: 1, leaseMs },
          reset: true,
          failure: { errorId: 'e1', message: 'x' },
        }),
      );

      assert.deepEqual(await texts(), []);
      assert.deepEqual(await store.stats(), before);
      assert.equal((await status(event))?.state, 'running');
      assert.deepEqual(await store.listDeadLetters({ limit: 10, all: true }), []);
      assert.equal((await commit(turn, { parts: ['whole'] })).status, 'committed');
      assert.deepEqual(await texts(), ['one']);
    });

    it('leaves the events that it does not name to the next turn', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      await accept(createMessage('one'), createMessage('two'));
      const turn = await claimOne();

      const result = await commit({ ...turn, events: turn.events.slice(0, 1) });

      assert.ok(result.status === 'committed' && result.moreWaiting);
      const next = await claimOne();
      assert.deepEqual(next.events, turn.events.slice(1));
      assert.notEqual(next.turnId, turn.turnId);
    });
  });

  describe('a reset', () => {
    it('takes what was said before out of the context, not out of the transcript', async (test) => {
      const { accept, claimOne, commit, texts } = await openLedger(test, open);
      await accept(createMessage('before'));
      await commit(await claimOne(), { answer: { text: 'old', tokens: 1 } });
      await accept(createCommand('reset'));
      await commit(await claimOne(), { reset: true, answer: { text: 'forgotten', tokens: 1 } });
      await accept(createMessage('after'));
      await commit(await claimOne(), { answer: { text: 'new', tokens: 1 } });
      await accept(createMessage('now'));

      const turn = await claimOne();

      assert.deepEqual(
        turn.history.map(({ text }) => text),
        ['after', 'new'],
      );
      assert.deepEqual(await texts(), ['before', 'old', '', 'forgotten', 'after', 'new']);
    });

    it('hides nothing that is said after it, even where what was said before it is deleted', async (test) => {
      const { accept, claimOne, commit } = await openLedger(test, open);
      const before = createMessage('before');
      await accept(before);
      await commit(await claimOne(), { reset: true });
      await accept({ ...before, type: 'delete', eventId: 'E-delete' });
      await accept(createMessage('after'));
      await commit(await claimOne());
      await accept(createMessage('now'));

      const turn = await claimOne();

      assert.deepEqual(
        turn.history.map(({ text }) => text),
        ['after'],
      );
    });

    it('of one conversation leaves the others as they are', async (test) => {
      const { accept, claimOne, commit, ask } = await openLedger(test, open);
      await ask('c2', 'hello');
      await accept(createCommand('reset'));
      await commit(await claimOne(), { reset: true });
      await accept(createMessage('and?', { in: 'c2' }));

      const turn = await claimOne();

      assert.equal(turn.conversationId, conversationIdOf('c2'));
      assert.equal(turn.history.length, 2);
    });
  });

  describe('reading the transcript', () => {
    it('gives the newest messages of one conversation, oldest first', async (test) => {
      const { ask, store } = await openLedger(test, open);
      await ask('c1', 'a1');
      await ask('c2', 'not this');
      await ask('c1', 'a2');

      const messages = await store.transcript({ conversationId: conversationIdOf('c1'), limit: 3 });

      assert.deepEqual(
        messages.map(({ text }) => text),
        ['a1', 'question in c1', 'a2'],
      );
      assert.deepEqual(await store.transcript({ conversationId: conversationIdOf('c9'), limit: 3 }), []);
    });
  });
}
