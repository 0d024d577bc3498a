import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mostKeptAnswers } from '../../../src/store/answer-cache-store.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeAnswerCache(open: OpenStore): void {
  describe('kept answers', () => {
    it('are found by source and key until their time is over, and are replaced', async (test) => {
      const { store, clock } = await openLedger(test, open);
      const expiresAt = clock.now() + 1_000;
      await store.keepAnswer({ source: 'shop', key: 'k', text: 'One', expiresAt });
      await store.keepAnswer({ source: 'shop', key: 'k', text: 'Two', expiresAt });

      const find = async (source: string, key: string) => store.findAnswer({ source, key });
      const found = [await find('shop', 'k'), await find('shop', 'other'), await find('desk', 'k')];
      await clock.advance(1_000);

      assert.deepEqual([...found, await find('shop', 'k')], ['Two', undefined, undefined, undefined]);
    });

    it('go, the oldest first, where a source has too many', async (test) => {
      const { store, clock } = await openLedger(test, open);
      const keep = (source: string, at: number) =>
        store.keepAnswer({ source, key: `k${at}`, text: `${at}`, expiresAt: clock.now() + 1_000_000 });
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
      const { store, clock } = await openLedger(test, open);
      const expiresAt = clock.now() + 1_000;
      for (const source of ['shop', 'desk']) await store.keepAnswer({ source, key: 'k', text: source, expiresAt });

      await store.forgetPerson({ adapter: 'webhook', tenant: 'shop', person: 'ann' });

      assert.equal(await store.findAnswer({ source: 'shop', key: 'k' }), undefined);
      assert.equal(await store.findAnswer({ source: 'desk', key: 'k' }), 'desk');
    });
  });
}
