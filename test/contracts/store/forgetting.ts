import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDelete, createMessage, testTenant } from '../../support/inbound.ts';
import { openLedger, type Ledger, type OpenStore } from './ledger.ts';

const ann = { adapter: 'fake', tenant: testTenant, person: 'ann' };

async function say(ledger: Ledger, text: string, by: string, conversation = 'c1') {
  const message = createMessage(text, { by, in: conversation });
  await ledger.accept(message);
  const turn = (await ledger.claim()).find(({ conversationId }) => conversationId === message.conversationId) ?? assert.fail();
  await ledger.commit(turn, { parts: [`heard ${text}`], answer: { text: `heard ${text}`, tokens: 1 } });
  return message;
}

export function describeForgetting(open: OpenStore): void {
  describe('a person who is forgotten', () => {
    it('leaves the transcripts, with the answers since, and nobody else does', async (t) => {
      const ledger = await openLedger(t, open);
      await say(ledger, 'before', 'bob');
      await say(ledger, 'secret', 'ann');
      await say(ledger, 'after', 'bob');
      await say(ledger, 'elsewhere', 'bob', 'c2');
      await say(ledger, 'also', 'ann', 'c3');

      const forgotten = await ledger.store.forgetPerson(ann);

      assert.deepEqual(forgotten, { facts: 0, messages: 2, conversations: 2, waiting: 0, underWay: 3, interrupted: [] });
      assert.deepEqual(await ledger.texts(), ['before', 'heard before', 'after']);
      assert.deepEqual(await ledger.texts('c2'), ['elsewhere', 'heard elsewhere']);
      assert.deepEqual(await ledger.texts('c3'), []);
    });

    it('is another one in another tenant', async (t) => {
      const ledger = await openLedger(t, open);
      const other = createMessage('there', { tenant: 'T2', conversationId: 'fake:T2:c1' });
      await ledger.accept(other);
      await ledger.commit(await ledger.claimOne());

      await ledger.store.forgetPerson(ann);

      const [kept] = await ledger.store.transcript({ conversationId: 'fake:T2:c1', limit: 10 });
      assert.equal(kept?.text, 'there');
    });

    it('has been heard all the same: what comes again is a duplicate', async (t) => {
      const ledger = await openLedger(t, open);
      const message = await say(ledger, 'secret', 'ann');
      await ledger.store.forgetPerson(ann);

      const [result] = await ledger.accept(message);

      assert.equal(result?.status, 'duplicate');
      assert.equal((await ledger.status(message))?.state, 'delivering');
    });

    it('gets no answer to what waits, in the same commit, but to what came after the wish', async (t) => {
      const ledger = await openLedger(t, open);
      const waiting = createMessage('waits', { in: 'c2' });
      const wish = createMessage('forget me');
      const later = createMessage('anew', { in: 'c3' });
      await ledger.accept(waiting, wish, later);
      const turns = await ledger.claim();
      const { owner, conversationId, token, events } =
        turns.find((turn) => turn.conversationId === wish.conversationId) ?? assert.fail();
      const by = { owner, conversationId, token, seq: events[0]?.seq ?? 0 };

      const forgotten = await ledger.store.forgetPerson({ ...ann, by });

      assert.equal(forgotten?.waiting, 1);
      assert.deepEqual(forgotten.interrupted.toSorted(), [waiting.conversationId, later.conversationId].toSorted());
      for (const turn of turns)
        assert.equal((await ledger.commit(turn)).status, turn.conversationId === conversationId ? 'committed' : 'changed');
      for (const turn of turns) {
        const { owner: holder, conversationId: id, token: fence } = turn;
        await ledger.store.postponeTurn({
          ...{ owner: holder, conversationId: id, token: fence, retryAt: 0, error: 'changed', counts: false },
          stream: undefined,
        });
      }
      const again = await ledger.claimOne();
      assert.deepEqual(
        again.events.map(({ event }) => ('text' in event ? event.text : '')),
        ['anew'],
      );
      assert.equal((await ledger.status(waiting))?.state, 'ignored');
    });

    it('is forgotten by nobody who has lost the lease', async (t) => {
      const ledger = await openLedger(t, open);
      await say(ledger, 'secret', 'ann');
      await ledger.accept(createMessage('forget me'));
      const { owner, conversationId, token, events } = await ledger.claimOne();
      await ledger.store.takeOver();

      const by = { owner, conversationId, token, seq: events[0]?.seq ?? 0 };
      assert.equal(await ledger.store.forgetPerson({ ...ann, by }), undefined);

      assert.deepEqual(await ledger.texts(), ['secret', 'heard secret']);
    });

    it('may be forgotten in one conversation alone', async (t) => {
      const ledger = await openLedger(t, open);
      const there = await say(ledger, 'there', 'ann', 'c2');
      await say(ledger, 'here', 'ann');

      await ledger.store.forgetPerson({ ...ann, conversationId: there.conversationId });

      assert.deepEqual(await ledger.texts(), ['here', 'heard here']);
      assert.deepEqual(await ledger.texts('c2'), []);
    });

    it('leaves no answer either that was given on a message which was deleted since', async (t) => {
      const ledger = await openLedger(t, open);
      const message = await say(ledger, 'secret', 'ann');
      await say(ledger, 'and?', 'bob');
      await ledger.accept(createDelete(message));
      assert.deepEqual(await ledger.texts(), ['heard secret', 'and?', 'heard and?']);

      await ledger.store.forgetPerson(ann);

      assert.deepEqual(await ledger.texts(), ['and?']);
    });

    it('is in no text of what was sent, once it has been delivered', async (t) => {
      const ledger = await openLedger(t, open);
      const { delivery } = await ledger.ask('c1', 'the secret is plum-cake', 'and more');
      const [first] = [delivery ?? assert.fail()];
      await ledger.store.forgetPerson(ann);

      const settled = await ledger.sent(first);

      assert.equal(settled.status === 'settled' && settled.next?.message.text, 'and more');
      assert.equal(settled.status === 'settled' && settled.next && (await ledger.sent(settled.next)).status, 'settled');
      assert.equal((await ledger.store.forgetPerson(ann))?.underWay, 0);
    });

    it('leaves no words among what was asked of the documents in vain, and what others have asked in the same words counts', async (t) => {
      const ledger = await openLedger(t, open);
      const { store } = ledger;
      await say(ledger, 'Hello, where does Ann Zéro of Plum Lane get a cake?', 'ann');
      await say(ledger, 'Do you ship to Norway?', 'ann');
      const waiting = createMessage('Is my number 4711 known?', { in: 'c2' });
      await ledger.accept(waiting);
      // A model asks in its own words, the built-in one without the greeting and the marks of letters.
      const asked = [
        'where does ann zero of plum lane get a cake',
        'Do you ship to Norway?',
        waiting.text,
        'Cakes of Plum Lane?',
      ];
      for (const question of [...asked, 'do you ship to norway', 'Is a cake known?']) await store.noteGap(question);
      const call = { id: 'look', tool: 'search_knowledge', state: 'done', outcome: 'Nothing.', ms: 1 } as const;
      const calls = [{ ...call, arguments: '{"question":"Cakes of Plum Lane?"}' }];
      await store.recordToolCalls({ conversationId: waiting.conversationId, turnId: 't', calls });

      await store.forgetPerson(ann);
      await store.forgetPerson(ann);

      const gaps = await store.listGaps(10);
      assert.deepEqual(gaps.map(({ question, count }) => `${count}: ${question}`).toSorted(), [
        '1: Is a cake known?',
        '1: do you ship to norway',
      ]);
    });
  });
}
