import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import type { Store } from '../../../src/store/store.ts';
import { documentOf } from '../../src/knowledge/open-knowledge-store.ts';
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

      await put(store, 'a.md', [['', 'new']], { hash: 'hash 2' });

      assert.deepEqual(
        (await store.searchPassages('old', 10)).map(({ source }) => source),
        ['b.md'],
      );
      assert.equal((await store.searchPassages('new', 10)).length, 1);
      assert.deepEqual(await listed(store), [
        ['a.md', 'hash 2'],
        ['b.md', 'hash'],
      ]);
    });

    it('forgets a removed document and no other', async (test) => {
      const { store } = await openLedger(test, open);
      await put(store, 'a.md', [['', 'word']]);
      await put(store, 'empty.md', []);
      await put(store, 'b.md', [['', 'word']]);

      await store.removeDocument({ collection: 'folder', source: 'a.md' });
      await store.removeDocument({ collection: 'folder', source: 'empty.md' });
      await store.removeDocument({ collection: 'folder', source: 'never there.md' });
      await put(store, 'c.md', [['', 'word']]);
      await store.removeDocument({ collection: 'folder', source: 'c.md' });

      assert.deepEqual(
        (await store.searchPassages('word', 10)).map(({ source }) => source),
        ['b.md'],
      );
      assert.deepEqual(await listed(store), [['b.md', 'hash']]);
    });

    it('finds a passage by further words, in the heading before those in the text, and returns it without them', async (test) => {
      const { store } = await openLedger(test, open);
      const [inText, inHeading] = [
        { source: 'a.md', heading: '配送', text: '海外の返品', position: 0, words: { heading: '配送', text: '海外 返品' } },
        { source: 'b.md', heading: '返品', text: '三十日以内', position: 0, words: { heading: '返品', text: '三十 十日 以内' } },
      ];
      for (const passage of [inText, inHeading]) await store.putDocument(documentOf(passage.source), [passage]);

      const found = await store.searchPassages('"返品"', 10);

      assert.deepEqual(
        found.map(({ source, heading, text }) => [source, heading, text]),
        [
          ['b.md', '返品', '三十日以内'],
          ['a.md', '配送', '海外の返品'],
        ],
      );
    });

    it('keeps documents of two collections apart, and finds nothing in a collection that is not asked', async (test) => {
      const { store } = await openLedger(test, open);
      const texts: Texts = [
        ['Returns', 'word one'],
        ['', 'word two'],
      ];
      await put(store, 'a.md', texts);
      await put(store, 'a.md', texts, { collection: 'secret' });
      await store.removeDocument({ collection: 'other', source: 'a.md' });

      const all = await store.searchPassages('word', 10);
      const some = await store.searchPassages('word', 10, ['folder', 'other']);
      const none = await store.searchPassages('word', 10, []);
      await store.removeDocument({ collection: 'folder', source: 'a.md' });
      const left = await store.searchPassages('word', 10);

      assert.equal(all.length, 4);
      assert.deepEqual(new Set(some.map(({ collection }) => collection)), new Set(['folder']));
      assert.equal(some.length, 2);
      assert.deepEqual(none, []);
      assert.deepEqual(new Set(left.map(({ collection }) => collection)), new Set(['secret']));
    });

    it('spends no part of the limit on what may not be seen', async (test) => {
      const { store } = await openLedger(test, open);
      for (let at = 0; at < 20; at += 1) await put(store, `hidden ${at}.md`, [['word', 'word word']], { collection: 'secret' });
      await put(store, 'seen.md', [['', 'one word among many others that say nothing']]);

      const found = await store.searchPassages('word', 2, ['folder']);

      assert.deepEqual(
        found.map(({ source }) => source),
        ['seen.md'],
      );
    });

    it('tells with a passage the title and the address of its document, and lists titles of collections', async (test) => {
      const { store } = await openLedger(test, open);
      const page = { collection: 'site', source: 'https://example.com/a', hash: 'h', title: 'Prices', fetchedAt: 5 };
      const stamped = { ...page, url: 'https://example.com/a', etag: '"1"', lastModified: 'then' };
      await store.putDocument(stamped, [{ source: 'https://example.com/a', heading: 'H', text: 'word', position: 0 }]);
      await put(store, 'b.md', [['', 'word']]);

      const [found] = await store.searchPassages('word', 1, ['site']);
      await store.touchDocument({ collection: 'site', source: page.source, fetchedAt: 9, etag: '"2"' });

      assert.deepEqual([found?.title, found?.url, found?.collection], ['Prices', 'https://example.com/a', 'site']);
      assert.deepEqual(await store.listDocuments('site'), [
        { ...page, url: page.source, fetchedAt: 9, etag: '"2"', passages: 1 },
      ]);
      assert.deepEqual(await store.listTitles(10), ['b.md', 'Prices']);
      assert.deepEqual(await store.listTitles(10, ['site']), ['Prices']);
      assert.deepEqual(await store.listTitles(1), ['b.md']);
    });

    it('keeps sources that were added, and how the last look at each has ended', async (test) => {
      const { store } = await openLedger(test, open);
      await store.putSource({ name: 'b', settings: '{}', addedAt: 1 });
      await store.putSource({ name: 'a', settings: '{}', addedAt: 1 });
      await store.putSource({ name: 'a', settings: '{"x":1}', addedAt: 2 });
      const problems = [
        { source: 'x.pdf', reason: 'it is damaged', hash: 'h' },
        { source: 'y', reason: 'gone' },
      ];
      for (const collection of ['a', 'ab#1', 'a#1']) await store.putSync({ collection, syncedAt: 1, problems: [] });
      await store.putSync({ collection: 'a#2', syncedAt: 7, problems });

      const sources = await store.listSources();
      const syncs = await store.listSyncs();
      const removed = [await store.removeSource('a'), await store.removeSource('a')];

      assert.deepEqual(sources, [
        { name: 'a', settings: '{"x":1}', addedAt: 2 },
        { name: 'b', settings: '{}', addedAt: 1 },
      ]);
      assert.deepEqual(syncs, [
        { collection: 'a#2', syncedAt: 7, problems },
        { collection: 'ab#1', syncedAt: 1, problems: [] },
      ]);
      assert.deepEqual(removed, [true, false]);
      assert.deepEqual(
        (await store.listSyncs()).map(({ collection }) => collection),
        ['ab#1'],
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

async function listed(store: Store): Promise<readonly (readonly [string, string])[]> {
  return (await store.listDocuments()).map(({ source, hash }) => [source, hash]);
}

type Texts = readonly (readonly [heading: string, text: string])[];

function put(store: Store, source: string, passages: Texts, { hash = 'hash', collection = 'folder' } = {}): Promise<void> {
  return store.putDocument(
    documentOf(source, hash, collection),
    passages.map(([heading, text], position) => ({ source, heading, text, position })),
  );
}
