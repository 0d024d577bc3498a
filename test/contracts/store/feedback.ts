import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Feedback, InboundMessage } from '../../../src/message.ts';
import { judgementKept, notOurAnswer, type SolvedTurn } from '../../../src/store/feedback-store.ts';
import type { ClaimedDelivery } from '../../../src/store/store.ts';
import { createFeedback, createDelete } from '../../support/inbound.ts';
import { openLedger, type Ledger, type OpenStore } from './ledger.ts';

/** A question that was answered and the message that shows the answer. */
async function answered(ledger: Ledger, conversation = 'c1') {
  const { event, delivery } = await ledger.ask(conversation, 'first part', 'last part');
  assert.ok(delivery);
  const settled = await ledger.sent(delivery, `${conversation}-first`);
  assert.ok(settled.status === 'settled' && settled.next);
  await ledger.sent(settled.next, `${conversation}-last`);
  return { event, last: settled.next };
}

const judge = (delivery: ClaimedDelivery, data: Parameters<typeof createFeedback>[0] = {}): Feedback =>
  createFeedback({ messageId: 'c1-last', outboundId: delivery.id, ...data });

export function describeFeedback(open: OpenStore): void {
  describe('feedback', () => {
    it('is kept with its question and answer, under the id of the part or that of the message', async (test) => {
      const ledger = await openLedger(test, open);
      const { event, last } = await answered(ledger);
      const { outboundId: _, ...byMessage } = judge(last, { eventId: 'F2', messageId: 'c1-first', rating: 'bad' });

      const results = await ledger.accept(judge(last, { reason: 'it is clear' }), {
        ...byMessage,
        author: { id: 'bob', name: 'Bob', isBot: false },
      });

      assert.deepEqual(
        results.map(({ status, reason }) => [status, reason]),
        [
          ['ignored', judgementKept],
          ['ignored', judgementKept],
        ],
      );
      const listed = await ledger.store.listFeedback({ since: 0, limit: 10 });
      assert.deepEqual(
        listed
          .map(({ authorId, rating, reason, answer }) => [authorId, rating, reason, answer])
          .toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
        [
          ['ann', 'good', 'it is clear', 'first part\nlast part'],
          ['bob', 'bad', undefined, 'first part\nlast part'],
        ],
      );
      assert.deepEqual(listed[0]?.questions, ['question in c1']);
      assert.equal(listed[0]?.conversationId, event.conversationId);
    });

    it('lists what people found good and nobody bad, newest first and page by page, as it reads now', async (test) => {
      const ledger = await openLedger(test, open);
      const [first, second, third] = [await answered(ledger, 'c1'), await answered(ledger, 'c2'), await answered(ledger, 'c3')];
      const by = (name: string) => ({ author: { id: name, name, isBot: false } });
      await ledger.accept(judge(first.last, { eventId: 'F1' }), judge(first.last, { eventId: 'F2', ...by('bob') }));
      await ledger.accept(judge(second.last, { eventId: 'F3', in: 'c2' }));
      await ledger.accept(judge(third.last, { eventId: 'F4', in: 'c3' }));
      await ledger.accept(judge(third.last, { eventId: 'F5', in: 'c3', rating: 'bad', ...by('bob') }));

      const all = await ledger.store.listSolved({ minGood: 1, limit: 9 });
      const [newest] = await ledger.store.listSolved({ minGood: 1, limit: 1 });
      const rest = await ledger.store.listSolved({ minGood: 1, limit: 9, before: newest?.cursor });
      const byTwo = await ledger.store.listSolved({ minGood: 2, limit: 9 });
      await ledger.accept(createDelete(second.event as InboundMessage)); // asked by `answered`
      const [left] = await ledger.store.listSolved({ minGood: 1, limit: 1 });

      const questionsIn = (turns: readonly SolvedTurn[]) => turns.map(({ questions }) => questions);
      assert.deepEqual(questionsIn(all), [['question in c2'], ['question in c1']]);
      assert.equal(all[0]?.answer, 'first part\nlast part');
      assert.deepEqual([newest?.conversationId, newest?.adapter, newest?.tenant], [second.event.conversationId, 'fake', 'T1']);
      assert.deepEqual(questionsIn(rest), [['question in c1']]);
      assert.deepEqual(questionsIn(byTwo), [['question in c1']]);
      assert.deepEqual(left?.questions, []);
    });

    it('counts once for each person and answer: the last word is the one that stands', async (test) => {
      const ledger = await openLedger(test, open);
      const { last } = await answered(ledger);

      await ledger.accept(judge(last, { eventId: 'F1', rating: 'good' }));
      await ledger.accept(judge(last, { eventId: 'F2', rating: 'bad' }));
      await ledger.accept(judge(last, { eventId: 'F3', rating: 'bad', reason: 'too long' }));
      const again = await ledger.accept(judge(last, { eventId: 'F1', rating: 'good' }));
      await ledger.accept(judge(last, { eventId: 'F4', rating: 'bad' }));

      assert.equal(again[0]?.status, 'duplicate');
      const listed = await ledger.store.listFeedback({ since: 0, limit: 10 });
      assert.deepEqual(
        listed.map(({ rating, reason }) => [rating, reason]),
        [['bad', 'too long']],
      );
      await ledger.accept(judge(last, { eventId: 'F5', rating: 'good' }));
      assert.deepEqual(await ledger.store.summariseFeedback({ since: 0 }), [
        { adapter: 'fake', good: 1, bad: 0, withReason: 0, people: 1, answers: 1 },
      ]);
    });

    it('on what is no answer of this conversation is ignored, and says so', async (test) => {
      const ledger = await openLedger(test, open);
      const { last } = await answered(ledger);
      await answered(ledger, 'c2');

      const results = await ledger.accept(
        judge(last, { eventId: 'F1', outboundId: '0'.repeat(24) }),
        judge(last, { eventId: 'F2', tenant: 'T9' }),
        judge(last, { eventId: 'F3', in: 'c2' }),
        createFeedback({ eventId: 'F4', messageId: 'c2-last' }),
        createFeedback({ eventId: 'F5', messageId: 'unknown' }),
      );

      assert.deepEqual(
        results.map(({ reason }) => reason),
        Array.from({ length: 5 }, () => notOurAnswer),
      );
      assert.deepEqual(await ledger.store.listFeedback({ since: 0, limit: 10 }), []);
      assert.equal((await ledger.status({ eventId: 'F1' }))?.state, 'ignored');
    });

    it('is listed newest first and counted by adapter, since a time', async (test) => {
      const ledger = await openLedger(test, open);
      const { event, last } = await answered(ledger);
      await ledger.accept(judge(last, { eventId: 'F1' }));
      await ledger.clock.advance(1_000);
      const { last: other } = await answered(ledger, 'c2');
      await ledger.accept(judge(other, { eventId: 'F2', rating: 'bad', reason: 'wrong', in: 'c2' }));
      assert.ok(event.type === 'message');
      await ledger.accept(createDelete(event));

      const { now } = ledger.clock;

      assert.deepEqual(
        (await ledger.store.listFeedback({ since: 0, limit: 10 })).map(({ rating, questions }) => [rating, questions]),
        [
          ['bad', ['question in c2']],
          ['good', []],
        ],
      );
      assert.equal((await ledger.store.listFeedback({ since: 0, limit: 1 })).length, 1);
      assert.deepEqual(await ledger.store.summariseFeedback({ since: now() }), [
        { adapter: 'fake', good: 0, bad: 1, withReason: 1, people: 1, answers: 1 },
      ]);
    });
  });
}
