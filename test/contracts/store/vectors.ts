import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Store } from '../../../src/store/store.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeVectors(open: OpenStore): void {
  describe('the vectors of passages', () => {
    it('says which passages have none of a model, and keeps those that it is given', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one', 'two']);
      await put(store, 'b.md', ['three']);

      const before = await unembedded(store, 'm');
      const kept = await save(store, 'm', [
        ['a.md', 1, [0.5, -0.25]],
        ['b.md', 0, [1, 0]],
      ]);

      assert.deepEqual(before, ['one', 'two', 'three']);
      assert.equal(kept, 2);
      assert.deepEqual(await unembedded(store, 'm'), ['one']);
      const stored = await store.loadVectors({ model: 'm', after: 0, limit: 10 });
      assert.deepEqual(
        stored.map(({ source, vector }) => [source, ...vector]),
        [
          ['a.md', 0.5, -0.25],
          ['b.md', 1, 0],
        ],
      );
      const ids = stored.map(({ id }) => id);
      assert.deepEqual(await store.listVectorIds('m'), ids);
      const passages = await store.passagesOf([...ids.toReversed(), 999]);
      assert.deepEqual(
        passages.map(({ id, source, heading, text, position }) => [id, source, heading, text, position]),
        [
          [ids[1], 'b.md', 'Heading', 'three', 0],
          [ids[0], 'a.md', 'Heading', 'two', 1],
        ],
      );
    });

    it('gives passages and vectors out in pages', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one', 'two', 'three']);

      const [first] = await store.listUnembedded({ model: 'm', after: 0, limit: 1 });
      const rest = await store.listUnembedded({ model: 'm', after: first?.at ?? 0, limit: 10 });
      await save(
        store,
        'm',
        [0, 1, 2].map((position): Given => ['a.md', position, [position, 1]]),
      );
      const [vector] = await store.loadVectors({ model: 'm', after: 0, limit: 1 });
      const others = await store.loadVectors({ model: 'm', after: vector?.id ?? 0, limit: 1 });

      assert.equal(first?.text, 'one');
      assert.deepEqual(
        rest.map(({ text }) => text),
        ['two', 'three'],
      );
      assert.deepEqual(
        [vector, ...others].map((each) => each?.vector[0]),
        [0, 1],
      );
    });

    it('puts a vector of another model in the place of the earlier one', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one', 'two']);
      await save(store, 'old', [
        ['a.md', 0, [1]],
        ['a.md', 1, [1]],
      ]);

      await save(store, 'new', [['a.md', 0, [1, 0, 0]]]);

      assert.deepEqual(await unembedded(store, 'new'), ['two']);
      assert.deepEqual(await unembedded(store, 'old'), ['one']);
      assert.equal((await store.listVectorIds('old')).length, 1);
      assert.equal((await store.loadVectors({ model: 'new', after: 0, limit: 10 }))[0]?.vector.length, 3);
    });

    it('keeps one vector of a passage, however often it is given', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one']);

      const kept = [await save(store, 'm', [['a.md', 0, [1]]]), await save(store, 'm', [['a.md', 0, [0.5]]])];

      assert.deepEqual(kept, [1, 0]);
      assert.equal((await store.loadVectors({ model: 'm', after: 0, limit: 10 }))[0]?.vector[0], 1);
    });

    it('drops the vectors of a document that has changed or gone, and never gives an id twice', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one', 'two']);
      await put(store, 'b.md', ['three']);
      await save(store, 'm', [
        ['a.md', 0, [1]],
        ['a.md', 1, [1]],
        ['b.md', 0, [1]],
      ]);
      const earlier = await store.listVectorIds('m');

      await removeDocument(store, 'b.md');
      await put(store, 'a.md', ['another'], 'hash 2');

      assert.deepEqual(await store.listVectorIds('m'), []);
      assert.deepEqual(await unembedded(store, 'm'), ['another']);
      await save(store, 'm', [['a.md', 0, [1]]], 'hash 2');
      assert.deepEqual(await store.passagesOf(earlier), []);
      assert.equal((await store.listVectorIds('m')).length, 1);
    });

    it('keeps no vector for a passage that stands now where another one stood', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['one']);
      await put(store, 'b.md', ['two', 'three'], 'hash of b');
      const known = await store.listUnembedded({ model: 'm', after: 0, limit: 10 });
      const vectors = known.map(({ at, hash, position }) => ({ at, hash, position, vector: Float32Array.from([1]) }));

      await removeDocument(store, 'a.md');
      await removeDocument(store, 'b.md');
      await put(store, 'c.md', ['four', 'five'], 'hash of c');
      await put(store, 'b.md', ['two', 'three'], 'hash of b');

      assert.equal(await store.saveVectors({ model: 'm', vectors }), 0);
    });

    it('does not keep what was made of an earlier text, nor of a passage that is not there', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', ['changed'], 'hash 2');
      await put(store, 'empty.md', []);

      const kept = await save(store, 'm', [
        ['a.md', 0, [1]],
        ['a.md', 7, [1]],
        ['empty.md', 0, [1]],
        ['gone.md', 0, [1]],
      ]);

      assert.equal(kept, 0);
      assert.equal(await save(store, 'm', [['a.md', 1, [1]]], 'hash 2'), 0);
      assert.deepEqual(await store.listVectorIds('m'), []);
    });
  });
}

async function put(store: Store, source: string, texts: readonly string[], hash = 'hash'): Promise<void> {
  const passages = texts.map((text, position) => ({ source, heading: 'Heading', text, position }));
  await store.putDocument({ collection: 'folder', source, hash, title: source, fetchedAt: 1 }, passages);
}

async function removeDocument(store: Store, source: string): Promise<void> {
  await store.removeDocument({ collection: 'folder', source });
}

async function unembedded(store: Store, model: string): Promise<readonly string[]> {
  return (await store.listUnembedded({ model, after: 0, limit: 100 })).map(({ text }) => text);
}

type Given = readonly [source: string, position: number, vector: readonly number[]];

async function save(store: Store, model: string, given: readonly Given[], hash = 'hash'): Promise<number> {
  const passages = await store.listUnembedded({ model: 'none has it', after: 0, limit: 100 });
  const placeOf = (source: string, position: number): number =>
    passages.find((passage) => passage.source === source && passage.position === position)?.at ?? 999;
  const vectors = given.map(([source, position, values]) => ({
    ...{ at: placeOf(source, position), hash, position },
    vector: Float32Array.from(values),
  }));
  return store.saveVectors({ model, vectors });
}
