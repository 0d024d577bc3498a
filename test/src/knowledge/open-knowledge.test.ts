import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { loadSources, openKnowledge } from '../../../src/main/knowledge.ts';
import { createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { openKnowledgeStore } from './open-knowledge-store.ts';

async function createConfig(t: TestContext, yaml: string, env: Readonly<Record<string, string>> = {}) {
  const cwd = createWorkFolder(t);
  mkdirSync(join(cwd, 'knowledge'));
  writeFileSync(join(cwd, 'knowledge', 'care.md'), '# Care\n\nWipe the lamp.\n');
  writeFileSync(join(cwd, 'parley.yaml'), yaml);
  const store = openKnowledgeStore();
  t.after(() => store.close());
  return { config: (await loadConfig({ cwd, env })).config, store, log: createMemoryLog(), clock: createFakeClock() };
}

for (const { when, yaml, key, read } of [
  { when: 'the built-in model answers', yaml: '', key: '', read: 1 },
  { when: 'a rule allows to search them', yaml: 'tools: { allow: [{ tools: ["search_*"] }] }', key: 'sk-1', read: 1 },
  { when: 'nobody may search them', yaml: 'tools: { allow: [{ tools: [current_time] }] }', key: 'sk-1', read: 0 },
]) {
  test(`documents are ${read > 0 ? 'read before the first question' : 'left alone'} where ${when}`, async (t) => {
    const { config, ...parts } = await createConfig(t, yaml, key === '' ? {} : { OPENAI_API_KEY: key });

    const knowledge = await openKnowledge(config, { ...parts, signal: undefined });
    const documents = await parts.store.listDocuments();
    const topics = await knowledge.topics();
    await knowledge.stop();

    assert.deepEqual([documents.length, topics.length, parts.clock.pending()], [read, read, 0]);
  });
}

test('an added source that cannot be used any more is seen nowhere, and said; the configuration has the last word on a name', async (t) => {
  const yaml = 'knowledge: { sources: { team: { folder: team, allow: [{ tenants: [T1] }] } } }';
  const { config, store, log } = await createConfig(t, yaml);
  const settings = ['{"folder":"/a"}', 'no JSON', '{"folder":"/a","urls":["https://example.com"]}', '{"folder":"/a","later":1}'];
  for (const [index, text] of settings.entries()) await store.putSource({ name: `s${index}`, settings: text, addedAt: 1 });
  await store.putSource({ name: 'team', settings: '{"folder":"/everywhere"}', addedAt: 1 });

  const sources = await loadSources(config, { store, log });

  assert.deepEqual(
    sources.map(({ name, allow }) => [name, allow?.length]),
    [
      ['folder', undefined],
      ['team', 1],
      ['s0', undefined],
    ],
  );
  assert.deepEqual(
    log.lines.map(({ fields }) => fields['source']),
    ['s1', 's2', 's3'],
  );
});
