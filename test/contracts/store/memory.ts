import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { InboundMessage } from '../../../src/message.ts';
import { mostFacts, type RecallQuery } from '../../../src/store/memory-store.ts';
import { createDelete, createEdit, createMessage, testTenant } from '../../support/inbound.ts';
import { openLedger, type Ledger, type OpenStore } from './ledger.ts';

const query: RecallQuery = {
  ...{ adapter: 'fake', tenant: testTenant, person: 'ann', places: ['here'], takesPublic: true, limit: 100, uses: false },
};

interface Wish {
  readonly place?: string;
  readonly isPublic?: boolean;
}

/** The author of this message has its text remembered. */
async function remember(ledger: Ledger, message: InboundMessage, { place = 'here', isPublic = false }: Wish = {}): Promise<void> {
  await ledger.accept(message);
  const turn = await ledger.claimOne();
  const [{ seq }] = [turn.events.at(-1) ?? assert.fail()];
  await ledger.commit(turn, { remembers: [{ seq, text: message.text, place, isPublic }], answer: { text: 'Noted.', tokens: 1 } });
}

async function told(ledger: Ledger, how: Partial<RecallQuery> = {}): Promise<string[]> {
  return (await ledger.store.recall({ ...query, ...how })).facts.map(({ text }) => text);
}

export function describeMemory(open: OpenStore): void {
  describe('what is remembered', () => {
    it('is told to the same person in the same place, and what was said in public elsewhere, too', async (t) => {
      const ledger = await openLedger(t, open);
      await remember(ledger, createMessage('in private'));
      await remember(ledger, createMessage('in public'), { place: 'square', isPublic: true });

      assert.deepEqual(await told(ledger), ['in public', 'in private']);
      assert.deepEqual(await told(ledger, { takesPublic: false }), ['in private']);
      assert.deepEqual(await told(ledger, { places: ['elsewhere'] }), ['in public']);
      assert.equal((await ledger.store.recall({ ...query, places: ['elsewhere'] })).hasMore, true);
      assert.equal((await ledger.store.recall(query)).hasMore, false);
      for (const other of [{ person: 'bob' }, { tenant: 'T2' }, { adapter: 'other' }])
        assert.deepEqual(await ledger.store.recall({ ...query, ...other }), { facts: [], ofTenant: [], hasMore: false });
    });

    it('tells who takes up a turn whether there is anything at all in the tenant', async (t) => {
      const ledger = await openLedger(t, open);
      await ledger.accept(createMessage('first'));
      const before = await ledger.claimOne();
      await ledger.commit(before);
      await remember(ledger, createMessage('a fact'));

      await ledger.accept(createMessage('in another', { in: 'c2', by: 'bob' }));
      assert.equal(before.hasFacts, undefined);
      assert.equal((await ledger.claimOne()).hasFacts, true);
    });

    it('goes with its message: deleted, edited or withdrawn while the turn ran', async (t) => {
      const ledger = await openLedger(t, open);
      const [deleted, edited, kept] = ['deleted', 'edited', 'kept'].map((text) => createMessage(text));
      for (const each of [deleted, edited, kept]) await remember(ledger, each ?? assert.fail());

      await ledger.accept(createDelete(deleted ?? assert.fail()));
      await ledger.accept(createEdit(edited ?? assert.fail(), 'otherwise'));
      await ledger.accept(createEdit(kept ?? assert.fail(), 'kept'));
      assert.deepEqual(await told(ledger), ['kept']);

      const late = createMessage('late');
      await ledger.accept(late);
      const turn = await ledger.claimOne();
      await ledger.accept(createDelete(late));
      const { seq } = turn.events[0] ?? assert.fail();
      await ledger.commit(turn, { remembers: [{ seq, text: 'late', place: 'here', isPublic: false }] });
      assert.deepEqual(await told(ledger), ['kept']);
    });

    it('goes with a message that stands in no transcript', async (t) => {
      const ledger = await openLedger(t, open);
      const message = createMessage('/remember it');
      await ledger.accept(message);
      const turn = await ledger.claimOne();
      const { seq } = turn.events[0] ?? assert.fail();
      const events = [{ seq, verdict: 'answered' as const }];
      await ledger.commit(turn, { events, remembers: [{ seq, text: 'it', place: 'here', isPublic: false }] });
      assert.deepEqual(await told(ledger), ['it']);

      await ledger.accept(createDelete(message));

      assert.deepEqual(await told(ledger), []);
    });

    it('is written by nobody who has lost the lease', async (t) => {
      const ledger = await openLedger(t, open);
      await ledger.accept(createMessage('a fact'));
      const turn = await ledger.claimOne();
      await ledger.store.takeOver();
      const { seq } = turn.events[0] ?? assert.fail();

      await ledger.commit(turn, { remembers: [{ seq, text: 'a fact', place: 'here', isPublic: false }] });

      assert.deepEqual(await told(ledger), []);
    });

    it('stays over a reset and goes with an uninstallation, of that tenant alone', async (t) => {
      const ledger = await openLedger(t, open);
      const other = { tenant: 'T2', conversationId: 'fake:T2:c1' };
      await remember(ledger, createMessage('here'));
      await remember(ledger, createMessage('there', other));
      await ledger.accept(createMessage('/reset'));
      await ledger.commit(await ledger.claimOne(), { reset: true });
      assert.deepEqual(await told(ledger), ['here']);

      const { adapter, tenant, conversationId, sentAt } = createMessage('');
      await ledger.accept({ type: 'uninstall', eventId: 'gone', adapter, tenant, conversationId, sentAt });

      assert.deepEqual(await told(ledger), []);
      assert.deepEqual(await told(ledger, { tenant: 'T2' }), ['there']);
    });

    it('is kept once, and no more of it than so much: the newest and what was told last stay', async (t) => {
      const ledger = await openLedger(t, open);
      await remember(ledger, createMessage('first'));
      await remember(ledger, createMessage('second'));
      await ledger.clock.advance(2 * 24 * 60 * 60_000);
      await ledger.store.recall({ ...query, limit: 1, uses: true });
      await ledger.store.recall({ ...query, limit: 1, uses: true });
      for (let at = 2; at <= mostFacts.person; at += 1) await remember(ledger, createMessage(`fact ${at}`));
      await remember(ledger, createMessage('fact 2'));

      const kept = await told(ledger);
      assert.equal(kept.length, mostFacts.person);
      assert.ok(kept.includes('second') && !kept.includes('first'), kept.slice(-2).join());
    });
  });

  describe('what an operator notes for a tenant', () => {
    it('is told to everybody there, once, until it is removed', async (t) => {
      const { store } = await openLedger(t, open);
      const id = await store.addFact({ adapter: 'fake', tenant: testTenant, text: 'closed on Fridays' });
      assert.equal(await store.addFact({ adapter: 'fake', tenant: testTenant, text: 'closed on Fridays' }), id);

      const { facts, ofTenant, hasMore } = await store.recall({ ...query, person: 'bob' });
      assert.deepEqual([facts, ofTenant.map(({ text }) => text), hasMore], [[], ['closed on Fridays'], false]);
      assert.deepEqual((await store.recall({ ...query, tenant: 'T2' })).ofTenant, []);
      assert.deepEqual((await store.recall({ ...query, takesPublic: false })).ofTenant, []);
      assert.deepEqual(
        (await store.listFacts({ tenant: testTenant, limit: 10 })).map(({ id: each, person }) => [each, person]),
        [[id, '']],
      );
      assert.equal(await store.removeFact(id), true);
      assert.equal(await store.removeFact(id), false);
      assert.deepEqual((await store.recall(query)).ofTenant, []);
    });
  });
}
