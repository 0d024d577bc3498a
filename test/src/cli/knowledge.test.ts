import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { openFolderKnowledge } from '../knowledge/open-knowledge-store.ts';

/** A data folder with two documents, of which somebody has asked something. */
async function createAsked(t: TestContext) {
  const cwd = createWorkFolder(t);
  const folder = join(cwd, 'docs');
  mkdirSync(folder);
  writeFileSync(join(folder, 'returns.md'), '# Returns\n\nYou can send a lamp back within 30 days.\n');
  writeFileSync(join(folder, 'care.md'), '# Care\n\nWipe the lamp with a dry cloth.\n');
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  t.after(() => database.close());
  const store = createInProcessStore(database, createFakeClock());
  const knowledge = await openFolderKnowledge(folder, store);
  await knowledge.search({ question: 'Within how many days can I send a lamp back?' });
  await knowledge.search({ question: 'Do you deliver to Norway\u001b[2J?' });
  await knowledge.search({ question: 'do you deliver to norway' });
  await knowledge.search({ question: '...' });
  return { call: (...args: string[]) => callParley(['knowledge', ...args], { cwd }) };
}

test('lists the documents, and what a question finds in them', async (t) => {
  const { call } = await createAsked(t);
  const list = await call('list');
  const found = await call('search', 'send back');
  const json = JSON.parse((await call('search', 'send back', '--json')).stdout) as { source: string; excerpt: string }[]; // As written.
  const nothing = await call('search', 'Norway');

  assert.match(
    list.stdout,
    /^folder \(.*\) for all: 2 documents, looked at .*\n {2}care\.md +Care +1 passage\n {2}returns\.md +Returns +1 passage\n$/,
  );
  assert.match(found.stdout, /^folder: returns\.md: Returns \(\d+\.\d\d\)\n {2}You can send a lamp back within 30 days\.\n$/);
  assert.deepEqual(
    json.map(({ source }) => source),
    ['returns.md'],
  );
  assert.deepEqual([nothing.exitCode, nothing.stdout], [1, 'Nothing was found.\n']);
});

test('lists what was asked in vain, and nothing that was answered or is no question', async (t) => {
  const { call } = await createAsked(t);
  const gaps = await call('gaps');
  const json = JSON.parse((await call('gaps', '--json')).stdout) as { question: string; count: number }[]; // As written.
  const wrong = await call('gaps', '--limit', 'many');

  assert.equal(
    json.reduce((sum, { count }) => sum + count, 0),
    2,
  );
  assert.match(gaps.stdout, /deliver to [Nn]orway/);
  assert.equal(gaps.stdout.includes('\u001b'), false);
  assert.equal(wrong.exitCode, 2);
});
