import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { IngestReport } from '../../../src/knowledge/ingest.ts';
import { silentLog, type Log } from '../../../src/log.ts';
import type { Store } from '../../../src/store/store.ts';
import { documentOf, ingestNow, openKnowledgeStore, sourceOf } from './open-knowledge-store.ts';

interface Folder extends AsyncDisposable {
  readonly path: string;
  readonly store: Store;
  readonly warnings: string[];
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  ingest(): Promise<IngestReport>;
  sources(): Promise<readonly string[]>;
}

async function openFolder(): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'parley-knowledge-'));
  const path = join(root, 'knowledge');
  const store = openKnowledgeStore();
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message, fields) => void warnings.push(`${message} ${JSON.stringify(fields)}`) };
  await mkdir(path);
  return {
    path,
    store,
    warnings,
    write: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(join(path, name, '..'), { recursive: true });
        await writeFile(join(path, name), content);
      }
    },
    ingest: () => ingestNow(store, sourceOf({ type: 'folder', folder: path }), { log }),
    sources: async () => (await store.listDocuments()).map(({ source }) => source),
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await rm(root, { recursive: true });
    },
  };
}

/** Added, unchanged, removed, problems. */
function counts({ added, unchanged, removed, problems }: IngestReport): readonly number[] {
  return [added, unchanged, removed, problems.length];
}

test('reads Markdown and text files at any depth, and no others', async () => {
  await using folder = await openFolder();
  await folder.write({
    'a.md': '# Alpha\n\none',
    'sub/deep/b.TXT': 'two',
    'c.odt': 'three',
    '.hidden.md': 'four',
    '.git/d.md': 'five',
  });

  const report = await folder.ingest();

  assert.deepEqual(counts(report), [2, 0, 0, 0]);
  assert.deepEqual(await folder.store.listTitles(9), ['Alpha', 'b']);
  assert.deepEqual(await folder.sources(), ['a.md', 'sub/deep/b.TXT']);
  assert.equal((await folder.store.searchPassages('"two"', 5))[0]?.source, 'sub/deep/b.TXT');
});

test('puts only what is new or changed into the index, and takes out what is gone', async () => {
  await using folder = await openFolder();
  await folder.write({ 'same.md': 'same', 'changed.md': 'before', 'gone.md': 'gone' });
  await folder.ingest();

  await folder.write({ 'changed.md': 'after', 'new.md': 'new' });
  await rm(join(folder.path, 'gone.md'));
  const report = await folder.ingest();

  assert.deepEqual(counts(report), [2, 1, 1, 0]);
  assert.deepEqual(await folder.sources(), ['changed.md', 'new.md', 'same.md']);
  assert.equal((await folder.store.searchPassages('"before"', 5)).length, 0);
  assert.equal((await folder.store.searchPassages('"after"', 5)).length, 1);
});

test('follows links inside the folder, and none that lead out of it', async () => {
  await using folder = await openFolder();
  await writeFile(join(folder.path, '..', 'secret.md'), 'secret');
  await folder.write({ '..data/real.md': 'mounted' });
  await symlink('..data/real.md', join(folder.path, 'mounted.md'));
  await symlink('../secret.md', join(folder.path, 'secret.md'));
  await symlink('..', join(folder.path, 'up'));
  await symlink('nowhere.md', join(folder.path, 'dangling.md'));
  await symlink('loop.md', join(folder.path, 'loop.md'));

  await folder.ingest();

  assert.deepEqual(await folder.sources(), ['mounted.md']);
  assert.equal(folder.warnings.length, 3);
});

test('reads UTF-8 with a byte order mark, UTF-16 and Windows-1252', async () => {
  await using folder = await openFolder();
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Größe sechzehn', 'utf16le')]);
  await folder.write({
    'bom.md': '\ufeff# Bom\n\nGröße acht',
    'utf16.txt': utf16,
    'windows.txt': Buffer.from('Größe zwölf', 'latin1'),
  });

  await folder.ingest();

  assert.deepEqual(await folder.store.listTitles(9), ['Bom', 'utf16', 'windows']);
  assert.deepEqual((await folder.store.searchPassages('"größe"', 5)).map(({ text }) => text).toSorted(), [
    'Größe acht',
    'Größe sechzehn',
    'Größe zwölf',
  ]);
});

test('leaves out what is too large or not text, with a line in the log, and takes it out where it was in the index', async () => {
  await using folder = await openFolder();
  await folder.write({ 'large.md': 'small', 'binary.md': 'text' });
  await folder.ingest();

  await folder.write({ 'large.md': 'x'.repeat(3 * 1024 * 1024), 'binary.md': new Uint8Array([1, 0, 2]) });
  const report = await folder.ingest();

  assert.deepEqual(counts(report), [0, 0, 2, 2]);
  assert.equal(folder.warnings.length, 2);
});

test('has no documents, and says so, where there is no folder', async () => {
  await using folder = await openFolder();
  await folder.write({ 'a.md': 'one' });
  await folder.ingest();

  await rm(folder.path, { recursive: true });
  const report = await folder.ingest();

  assert.deepEqual(counts(report), [0, 0, 1, 1]);
  assert.match(folder.warnings[0] ?? '', /does not exist/);
});

test('indexes anew what an earlier version has indexed in another way, although the file is the same', async () => {
  await using folder = await openFolder();
  const content = '# 返品\n\n三十日以内に返品できます。\n';
  await folder.write({ 'returns.md': content, 'plain.md': '# Plain\n\nWords.\n' });
  for (const source of ['returns.md', 'plain.md']) {
    await folder.store.putDocument(documentOf(source, hash('sha256', `1\n${content}`)), [
      { source, heading: '返品', text: '三十日以内に返品できます。', position: 0 },
    ]);
  }

  const first = await folder.ingest();
  const second = await folder.ingest();

  assert.deepEqual([first.added, second.added, second.unchanged], [2, 0, 2]);
  const [found] = await folder.store.searchPassages('"以内"', 10);
  assert.deepEqual([found?.source, found?.heading, found?.text], ['returns.md', '返品', '三十日以内に返品できます。']);
});
