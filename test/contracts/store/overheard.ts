import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InboundMessage } from '../../../src/message.ts';
import { conversationIdOf, createCommand, createDelete, createEdit, createMessage } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

const start = Date.UTC(2026, 5, 1);

/** The message that a thread hangs under. */
function mention(data: Partial<InboundMessage> = {}): InboundMessage {
  return createMessage('a mention', { sentAt: start, messageId: 'root', ...data });
}

/** Said in that thread, so many seconds after its first message, to nobody in particular. */
function reply(
  text: string,
  afterSeconds: number,
  data: Partial<InboundMessage> & { readonly in?: string } = {},
): InboundMessage {
  return createMessage(text, { addressed: false, replyTo: 'root', sentAt: start + afterSeconds * 1_000, ...data });
}

export function describeOverheard(open: OpenStore): void {
  describe('replies that overtake the mention that they follow', () => {
    it('wait behind the mention when it comes, in the order in which they were said', async (test) => {
      const { accept, claimOne, commit, claim, status } = await openLedger(test, open);
      const [second, first] = [reply('second', 9), reply('first', 5)];
      await accept(second, first);

      const results = await accept(mention());

      assert.deepEqual(results, [{ status: 'accepted' }]);
      assert.equal((await status(first))?.state, 'waiting');
      assert.equal((await status(first))?.reason, undefined);
      const turn = await claimOne();
      assert.deepEqual(
        turn.events.map(({ event }) => event.type === 'message' && event.text),
        ['a mention', 'first', 'second'],
      );
      assert.deepEqual(turn.events[1]?.event, first);
      assert.ok(turn.events.every(({ seq }, index) => seq > (turn.events[index - 1]?.seq ?? 0)));
      await commit(turn);
      assert.equal((await status(second))?.state, 'answered');
      assert.deepEqual(await claim(), []);
    });

    it('stay ignored where they were said before the mention', async (test) => {
      const { accept, claimOne, status } = await openLedger(test, open);
      const [before, after] = [reply('before', 5), reply('after', 15)];
      await accept(before, after);

      await accept(mention({ messageId: 'in the middle', replyTo: 'root', sentAt: start + 10_000 }));

      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'after']);
      assert.equal((await status(before))?.state, 'ignored');
      assert.equal((await status(before))?.reason, 'not addressed to the bot');
    });

    it('count as later than the message that they reply to, even where the platform held that one back', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      await accept(reply('and then?', 5));

      await accept(mention({ sentAt: start + 600_000 }));

      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'and then?']);
    });

    it('wait behind a mention that a later one has overtaken, too', async (test) => {
      const { accept, clock, claimOne, status } = await openLedger(test, open);
      await clock.advance(20_000);
      const [before, between] = [reply('before', 1), reply('between', 5)];
      await accept(before, between);
      await clock.advance(5_000);
      await accept(createMessage('a later mention', { replyTo: 'root', sentAt: start + 10_000 }), reply('after', 15));
      await clock.advance(60_000);

      await accept(mention({ messageId: 'late', replyTo: 'root', sentAt: start + 2_000 }));

      assert.deepEqual(textsOf(await claimOne()), ['a later mention', 'after', 'a mention', 'between']);
      assert.equal((await status(before))?.state, 'ignored');
    });

    it('wait behind a mention that a later one has overtaken where its copy that does not say so comes first', async (test) => {
      const { accept, clock, claimOne } = await openLedger(test, open);
      await clock.advance(20_000);
      await accept(reply('between', 5));
      await accept(createMessage('a later mention', { replyTo: 'root', sentAt: start + 10_000 }));
      const late = mention();

      await accept({ ...late, addressed: false }, late);

      assert.deepEqual(textsOf(await claimOne()), ['a later mention', 'a mention', 'between']);
    });

    it('wait behind a command that opens the conversation', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      await accept(reply('and then?', 5));

      await accept(createCommand('ask', 'the weather'));

      assert.deepEqual(textsOf(await claimOne()), ['the weather', 'and then?']);
    });

    it('wait for the next turn where one runs', async (test) => {
      const { accept, clock, claimOne, commit } = await openLedger(test, open);
      await clock.advance(20_000);
      await accept(reply('between', 5));
      await accept(createMessage('a later mention', { replyTo: 'root', sentAt: start + 10_000 }));
      const running = await claimOne();

      await accept(mention());
      const result = await commit(running);

      assert.equal(result.status === 'committed' && result.moreWaiting, true);
      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'between']);
    });

    it('are taken up where they come in one batch with the mention, and before it', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);

      const results = await accept(reply('and then?', 5), mention());

      assert.deepEqual(
        results.map(({ status }) => status),
        ['ignored', 'accepted'],
      );
      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'and then?']);
    });

    it('are taken up when a copy says that the ignored message was a mention', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const plain = mention({ addressed: false });
      await accept(plain, reply('and then?', 5));

      await accept({ ...plain, addressed: true });

      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'and then?']);
    });

    it('are taken up once, and are duplicates before and after that', async (test) => {
      const { accept, claimOne, commit, claim } = await openLedger(test, open);
      const [root, follow] = [mention(), reply('and then?', 5)];

      const first = await accept(follow, follow);
      await accept(root);
      const second = await accept(follow, root);
      await commit(await claimOne());
      const third = await accept(follow, root);

      assert.deepEqual(
        [...first, ...second, ...third].map(({ status }) => status),
        ['ignored', 'duplicate', 'duplicate', 'duplicate', 'duplicate', 'duplicate'],
      );
      assert.deepEqual(await claim(), []);
    });

    it('are left alone in other conversations', async (test) => {
      const { accept, claimOne, status } = await openLedger(test, open);
      const elsewhere = reply('elsewhere', 5, { in: 'c2' });
      await accept(elsewhere, reply('here', 5));

      await accept(mention());

      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'here']);
      assert.equal((await status(elsewhere))?.state, 'ignored');
    });

    it('are read as they were last edited, and not at all when they were deleted', async (test) => {
      const { accept, claimOne, status } = await openLedger(test, open);
      const [edited, deleted] = [reply('helo', 5), reply('never mind', 6)];
      await accept(edited, deleted);

      const results = await accept(createEdit(edited, 'hello'), createDelete(deleted), mention(), edited, deleted);

      assert.deepEqual(
        results.slice(0, 2).map(({ reason }) => reason),
        ['transcript updated', 'transcript updated'],
      );
      assert.deepEqual(
        results.slice(3).map(({ status: result }) => result),
        ['duplicate', 'duplicate'],
      );
      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'hello']);
      assert.equal((await status(deleted))?.reason, 'deleted by its author');
    });

    it('move the start of a back-fill on to the last of them', async (test) => {
      const { accept, store } = await openLedger(test, open);
      await accept(reply('last', 9, { messageId: 'M-last', destination: { place: 'there' } }), reply('first', 5));

      await accept(mention());

      assert.deepEqual(await store.recentConversations({ adapter: 'fake', since: 0 }), [
        { conversationId: conversationIdOf('c1'), destination: { place: 'there' }, newestMessageId: 'M-last' },
      ]);
    });

    it('are not kept where nothing can come before them', async (test) => {
      const { accept, store } = await openLedger(test, open);
      const { replyTo: _, ...beginning } = reply('among ourselves', 5);
      await accept(beginning);

      assert.equal(await store.forgetOverheard({ before: Number.MAX_SAFE_INTEGER, limit: 10 }), 0);
    });
  });

  describe('forgetting what was overheard', () => {
    it('clears what is old, a bounded number at a time, and leaves the record that it came', async (test) => {
      const { accept, clock, claimOne, store, status } = await openLedger(test, open);
      const old = [reply('one', 5), reply('two', 6), reply('three', 7)];
      await accept(...old);
      await clock.advance(1);
      const before = clock.now();
      await accept(reply('young', 8));

      const forgotten = [
        await store.forgetOverheard({ before, limit: 2 }),
        await store.forgetOverheard({ before, limit: 2 }),
        await store.forgetOverheard({ before, limit: 2 }),
      ];

      assert.deepEqual(forgotten, [2, 1, 0]);
      await accept(mention());
      assert.deepEqual(textsOf(await claimOne()), ['a mention', 'young']);
      assert.equal((await status(old[0] ?? mention()))?.reason, 'not addressed to the bot');
      assert.deepEqual(await accept(...old.slice(0, 1)), [{ status: 'duplicate' }]);
    });

    it('touches nothing that waits, was answered or has failed', async (test) => {
      const { accept, ask, fail, clock, store, status } = await openLedger(test, open);
      await ask('c2', 'an answer');
      const { turnId } = await fail('fails');
      const waiting = reply('waits', 5);
      await accept(waiting);
      await clock.advance(1);

      assert.equal(await store.forgetOverheard({ before: clock.now(), limit: 10 }), 0);

      assert.equal((await status(waiting))?.state, 'waiting');
      assert.equal((await store.getDeadLetter(turnId))?.questions[0]?.text, 'fails');
    });
  });
}

function textsOf({ events }: { readonly events: readonly { readonly event: object }[] }): unknown[] {
  return events.map(({ event }) => 'text' in event && event.text);
}
