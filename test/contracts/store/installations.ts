import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Installation } from '../../../src/message.ts';
import { appUninstalled } from '../../../src/store/installation-store.ts';
import { conversationIdOf, createMessage, testTenant } from '../../support/inbound.ts';
import { leaseMs, openLedger, type Ledger, type OpenStore } from './ledger.ts';

const adapter = 'fake';

export function describeInstallations(open: OpenStore): void {
  describe('installations', () => {
    it('are found by adapter and id, listed by id, and as old as their installing', async (test) => {
      const { store, clock } = await openLedger(test, open);
      const since = clock.now();
      await store.saveInstallation({ adapter, id: 'T2', data: 'two' });
      await clock.advance(1_000);
      await store.saveInstallation({ adapter, id: 'T1', data: 'one' });
      await store.saveInstallation({ adapter: 'other', id: 'T1', data: 'theirs' });

      const listed = await store.listInstallations({ adapter });

      assert.deepEqual(listed, [
        { id: 'T1', data: 'one', installedAt: since + 1_000 },
        { id: 'T2', data: 'two', installedAt: since },
      ]);
      assert.equal((await store.findInstallation({ adapter: 'other', id: 'T1' }))?.data, 'theirs');
      assert.equal(await store.findInstallation({ adapter, id: 'T3' }), undefined);
    });

    it('are replaced by the next one, which begins anew', async (test) => {
      const { store, clock } = await openLedger(test, open);
      await store.saveInstallation({ adapter, id: 'T1', data: 'old' });
      await clock.advance(1_000);

      await store.saveInstallation({ adapter, id: 'T1', data: 'new' });

      assert.deepEqual(await store.listInstallations({ adapter }), [{ id: 'T1', data: 'new', installedAt: clock.now() }]);
    });

    it('change only from what the change was made of', async (test) => {
      const { store, clock } = await openLedger(test, open);
      await store.saveInstallation({ adapter, id: 'T1', data: 'a' });
      const installedAt = clock.now();
      await clock.advance(1_000);

      const results = [
        await store.saveInstallation({ adapter, id: 'T1', data: 'b', replaces: 'a' }),
        await store.saveInstallation({ adapter, id: 'T1', data: 'c', replaces: 'a' }),
        await store.saveInstallation({ adapter, id: 'T2', data: 'c', replaces: 'a' }),
      ];

      assert.deepEqual(results, [true, false, false]);
      assert.deepEqual(await store.listInstallations({ adapter }), [{ id: 'T1', data: 'b', installedAt }]);
    });
  });

  describeUninstallation(open);
}

function describeUninstallation(open: OpenStore): void {
  describe('an uninstallation', () => {
    it('removes the installation of its tenant and of no other', async (test) => {
      const { accept, store, clock } = await openLedger(test, open);
      for (const id of [testTenant, 'T2']) await store.saveInstallation({ adapter, id, data: 'sealed' });

      const [result] = await accept(uninstall(clock.now()));

      assert.deepEqual(result, { status: 'ignored', reason: appUninstalled });
      assert.deepEqual(
        (await store.listInstallations({ adapter })).map(({ id }) => id),
        ['T2'],
      );
    });

    it('refuses what waits in its tenant, and nothing elsewhere', async (test) => {
      const { accept, claim, status, store, clock } = await openLedger(test, open);
      const waiting = createMessage('waits');
      const tenant = 'T2';
      const elsewhere = createMessage('waits elsewhere', { in: 'c2', tenant });
      await accept(waiting, elsewhere);

      await accept(uninstall(clock.now()));

      const ended = await status(waiting);
      assert.deepEqual([ended?.state, ended?.reason], ['refused', appUninstalled]);
      assert.equal((await store.status({ adapter, tenant, eventId: elsewhere.eventId }))?.state, 'waiting');
      assert.deepEqual(
        (await claim()).map(({ events }) => events[0]?.event.eventId),
        [elsewhere.eventId],
      );
      assert.equal((await store.stats()).waiting, 1);
    });

    it('clears what was overheard in its tenant, and nothing elsewhere', async (test) => {
      const { accept, status, store, clock } = await openLedger(test, open);
      const reply = { addressed: false, replyTo: 'root' };
      const gone = createMessage('said among people', { ...reply, sentAt: clock.now() });
      const elsewhere = createMessage('said in another workspace', { ...reply, in: 'c2', tenant: 'T2', sentAt: clock.now() });
      await accept(gone, elsewhere);

      await accept(uninstall(clock.now()));

      const mentions = [
        createMessage('a mention', { messageId: 'root', sentAt: clock.now() - 1_000 }),
        createMessage('a mention', { messageId: 'root', in: 'c2', tenant: 'T2', sentAt: clock.now() - 1_000 }),
      ];
      await accept(...mentions);
      assert.equal((await status(gone))?.state, 'ignored', 'its text is not there to be taken up');
      assert.equal((await store.status({ adapter, tenant: 'T2', eventId: elsewhere.eventId }))?.state, 'waiting');
    });

    it('takes the lease from a running turn, which can commit nothing any more', async (test) => {
      const { accept, claimOne, commit, status, store, clock, texts } = await openLedger(test, open);
      const asked = createMessage('in mid-turn');
      await accept(asked);
      const turn = await claimOne();

      await accept(uninstall(clock.now()));

      const { owner, conversationId, token } = turn;
      const lost = await store.renewTurns({ owner, leaseMs, turns: [{ conversationId, token }] });
      const committed = await commit(turn, { parts: ['too late'] });
      assert.deepEqual(lost, [conversationIdOf('c1')]);
      assert.equal(committed.status, 'stale');
      assert.equal((await status(asked))?.state, 'refused');
      assert.deepEqual(await texts(), []);
      assert.equal((await store.claimTurns({ owner, limit: 9, leaseMs, historyLimit: 9 })).nextAt, undefined, 'nothing hangs');
    });

    it('gives up answers that are under way, without a dead letter', async (test) => {
      const { accept, ask, claimDeliveries, sent, status, store, clock } = await openLedger(test, open);
      const { event, delivery } = await ask('c1', 'one', 'two');
      const queued = await ask('c1', 'three');
      const done = await ask('c2', 'four');
      assert.ok(delivery && done.delivery);
      await sent(done.delivery);

      await accept(uninstall(clock.now()));

      assert.deepEqual(await sent(delivery), { status: 'stale', receipt: undefined });
      await clock.advance(2 * leaseMs);
      assert.deepEqual(await claimDeliveries(), []);
      for (const each of [event, queued.event]) {
        const ended = await status(each);
        assert.deepEqual([ended?.state, ended?.reason], ['refused', appUninstalled]);
      }
      assert.equal((await status(done.event))?.state, 'answered', 'what was delivered stays so');
      const { undelivered, deadLetters } = await store.stats();
      assert.deepEqual([undelivered, deadLetters], [0, 0]);
    });

    it('counts once, and not after the app has been installed anew', async (test) => {
      const { accept, status, store, clock } = await openLedger(test, open);
      const removed = uninstall(clock.now());
      await accept(removed);
      await clock.advance(1_000);
      await store.saveInstallation({ adapter, id: testTenant, data: 'anew' });
      const asked = createMessage('of the new installation');
      await accept(asked);

      const [again] = await accept(removed);
      const [late] = await accept({ ...removed, eventId: 'U2' });

      assert.deepEqual([again?.status, late?.status], ['duplicate', 'ignored']);
      assert.equal((await status(asked))?.state, 'waiting');
      assert.equal((await store.findInstallation({ adapter, id: testTenant }))?.data, 'anew');
    });

    it('leaves the tenant as good as new for the next installation', async (test) => {
      const ledger = await openLedger(test, open);
      await ledger.accept(createMessage('before'));
      await ledger.accept(uninstall(ledger.clock.now()));

      assert.deepEqual(await answered(ledger, 'after'), ['after']);
    });
  });
}

async function answered({ accept, claimOne, answer, sent }: Ledger, text: string): Promise<string[]> {
  await accept(createMessage(text));
  const turn = await claimOne();
  await sent(await answer(turn, 'answer'));
  return turn.events.map(({ event }) => ('text' in event ? event.text : ''));
}

function uninstall(sentAt: number): Installation {
  return { type: 'uninstall', adapter, tenant: testTenant, eventId: 'U1', conversationId: conversationIdOf('app'), sentAt };
}
