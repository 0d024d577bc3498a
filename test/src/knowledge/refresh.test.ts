import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { startRefresher, type RefresherOptions } from '../../../src/knowledge/refresh.ts';
import { collectionOf, type KnowledgeSource } from '../../../src/knowledge/source.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { documentOf, openKnowledgeStore, sourceOf } from './open-knowledge-store.ts';

const hour = 3_600_000;
const urls = { type: 'urls', urls: ['https://example.com/'] } as const;
const files = { type: 'files', files: ['/a.md'] } as const;

function start(t: TestContext, sources: KnowledgeSource[], options: Partial<RefresherOptions> = {}) {
  const store = openKnowledgeStore();
  t.after(() => store.close());
  const clock = createFakeClock();
  const log = createMemoryLog();
  const read: string[] = [];
  const ingest = async (source: KnowledgeSource): Promise<void> => {
    read.push(source.name);
    await store.putSync({ collection: collectionOf(source), syncedAt: clock.now(), problems: [] });
  };
  const open = () => startRefresher({ sources: async () => sources, ingest, store, clock, log, done: ['folder'], ...options });
  return { store, clock, log, read, open };
}

test('reads what is on this machine at the start, the web when its time has come, and what was added within minutes', async (t) => {
  const sources = [
    sourceOf({ type: 'folder', folder: '/' }, { refreshMs: 100 * hour }),
    sourceOf(files, { name: 'files', refreshMs: 24 * hour }),
    sourceOf(urls, { name: 'fresh', refreshMs: 2 * hour }),
    sourceOf(urls, { name: 'old', refreshMs: 2 * hour }),
  ];
  const { store, clock, read, open } = start(t, sources);
  for (const source of sources) {
    const syncedAt = clock.now() - (source.name === 'old' ? 3 : 1) * hour;
    await store.putSync({ collection: collectionOf(source), syncedAt, problems: [] });
  }

  const refresher = open();
  await clock.advance(1);
  const atStart = read.splice(0);
  sources.push(sourceOf(urls, { name: 'added' }));
  await clock.advance(5 * 60_000);
  const soon = read.splice(0);
  await clock.advance(hour);
  const later = read.splice(0);
  await refresher.stop();
  await clock.advance(100 * hour);

  assert.deepEqual(atStart, ['files', 'old']);
  assert.deepEqual(soon, ['added']);
  assert.deepEqual(later, ['fresh', 'added']);
  assert.deepEqual([read, clock.pending()], [[], 0]);
});

test('tickets are looked at each time: what people delete is not found for hours', async (t) => {
  const tickets = { type: 'tickets', of: {}, minGood: 1 } as const;
  const { clock, read, open } = start(t, [sourceOf(tickets, { name: 'solved', refreshMs: 24 * hour })]);

  const refresher = open();
  await clock.advance(10 * 60_000 + 1);
  await refresher.stop();

  assert.deepEqual(read, ['solved', 'solved', 'solved']);
});

test('a source that fails keeps no other from being read, and is tried again', async (t) => {
  const sources = [sourceOf(urls, { name: 'bad' }), sourceOf(urls, { name: 'good' })];
  const read: string[] = [];
  const ingest = async ({ name }: KnowledgeSource): Promise<void> => {
    read.push(name);
    if (name === 'bad') throw new Error('disk full');
  };
  const { clock, log, open } = start(t, sources, { ingest });

  const refresher = open();
  await clock.advance(5 * 60_000 + 1);
  await refresher.stop();

  assert.deepEqual(read, ['bad', 'good', 'bad', 'good']);
  assert.equal(log.find('a source of documents could not be refreshed').length, 2);
});

test('takes out the documents of a source that is no more', async (t) => {
  const { store, clock, open } = start(t, [sourceOf(urls, { name: 'site' })]);
  const site = collectionOf({ name: 'site', content: urls });
  for (const collection of [site, 'removed', 'site#00000000']) await store.putDocument(documentOf('a', 'h', collection), []);

  await store.putSync({ collection: 'removed', syncedAt: clock.now(), problems: [] });

  const refresher = open();
  await clock.advance(1);
  await refresher.stop();

  assert.deepEqual(
    (await store.listSyncs()).map(({ collection }) => collection),
    [site],
  );
  assert.deepEqual(
    (await store.listDocuments()).map(({ collection }) => collection),
    [site],
  );
});

test('ends in the middle of a read when it is stopped', async (t) => {
  const begun = Promise.withResolvers<void>();
  const ingest = (_: KnowledgeSource, signal: AbortSignal): Promise<void> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')));
      begun.resolve();
    });
  const { log, open, clock } = start(t, [sourceOf(urls, { name: 'site' })], { ingest });

  const refresher = open();
  await begun.promise;
  await refresher.stop();

  assert.deepEqual([log.lines.length, clock.pending()], [0, 0]);
});
