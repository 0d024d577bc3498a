import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { exitCodes, type Cli } from '../../../src/cli/command.ts';
import { syncSources } from '../../../src/cli/knowledge/sync.ts';
import { loadConfig } from '../../../src/config.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { openSite, page } from '../knowledge/site.ts';

interface ListedSource {
  readonly name: string;
  readonly allow?: unknown;
  readonly syncedAt?: string;
  readonly documents: readonly { readonly source: string; readonly title: string; readonly url?: string }[];
  readonly problems: readonly { readonly source: string; readonly reason: string }[];
}

function createWork(t: TestContext, yaml = '') {
  const cwd = createWorkFolder(t);
  for (const folder of ['knowledge', 'handbook']) mkdirSync(join(cwd, folder));
  writeFileSync(join(cwd, 'knowledge', 'care.md'), '# Care\n\nWipe the lamp with a dry cloth.\n');
  writeFileSync(join(cwd, 'handbook', 'salaries.md'), '# Salaries\n\nThe salary of a lamp tester is secret.\n');
  writeFileSync(join(cwd, 'handbook', 'broken.pdf'), '%PDF-1.4 broken');
  if (yaml !== '') writeFileSync(join(cwd, 'parley.yaml'), yaml);
  const call = (...args: readonly string[]) => callParley(['knowledge', ...args], { cwd });
  return {
    cwd,
    call,
    // As written by list.ts.
    list: async () => JSON.parse((await call('list', '--json')).stdout) as readonly ListedSource[],
  };
}

test('adds a folder for one team, says what it could not read, and finds it there alone', async (t) => {
  const { call, list } = createWork(t);

  const added = await call('add', 'handbook', 'handbook', '--tenant', 'T1', '--tenant', 'T2', '--channel', 'C1');
  const shown = await call('list');
  const find = async (...as: readonly string[]) => (await call('search', 'salary of a tester', ...as)).exitCode;

  assert.equal(added.exitCode, 1);
  assert.equal(added.stdout, 'handbook: 1 read, 0 unchanged, 0 removed\n  ! broken.pdf: it is damaged\n');
  assert.match(shown.stdout, /^handbook \(.*handbook\) for tenants T1, T2 and channels C1: 1 document, looked at/m);
  assert.match(shown.stdout, /^ {2}! broken\.pdf: it is damaged$/m);
  assert.deepEqual(
    (await list()).map(({ name }) => name),
    ['folder', 'handbook'],
  );
  assert.deepEqual((await list())[1]?.allow, [{ tenants: ['T1', 'T2'], channels: ['C1'] }]);
  assert.deepEqual(
    [await find(), await find('--as', 'slack/T2/C1'), await find('--as', 'slack/T2/C2'), await find('--as', 'slack/T3')],
    [0, 0, 1, 1],
  );
});

test('reads pages and sitemaps from the web, where the configuration lets it', async (t) => {
  const site = await openSite(t);
  site.set('/sitemap.xml', { body: `${site.origin}/a\n${site.origin}/b` });
  for (const path of ['/a', '/b']) site.set(path, { body: page(`Page ${path}`, 'word') });
  const { call, list } = createWork(t, 'outbound: { allow: ["127.0.0.1"] }\n');

  const added = await call('add', 'docs', `${site.origin}/sitemap.xml`, '--max-pages', '1', '--json');
  const again = await call('sync', 'docs');

  assert.deepEqual(JSON.parse(added.stdout), [
    {
      ...{ collection: 'docs', added: 1, unchanged: 0, removed: 0 },
      problems: [{ source: `${site.origin}/sitemap.xml`, reason: '1 pages are left out: maxPages is 1' }],
    },
  ]);
  assert.match(again.stdout, /^docs: 0 read, 1 unchanged, 0 removed\n/);
  assert.deepEqual(
    (await list()).at(-1)?.documents.map(({ title, url }) => [title, url]),
    [['Page /a', `${site.origin}/a`]],
  );
});

test('reads all sources at once, those of the configuration too, beside a process that has the ledger open', async (t) => {
  const { cwd, call, list } = createWork(
    t,
    'knowledge: { sources: { team: { folder: handbook, allow: [{ adapters: [slack] }] } } }\n',
  );
  const running = openDatabase({ folder: join(cwd, 'data'), exclusive: true });
  t.after(() => running.close());

  const synced = await call('sync');
  const listed = await list();

  assert.equal(synced.exitCode, 1);
  assert.match(synced.stdout, /^folder: 1 read.*\nteam: 1 read, 0 unchanged, 0 removed\n {2}! broken\.pdf/);
  assert.deepEqual(
    listed.map(({ name, documents }) => [name, documents.length]),
    [
      ['folder', 1],
      ['team', 1],
    ],
  );
});

test('removes a source that was added, with its documents, and no other', async (t) => {
  const { call, list } = createWork(t, 'knowledge: { sources: { team: { folder: handbook } } }\n');
  await call('add', 'single', 'knowledge/care.md');

  const removed = await call('remove', 'single');
  const refused = [await call('remove', 'single'), await call('remove', 'team'), await call('remove', 'folder')];

  assert.deepEqual([removed.exitCode, removed.stdout], [0, 'Removed single: 1 document.\n']);
  assert.deepEqual(
    refused.map(({ exitCode }) => exitCode),
    [2, 2, 2],
  );
  assert.match(refused[0]?.stderr ?? '', /There is no source "single"\. There are: folder, team\./);
  assert.match(refused[1]?.stderr ?? '', /team stands in the configuration: remove knowledge\.sources\.team there/);
  assert.deepEqual(
    (await list()).map(({ name }) => name),
    ['folder', 'team'],
  );
  assert.equal((await call('search', 'dry cloth')).exitCode, 1);
});

/** What is added wrongly, and what must be said of it. */
const mistakes: readonly (readonly [args: readonly string[], said: RegExp])[] = [
  [['Bad Name', 'handbook'], /NAME must have 1 to 40 of a-z, 0-9 and -/],
  [['folder', 'handbook'], /is the name of the source that knowledge\.folder is/],
  [['a', 'nowhere'], /nowhere does not exist/],
  [['a', 'handbook', 'knowledge'], /A folder is a source of its own/],
  [['a', 'handbook', 'https://example.com'], /Files and addresses are sources of their own/],
  [['a', 'https://user:secret@example.com/'], /must not hold a user name or password/],
  [['a', 'https://'], /must be an http or https URL/],
  [['a', 'handbook', '--refresh-hours', '0'], /refreshHours/],
  [['a', 'handbook', '--max-pages', 'many'], /--max-pages: "many" is no number/],
  [['a', 'handbook', '--tenant', ''], /allow/],
  [
    ['team', 'handbook'],
    /There is a source "team" in the configuration: change knowledge\.sources\.team there, or add this under another name/,
  ],
];

for (const [args, said] of mistakes) {
  test(`refuses to add ${args.join(' ')}, and keeps nothing of it`, async (t) => {
    const { call, list } = createWork(t, 'knowledge: { sources: { team: { folder: handbook } } }\n');
    await call('sync');

    const refused = await call('add', ...args);

    assert.equal(refused.exitCode, 2, refused.stdout + refused.stderr);
    assert.match(refused.stderr, said);
    assert.deepEqual(
      (await list()).map(({ name }) => name),
      ['folder', 'team'],
    );
  });
}

test('refuses a name that was added before, and says how it becomes free', async (t) => {
  const { call } = createWork(t);
  await call('add', 'team', 'handbook');

  const again = await call('add', 'team', 'handbook');
  const { exitCode } = await call('remove', 'team');

  assert.equal(again.exitCode, 2);
  assert.match(again.stderr, /There is a source "team" already\. To replace it: parley knowledge remove team/);
  assert.equal(exitCode, 0);
});

test('says which place is none, and which source there is not', async (t) => {
  const { call } = createWork(t);

  const wrong = [await call('search', 'lamp', '--as', 'slack'), await call('sync', 'nowhere')];

  assert.deepEqual(
    wrong.map(({ exitCode }) => exitCode),
    [2, 2],
  );
  assert.match(wrong[0]?.stderr ?? '', /--as: "slack" is no place/);
  assert.match(wrong[1]?.stderr ?? '', /There is no source "nowhere"\. There are: folder\./);
});

test('shows how far it is where somebody looks on, and leaves nothing of that behind', async (t) => {
  const { cwd, call } = createWork(t);
  const written: string[] = [];
  const cli: Cli = {
    stdout: { write: () => undefined },
    stderr: { write: (text) => written.push(text), isTTY: true },
    loadConfig: () => loadConfig({ cwd, env: {} }),
    exitCode: exitCodes.ok,
  };

  await syncSources({ name: 'folder' }, cli);
  const unseen = await call('sync');

  assert.deepEqual(written, ['\r\u001b[Kfolder 1/1 care.md', '\r\u001b[K']);
  assert.equal(unseen.stderr, '');
});
