import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InboundEvent } from '../../../src/message.ts';
import { conversationIdOf, createCommand, createMessage, testTenant } from '../../support/inbound.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeAccept(open: OpenStore): void {
  describe('accepting events', () => {
    it('saves an event that is delivered twice only once', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const event = createMessage('hello');

      const first = await accept(event);
      const second = await accept({ ...event });

      assert.deepEqual(first, [{ status: 'accepted' }]);
      assert.deepEqual(second, [{ status: 'duplicate' }]);
      assert.equal((await claimOne()).events.length, 1);
    });

    it('records what a rule says is no question, which no turn takes up, and knows it when it comes again', async (test) => {
      const { accept, claim, store } = await openLedger(test, open);
      const ignored = 'webhooks.desk.when is not true';
      const event = createMessage('', { addressed: true, ignored });

      const results = [...(await accept(event)), ...(await accept({ ...event }))];

      assert.deepEqual(results, [{ status: 'ignored', reason: ignored }, { status: 'duplicate' }]);
      assert.deepEqual(await claim(), []);
      const status = await store.status(event);
      assert.deepEqual([status?.state, status?.reason], ['ignored', ignored]);
    });

    it('recognises a copy in the same batch', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const event = createMessage('hello');

      const results = await accept(event, { ...event });

      assert.deepEqual(
        results.map(({ status }) => status),
        ['accepted', 'duplicate'],
      );
      assert.equal((await claimOne()).events.length, 1);
    });

    it('reports another event under a known id as a conflict, and keeps the first', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const event = createMessage('the first');

      await accept(event);
      const results = await accept({ ...event, text: 'another text' });
      const byAnother = await accept({ ...event, author: { id: 'eve', name: 'eve', isBot: false } });

      assert.equal(results[0]?.status, 'conflict');
      assert.equal(byAnother[0]?.status, 'conflict');
      const turn = await claimOne();
      assert.deepEqual(
        turn.events.map(({ event }) => 'text' in event && event.text),
        ['the first'],
      );
    });

    it('takes the same id in another tenant or from another adapter for another event', async (test) => {
      const { accept } = await openLedger(test, open);
      const event = createMessage('hello', { eventId: 'E-same' });

      const results = [
        ...(await accept(event)),
        ...(await accept({ ...event, tenant: 'T2' })),
        ...(await accept(createMessage('hello', { eventId: 'E-same', adapter: 'other' }))),
      ];

      assert.deepEqual(
        results.map(({ status }) => status),
        ['accepted', 'accepted', 'accepted'],
      );
    });

    it('recognises a redelivery that comes after the answer', async (test) => {
      const { accept, ask, sent, claim, store } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'an answer');
      assert.ok(delivery);
      await sent(delivery);

      const results = await accept(event);

      assert.deepEqual(results, [{ status: 'duplicate' }]);
      assert.deepEqual(await claim(), []);
      assert.equal((await store.stats()).waiting, 0);
    });

    it('hands events to the turn as they came, in the order of acceptance', async (test) => {
      const { accept, claimOne, clock } = await openLedger(test, open);
      const rich: InboundEvent = {
        ...createMessage("**Grüße** „aus“ 東京 👩‍👩‍👧 '); drop table inbox; --", { by: 'zoë' }),
        attachments: [{ name: 'a.png', mimeType: 'image/png', sizeBytes: 3, url: 'https://files.example/a.png' }],
        replyTo: 'M-0',
        isDirect: true,
        destination: { channel: 'C1', thread: '17.01' },
      };
      const command = createCommand('ask', 'the weather');

      await accept(rich, command);
      await clock.advance(5);
      await accept(createMessage('later', { eventId: 'E-later' }));

      const turn = await claimOne();
      assert.deepEqual(turn.events[0]?.event, rich);
      assert.deepEqual(turn.events[1]?.event, command);
      assert.equal(turn.events[2]?.event.eventId, 'E-later');
      assert.deepEqual(
        turn.events.map(({ acceptedAt }) => acceptedAt - clock.now()),
        [-5, -5, 0],
      );
      assert.ok(turn.events.every(({ seq }, index) => seq > (turn.events[index - 1]?.seq ?? 0)));
    });

    it('keeps apart conversations whose ids differ little', async (test) => {
      const { accept, claim } = await openLedger(test, open);

      await accept(createMessage('one', { in: 'a%' }), createMessage('two', { in: 'a_' }), createMessage('three', { in: 'A%' }));

      assert.deepEqual(new Set((await claim()).map(({ conversationId }) => conversationId)).size, 3);
    });

    it('saves nothing of a batch that cannot be saved as a whole', async (test) => {
      const { store, claim, status } = await openLedger(test, open);
      const good = createMessage('good');
      const bad = { ...createMessage('bad'), conversationId: null as unknown as string }; // what the types forbid

      await assert.rejects(store.accept({ adapter: 'fake', events: [good, bad], state: { key: 'session', value: 1 } }));

      assert.deepEqual(await claim(), []);
      assert.equal(await status(good), undefined);
      assert.equal(await store.loadState({ adapter: 'fake', key: 'session' }), undefined);
    });
  });

  describe('deciding who is spoken to', () => {
    it('ignores a message to others in a conversation that it is no part of, and remembers that it came', async (test) => {
      const { accept, claim, status, store } = await openLedger(test, open);
      const event = createMessage('psst', { addressed: false });

      const results = await accept(event);

      assert.equal(results[0]?.status, 'ignored');
      assert.equal(results[0]?.reason, 'not addressed to the bot');
      assert.deepEqual(await claim(), []);
      assert.equal((await status(event))?.state, 'ignored');
      assert.equal((await store.stats()).conversations, 0);
      assert.deepEqual(await accept(event), [{ status: 'duplicate' }]);
    });

    it('answers a message to nobody in particular in a conversation that it is part of', async (test) => {
      const { accept, ask, claimOne } = await openLedger(test, open);
      await ask('c1', 'an answer');

      const results = await accept(createMessage('and then?', { addressed: false }));

      assert.deepEqual(results, [{ status: 'accepted' }]);
      assert.equal((await claimOne()).events.length, 1);
    });

    it('lets an addressed copy take the place of one that was ignored, once', async (test) => {
      const { accept, claimOne, commit, claim, status } = await openLedger(test, open);
      const event = createMessage('hey', { addressed: false });
      await accept(event);

      const results = [
        ...(await accept({ ...event, addressed: true })),
        ...(await accept({ ...event, addressed: true })),
        ...(await accept(event)),
      ];

      assert.deepEqual(
        results.map(({ status: result }) => result),
        ['accepted', 'duplicate', 'duplicate'],
      );
      const turn = await claimOne();
      assert.equal(turn.events.length, 1);
      await commit(turn);
      assert.equal((await status(event))?.state, 'answered');
      assert.deepEqual(await accept({ ...event, addressed: true }), [{ status: 'duplicate' }]);
      assert.deepEqual(await claim(), []);
    });

    it('takes a plain copy of an addressed message for a duplicate', async (test) => {
      const { accept, claimOne } = await openLedger(test, open);
      const event = createMessage('hey');

      await accept(event);
      const results = await accept({ ...event, addressed: false });

      assert.deepEqual(results, [{ status: 'duplicate' }]);
      assert.equal((await claimOne()).events.length, 1);
    });

    it('records events that nothing answers, with the reason', async (test) => {
      const { accept, claim, status } = await openLedger(test, open);
      const { adapter, tenant, conversationId, sentAt } = createMessage('');
      const base = { adapter, tenant, conversationId, sentAt };
      const opened: InboundEvent = { type: 'thread', ...base, eventId: 'E-thread', title: 'Refunds' };

      const results = await accept(opened);

      assert.equal(results[0]?.status, 'ignored');
      assert.match(results[0]?.reason ?? '', /thread/);
      assert.deepEqual(await claim(), []);
      assert.equal((await status(opened))?.state, 'ignored');
    });
  });

  describe('adapter state', () => {
    it('saves the state of an adapter together with its events', async (test) => {
      const { store, claim } = await openLedger(test, open);
      const session = { id: 'S1', sequence: 7, shard: [0, 1], resume: null };

      await store.accept({ adapter: 'fake', events: [createMessage('hello')], state: { key: 'session', value: session } });

      assert.deepEqual(await store.loadState({ adapter: 'fake', key: 'session' }), session);
      assert.equal((await claim()).length, 1);
    });

    it('keeps the newest value of a key, for each adapter its own', async (test) => {
      const { store, saveState } = await openLedger(test, open);

      await saveState({ key: 'session', value: 1 });
      await saveState({ key: 'session', value: 2 });
      await saveState({ key: 'other', value: null });
      await saveState({ key: 'session', value: 'theirs' }, 'other');

      assert.equal(await store.loadState({ adapter: 'fake', key: 'session' }), 2);
      assert.equal(await store.loadState({ adapter: 'fake', key: 'other' }), null);
      assert.equal(await store.loadState({ adapter: 'other', key: 'session' }), 'theirs');
      assert.equal(await store.loadState({ adapter: 'fake', key: 'never saved' }), undefined);
    });
  });

  describe('where a back-fill starts', () => {
    it('names the newest message of each conversation that was active since then, newest conversation first', async (test) => {
      const { accept, store, clock } = await openLedger(test, open);
      await accept(createMessage('old', { in: 'old' }));
      await clock.advance(1_000);
      const since = clock.now();
      await accept(createMessage('one', { in: 'c1', messageId: 'M1' }), createMessage('two', { in: 'c1', messageId: 'M2' }));
      await clock.advance(1_000);
      await accept(createMessage('three', { in: 'c2', messageId: 'M3' }), createCommand('ask', 'x', { in: 'c3' }));

      const recent = await store.recentConversations({ adapter: 'fake', since });

      assert.deepEqual(recent, [
        { conversationId: conversationIdOf('c2'), destination: { place: 'c2' }, newestMessageId: 'M3' },
        { conversationId: conversationIdOf('c1'), destination: { place: 'c1' }, newestMessageId: 'M2' },
      ]);
      assert.deepEqual(await store.recentConversations({ adapter: 'other', since: 0 }), []);
    });

    it('keeps the newest message where a command follows it', async (test) => {
      const { accept, store } = await openLedger(test, open);

      await accept(createMessage('one', { messageId: 'M1' }), createCommand('reset'));

      const [recent] = await store.recentConversations({ adapter: 'fake', since: 0 });
      assert.equal(recent?.newestMessageId, 'M1');
      assert.equal(recent?.conversationId.includes(testTenant), true);
    });
  });
}
