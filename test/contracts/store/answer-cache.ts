import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mostKeptAnswers } from '../../../src/store/answer-cache-store.ts';
import type { TurnHold } from '../../../src/store/store.ts';
import { createMessage, testTenant } from '../../support/inbound.ts';
import { openLedger, type Ledger, type OpenStore } from './ledger.ts';

/** A turn that answers a question of Ann's. */
async function beginTurn({ accept, claimOne }: Ledger): Promise<TurnHold> {
  await accept(createMessage('How long is it open?', { by: 'ann' }));
  const { owner, conversationId, token } = await claimOne();
  return { owner, conversationId, token };
}

export function describeAnswerCache(open: OpenStore): void {
  describe('kept answers', () => {
    it('are found by source and key until their time is over, and are replaced', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      const by = await beginTurn(ledger);
      const expiresAt = clock.now() + 1_000;
      await store.keepAnswer({ source: 'shop', key: 'k', text: 'One', expiresAt, by });
      await store.keepAnswer({ source: 'shop', key: 'k', text: 'Two', expiresAt, by });

      const find = async (source: string, key: string) => store.findAnswer({ source, key });
      const found = [await find('shop', 'k'), await find('shop', 'other'), await find('desk', 'k')];
      await clock.advance(1_000);

      assert.deepEqual([...found, await find('shop', 'k')], ['Two', undefined, undefined, undefined]);
    });

    it('go, the oldest first, where a source has too many', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      const by = await beginTurn(ledger);
      const keep = (source: string, at: number) =>
        store.keepAnswer({ source, key: `k${at}`, text: `${at}`, expiresAt: clock.now() + 1_000_000, by });
      await keep('desk', 0);
      for (let at = 0; at <= mostKeptAnswers; at += 1) {
        await keep('shop', at);
        await clock.advance(1);
      }

      const found = await Promise.all(
        [
          ['shop', 'k0'],
          ['shop', 'k1'],
          ['desk', 'k0'],
        ].map(([source = '', key = '']) => store.findAnswer({ source, key })),
      );

      assert.deepEqual(found, [undefined, '1', '0']);
    });

    it('of a source go when somebody there is forgotten', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      const by = await beginTurn(ledger);
      const expiresAt = clock.now() + 1_000;
      for (const source of ['shop', 'desk']) await store.keepAnswer({ source, key: 'k', text: source, expiresAt, by });

      await store.forgetPerson({ adapter: 'webhook', tenant: 'shop', person: 'ann' });

      assert.equal(await store.findAnswer({ source: 'shop', key: 'k' }), undefined);
      assert.equal(await store.findAnswer({ source: 'desk', key: 'k' }), 'desk');
    });

    it('are not kept of a turn that was under way when its person was forgotten', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, clock } = ledger;
      const by = await beginTurn(ledger);
      await store.forgetPerson({ adapter: 'fake', tenant: testTenant, person: 'ann' });

      await store.keepAnswer({ source: 'shop', key: 'k', text: 'Ann, it is open', expiresAt: clock.now() + 1_000, by });

      assert.equal(await store.findAnswer({ source: 'shop', key: 'k' }), undefined);
    });
  });
}
