import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

function load(yaml: string) {
  return loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
}

const source = (settings: string) => `knowledge: { sources: { docs: ${settings} } }`;

describe('sources of documents', () => {
  test('stand beside the folder, with paths from where Parley runs', async () => {
    const yaml = `knowledge:
  folder: all
  sources:
    team: { folder: handbook, allow: [{ adapters: [slack], tenants: [T1] }, { channels: [C1] }] }
    prices: { files: [a.pdf, /b.docx], refreshHours: 1.5 }
    site: { urls: ["https://example.com/a"] }
    solved: { tickets: { adapters: [slack] }, everywhere: true }
    docs: { sitemap: "https://example.com/sitemap.xml", maxPages: 10 }
`;

    const { config } = await load(yaml);

    const { folder, sources } = config.knowledge;
    assert.equal(folder, `${memoryFolder}/all`);
    assert.deepEqual(sources['team'], {
      ...{ folder: `${memoryFolder}/handbook`, maxPages: 500, refreshHours: 24 },
      allow: [{ adapters: ['slack'], tenants: ['T1'] }, { channels: ['C1'] }],
    });
    assert.deepEqual(sources['prices']?.files, [`${memoryFolder}/a.pdf`, '/b.docx']);
    assert.deepEqual([sources['prices']?.refreshHours, sources['docs']?.maxPages], [1.5, 10]);
  });

  test('can be written as docs/knowledge.md shows', async () => {
    const page = readFileSync(new URL('../../docs/knowledge.md', import.meta.url), 'utf8');

    const { config } = await load(/```yaml\n([^`]*)```/.exec(page)?.[1] ?? '');

    assert.deepEqual(Object.keys(config.knowledge.sources), ['handbook', 'prices', 'status', 'docs', 'solved']);
  });

  for (const { what, yaml, says } of [
    { what: 'one that is nothing', yaml: source('{}'), says: /knowledge\.sources\.docs\.folder.*is missing: give one of/ },
    {
      what: 'one that is two things',
      yaml: source('{ folder: a, urls: ["https://example.com"] }'),
      says: /knowledge\.sources\.docs\.urls.*is set beside folder/,
    },
    { what: 'a rule that names nothing', yaml: source('{ folder: a, allow: [{}] }'), says: /docs\.allow.*names nothing/ },
    { what: 'no rule at all', yaml: source('{ folder: a, allow: [] }'), says: /docs\.allow/ },
    { what: 'people in a rule', yaml: source('{ folder: a, allow: [{ people: [U1] }] }'), says: /people/ },
    { what: 'an address with a password', yaml: source('{ urls: ["https://a:b@example.com"] }'), says: /docs\.urls.*password/ },
    { what: 'an address of a file', yaml: source('{ sitemap: "file:///etc/passwd" }'), says: /docs\.sitemap.*http or https/ },
    {
      what: 'tickets that nobody has said where to show',
      yaml: source('{ tickets: { tenants: [T1] } }'),
      says: /knowledge\.sources\.docs\.allow.*is missing.*everywhere: true/,
    },
    {
      what: 'tickets of everybody',
      yaml: source('{ tickets: {}, everywhere: true }'),
      says: /docs\.tickets.*names no conversations/,
    },
    {
      what: 'tickets for some and for all',
      yaml: source('{ tickets: { adapters: [slack] }, everywhere: true, allow: [{ tenants: [T1] }] }'),
      says: /docs\.everywhere.*is set beside allow/,
    },
    {
      what: 'everywhere: false in place of a scope',
      yaml: source('{ tickets: { adapters: [slack] }, everywhere: false }'),
      says: /docs\.allow.*is missing/,
    },
    {
      what: 'everywhere of another source',
      yaml: source('{ folder: a, everywhere: true }'),
      says: /docs\.everywhere.*goes with tickets/,
    },
    { what: 'the name of the folder', yaml: 'knowledge: { sources: { folder: { folder: a } } }', says: /choose another/ },
    { what: 'a name with capitals', yaml: 'knowledge: { sources: { Docs: { folder: a } } }', says: /1 to 40 of a-z/ },
  ]) {
    test(`refuse ${what}`, async () => {
      await assert.rejects(load(yaml), (error) => error instanceof ConfigError && says.test(error.message));
    });
  }
});
