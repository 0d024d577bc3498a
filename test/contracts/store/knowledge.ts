import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { openLedger, type OpenStore } from './ledger.ts';

export function describeKnowledge(open: OpenStore): void {
  describe('the knowledge index', () => {
    it('finds passages by their words, best first', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'returns.md', [
        ['Shipping', 'Parcels leave on the same day. Returns are mentioned once.'],
        ['Returns', 'Returns are free for 30 days. Returns need a label.'],
      ]);

      const found = await store.searchPassages('returns', 10);

      assert.deepEqual(
        found.map(({ source, heading, position }) => [source, heading, position]),
        [
          ['returns.md', 'Returns', 1],
          ['returns.md', 'Shipping', 0],
        ],
      );
      assert.ok((found[0]?.score ?? 0) > (found[1]?.score ?? 0));
      assert.equal((await store.searchPassages('returns', 1)).length, 1);
      assert.deepEqual(await store.searchPassages('nothing', 10), []);
    });

    it('remembers what was not found: the same words once, with how often, and the newest thousand', async (test) => {
      const { store, clock } = await openLedger(test, open);
      await store.noteGap('Do you ship to Norway?');
      await clock.advance(1_000);
      await store.noteGap('  do you SHIP to Norway');
      await store.noteGap('What is the fax number?');
      await store.noteGap('?!');

      const gaps = await store.listGaps(10);

      assert.deepEqual(
        gaps.map(({ question, count }) => [question, count]),
        [
          ['do you SHIP to Norway', 2],
          ['What is the fax number?', 1],
        ],
      );
      assert.equal((gaps[0]?.lastAt ?? 0) - (gaps[0]?.firstAt ?? 0), 1_000);
      await clock.advance(1);
      for (let at = 0; at < 1_005; at += 1) await store.noteGap(`number ${at}`);
      assert.equal((await store.listGaps(5_000)).length, 1_000);
    });

    it('does not mind diacritics, on either side', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'de.md', [['Rückgabe', 'Die Rückgabe ist möglich. Crème brûlée.']]);

      for (const word of ['rückgabe', 'RUCKGABE', 'moglich', 'creme', 'brulée']) {
        assert.equal((await store.searchPassages(`"${word}"`, 10)).length, 1, word);
      }
    });

    it('searches heading and text, not the name of the file', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'pricing.md', [['Costs', 'Ten a month.']]);

      assert.equal((await store.searchPassages('costs', 10)).length, 1);
      assert.equal((await store.searchPassages('pricing', 10)).length, 0);
      assert.equal((await store.searchPassages('text : costs', 10)).length, 0);
    });

    it('replaces a document as a whole', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', [
        ['', 'old one'],
        ['', 'old two'],
      ]);
      await put(store, 'b.md', [['', 'other old']]);

      await put(store, 'a.md', [['', 'new']], 'hash 2');

      assert.deepEqual(
        (await store.searchPassages('old', 10)).map(({ source }) => source),
        ['b.md'],
      );
      assert.equal((await store.searchPassages('new', 10)).length, 1);
      assert.deepEqual(await store.listDocuments(), [
        { source: 'a.md', hash: 'hash 2' },
        { source: 'b.md', hash: 'hash' },
      ]);
    });

    it('forgets a removed document and no other', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', [['', 'word']]);
      await put(store, 'empty.md', []);
      await put(store, 'b.md', [['', 'word']]);

      await store.removeDocument('a.md');
      await store.removeDocument('empty.md');
      await store.removeDocument('never there.md');
      await put(store, 'c.md', [['', 'word']]);
      await store.removeDocument('c.md');

      assert.deepEqual(
        (await store.searchPassages('word', 10)).map(({ source }) => source),
        ['b.md'],
      );
      assert.deepEqual(await store.listDocuments(), [{ source: 'b.md', hash: 'hash' }]);
    });

    it('finds a passage by further words, in the heading before those in the text, and returns it without them', async (test) => {
      const { store } = await openLedger(test, open);
      const [inText, inHeading] = [
        { source: 'a.md', heading: '配送', text: '海外の返品', position: 0, words: { heading: '配送', text: '海外 返品' } },
        { source: 'b.md', heading: '返品', text: '三十日以内', position: 0, words: { heading: '返品', text: '三十 十日 以内' } },
      ];
      for (const passage of [inText, inHeading]) await store.putDocument({ source: passage.source, hash: 'h' }, [passage]);

      const found = await store.searchPassages('"返品"', 10);

      assert.deepEqual(
        found.map(({ source, heading, text }) => [source, heading, text]),
        [
          ['b.md', '返品', '三十日以内'],
          ['a.md', '配送', '海外の返品'],
        ],
      );
    });

    it('rejects a malformed expression with a StoreError, and works on', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', [['', 'word']]);

      for (const match of ['"unterminated', 'word AND', '(', '*', 'nocolumn : word', 'NEAR(', '^', 'a"b']) {
        const isSaid = (error: unknown) => error instanceof StoreError && /search expression is malformed/.test(error.message);
        await assert.rejects(store.searchPassages(match, 10), isSaid, match);
      }

      assert.equal((await store.searchPassages('word', 10)).length, 1);
    });
  });
}

function put(store: Store, source: string, passages: readonly (readonly [string, string])[], hash = 'hash'): Promise<void> {
  return store.putDocument(
    { source, hash },
    passages.map(([heading, text], position) => ({ source, heading, text, position })),
  );
}
