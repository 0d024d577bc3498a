import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ReadDocument } from '../../../src/knowledge/document-item.ts';
import { createPdf } from '../files/samples.ts';
import { ingestNow, openKnowledgeStore, sourceOf } from './open-knowledge-store.ts';

async function openFiles(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await mkdtemp(join(tmpdir(), 'parley-formats-'));
  const store = openKnowledgeStore();
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return { folder, store, find: (word: string) => store.searchPassages(`"${word}"`, 5) };
}

test('reads HTML, PDF and DOCX beside Markdown, and says by name and reason what could not be read', async (t) => {
  const { folder, store, find } = await openFiles(t, {
    'a-bad.pdf': '%PDF-1.4 damaged',
    'guide.pdf': createPdf(['Lamps are red', 'Shades are blue']),
    'page.html': '<html><head><title>Care</title></head><body><p>Wipe with a cloth.</p></body></html>',
    'z.md': '# Last\n\nStill read.',
    'picture.png': 'no document',
  });
  const source = sourceOf({ type: 'folder', folder });

  const report = await ingestNow(store, source);
  const again = await ingestNow(store, source);

  assert.deepEqual([report.added, again.added, again.unchanged], [3, 0, 3]);
  assert.deepEqual(
    report.problems.map(({ source: name, reason }) => [name, reason]),
    [['a-bad.pdf', 'it is damaged']],
  );
  assert.deepEqual(again.problems, report.problems);
  assert.deepEqual((await store.listSyncs())[0]?.problems, report.problems);
  assert.deepEqual(
    (await find('blue')).map(({ heading, title }) => [heading, title]),
    [['guide › Page 2', 'guide']],
  );
  assert.deepEqual(
    (await find('cloth')).map(({ heading, title }) => [heading, title]),
    [['Care', 'Care']],
  );
  assert.equal((await find('still')).length, 1);
});

test('a document is read once: neither the same content nor the same damage is tried again', async (t) => {
  const { folder, store } = await openFiles(t, { 'good.pdf': 'good', 'bad.pdf': 'bad', 'part.pdf': 'part' });
  const asked: string[] = [];
  const readDocument: ReadDocument = ({ name }) => {
    asked.push(name);
    if (name === 'bad.pdf') return Promise.resolve({ problem: 'it is damaged' });
    return Promise.resolve({ text: 'word', ...(name === 'part.pdf' ? { note: 'only the first page was read' } : {}) });
  };
  const source = sourceOf({ type: 'folder', folder });

  const first = await ingestNow(store, source, { readDocument });
  const second = await ingestNow(store, source, { readDocument });
  await writeFile(join(folder, 'bad.pdf'), 'mended');
  await ingestNow(store, source, { readDocument });

  assert.deepEqual(asked.toSorted(), ['bad.pdf', 'bad.pdf', 'good.pdf', 'part.pdf']);
  assert.deepEqual(second.problems.map(({ source: name, reason }) => `${name}: ${reason}`).toSorted(), [
    'bad.pdf: it is damaged',
    'part.pdf: only the first page was read',
  ]);
  assert.equal(first.problems.length, 2);
});

test('what could not be read is told in the order of the source, whichever of the documents was read first', async (t) => {
  const { folder, store } = await openFiles(t, { 'a.pdf': 'a', 'b.pdf': 'b' });
  const laterRead = Promise.withResolvers<void>();
  const readDocument: ReadDocument = async ({ name }) => {
    if (name === 'a.pdf') await laterRead.promise;
    else setImmediate(laterRead.resolve);
    return { problem: 'it is damaged' };
  };

  const { problems } = await ingestNow(store, sourceOf({ type: 'folder', folder }), { readDocument });

  assert.deepEqual(
    problems.map(({ source }) => source),
    ['a.pdf', 'b.pdf'],
  );
});

test('single files are read by their paths, and one that is not there leaves the index', async (t) => {
  const { folder, store } = await openFiles(t, { 'a.md': 'alpha', 'b.html': '<p>beta</p>' });
  const files = [join(folder, 'a.md'), join(folder, 'b.html'), join(folder, 'c.docx')];
  const source = sourceOf({ type: 'files', files }, { name: 'single' });

  const first = await ingestNow(store, source);
  await rm(join(folder, 'a.md'));
  const second = await ingestNow(store, source);

  assert.deepEqual([first.added, second.unchanged, second.removed], [2, 1, 1]);
  assert.deepEqual(
    second.problems.map(({ source: name, reason }) => [name, reason]),
    [
      [files[0], 'it is not there'],
      [files[2], 'it is not there'],
    ],
  );
  assert.deepEqual(
    (await store.listDocuments()).map(({ source: name }) => name),
    [files[1]],
  );
});

test('a read that is stopped leaves whole documents, and the next one goes on', async (t) => {
  const { folder, store } = await openFiles(
    t,
    Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`${at}.md`, `word ${at}`])),
  );
  const stopping = new AbortController();
  const source = sourceOf({ type: 'folder', folder });
  const onProgress = ({ done }: { done: number }) => (done === 40 ? stopping.abort(new Error('stopped')) : undefined);

  const { ingestSource } = await import('../../../src/knowledge/ingest.ts');
  const { createFakeClock } = await import('../../support/fake-clock.ts');
  const { silentLog } = await import('../../../src/log.ts');
  const never = () => Promise.reject(new Error('never'));
  const means = { store, clock: createFakeClock(), log: silentLog, readDocument: never, fetch: never };
  await assert.rejects(ingestSource(source, { ...means, onProgress }, stopping.signal), /stopped/);
  const half = (await store.listDocuments()).length;
  const report = await ingestNow(store, source);

  assert.ok(half >= 32 && half < 70, String(half));
  assert.deepEqual([report.added, report.unchanged, report.removed], [70 - half, half, 0]);
});
