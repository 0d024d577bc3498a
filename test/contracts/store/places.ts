import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { NewPlaceChange } from '../../../src/place-settings.ts';
import { openLedger, type OpenStore } from './ledger.ts';

const adapter = 'fake';
const author = { id: 'U1', name: 'Ann' };
const settings = { profile: { language: 'German' }, rules: { mode: 'off' } };
const change: NewPlaceChange & { adapter: string } = {
  adapter,
  tenant: 'T1',
  place: 'C1',
  id: 'V1',
  replaces: 0,
  author,
  settings,
};

export function describePlaces(open: OpenStore): void {
  describe('settings of places', () => {
    it('are the newest of each place, and every change stays', async (test) => {
      const { store, clock } = await openLedger(test, open);
      const first = clock.now();
      await store.changePlace(change);
      const [{ seq } = { seq: -1 }] = await store.listPlaces({ adapter });
      await clock.advance(1_000);
      const empty = { profile: {}, rules: {} };
      await store.changePlace({ ...change, id: 'V2', replaces: seq, settings: empty });
      await store.changePlace({ ...change, id: 'V3', place: 'C2' });
      await store.changePlace({ ...change, adapter: 'other' });

      const current = await store.listPlaces({ adapter });
      const all = await store.listPlaces({ adapter, all: true });

      assert.deepEqual(
        current.map(({ place, settings: set }) => [place, set]),
        [
          ['C2', settings],
          ['C1', empty],
        ],
      );
      assert.deepEqual(
        all.map(({ place, at }) => [place, at]),
        [
          ['C2', first + 1_000],
          ['C1', first + 1_000],
          ['C1', first],
        ],
      );
      assert.deepEqual(all.at(-1), { seq, tenant: 'T1', place: 'C1', settings, author, at: first });
    });

    it('are changed once by one submission, and only from what it was made of', async (test) => {
      const { store } = await openLedger(test, open);

      const results = [
        await store.changePlace(change),
        await store.changePlace(change),
        await store.changePlace({ ...change, id: 'V2' }),
        await store.changePlace({ ...change, id: 'V3', tenant: 'T2' }),
        await store.changePlace({ ...change, id: 'V4', place: 'C2', replaces: 7 }),
      ];

      assert.deepEqual(results, ['saved', 'repeated', 'stale', 'saved', 'stale']);
      assert.equal((await store.listPlaces({ adapter, all: true })).length, 2);
    });
  });
}
