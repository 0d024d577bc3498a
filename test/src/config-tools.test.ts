import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

function load(yaml: string, env: Record<string, string> = {}) {
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
}

describe('the settings of tools', () => {
  test('allow nothing unless a rule does', async () => {
    const { config } = await load('');

    assert.deepEqual([config.tools.allow, config.tools.mcp], [[], {}]);
  });

  test('allow a look at documents of the team where there are some, unless rules say otherwise', async () => {
    const lookingUp = [{ tools: ['search_knowledge'] }];
    const own = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({}, { folders: ['knowledge'] }) });
    const rules = async (yaml: string) => (await load(yaml)).config.tools.allow;

    assert.deepEqual(own.config.tools.allow, lookingUp);
    assert.deepEqual(await rules('knowledge: { folder: ./handbook }'), lookingUp);
    assert.deepEqual(await rules('knowledge: { sources: { web: { urls: ["https://docs.example.com/"] } } }'), lookingUp);
    assert.deepEqual(await rules('{ knowledge: { folder: ./handbook }, tools: { allow: [] } }'), []);
    assert.deepEqual(await rules('{ knowledge: { folder: ./handbook }, tools: { allow: [{ tools: [current_time] }] } }'), [
      { tools: ['current_time'] },
    ]);
  });

  test('do not take the documents that come with Parley for those of the team', async () => {
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const { config } = await loadConfig({ env: {}, cwd, files: { ...memoryFiles({}), isFolder: () => true } });

    assert.deepEqual(config.tools.allow, []);
  });

  test('take the secrets of servers from the environment, and know them as secrets', async () => {
    const yaml =
      'tools: { mcp: { docs: { command: [docs], env: { DOCS_TOKEN: "${A_TOKEN}" } }, crm: { url: "https://mcp.example.com/mcp", token: "${B_TOKEN}" } } }';

    const { config, secrets } = await load(yaml, { A_TOKEN: 'first-token', B_TOKEN: 'second-token' });

    assert.equal(config.tools.mcp['docs']?.env['DOCS_TOKEN'], 'first-token');
    assert.deepEqual(secrets.toSorted(), ['first-token', 'second-token']);
  });

  for (const { what, yaml, says } of [
    {
      what: 'a server that is neither program nor address',
      yaml: 'tools: { mcp: { docs: {} } }',
      says: /tools\.mcp\.docs\.command.*is missing/,
    },
    {
      what: 'a server that is both',
      yaml: 'tools: { mcp: { docs: { command: [x], url: "https://x.example/mcp" } } }',
      says: /tools\.mcp\.docs\.url.*beside command/,
    },
    {
      what: 'a token for a program',
      yaml: 'tools: { mcp: { docs: { command: [x], token: abc } } }',
      says: /tools\.mcp\.docs\.token.*goes with url/,
    },
    {
      what: 'OAuth beside a token',
      yaml: 'tools: { mcp: { docs: { url: "https://x.example/mcp", token: abc, oauth: { issuer: "https://y.example", clientId: a, clientSecret: b } } } }',
      says: /tools\.mcp\.docs\.oauth.*not beside a token/,
    },
    {
      what: 'OAuth without a secret',
      yaml: 'tools: { mcp: { docs: { url: "https://x.example/mcp", oauth: { issuer: "https://y.example", clientId: a } } } }',
      says: /tools\.mcp\.docs\.oauth\.clientSecret.*is missing/,
    },
    {
      what: 'a tool of a server that both looks and acts',
      yaml: 'tools: { mcp: { docs: { command: [x], readOnly: [find, "create_*"], acting: ["create_*"] } } }',
      says: /tools\.mcp\.docs\.acting.*create_\*.*readOnly/,
    },
    {
      what: 'half of what Salesforce needs',
      yaml: 'tools: { presets: { salesforce: { url: "https://acme.my.salesforce.com" } } }',
      says: /tools\.presets\.salesforce\.clientSecret.*go together/,
    },
    {
      what: 'a place for messages on a platform that is off',
      yaml: 'tools: { post: { oncall: { slack: { channel: C0123456789 }, title: outages } } }',
      says: /tools\.post\.oncall\.slack.*Slack is switched off/,
    },
    {
      what: 'a place for messages that is nowhere',
      yaml: 'tools: { post: { oncall: { title: outages } } }',
      says: /tools\.post\.oncall\.slack.*is missing: say where/,
    },
    {
      what: 'a rule for an adapter that there is not',
      yaml: 'tools: { allow: [{ tools: [a], adapters: [slak] }] }',
      says: /tools\.allow\.0\.adapters.*did you mean slack/,
    },
    { what: 'a rule that names no tool', yaml: 'tools: { allow: [{ adapters: [slack] }] }', says: /tools\.allow/ },
    {
      what: 'a rule that is empty where it should narrow',
      yaml: 'tools: { allow: [{ tools: [a], channels: [] }] }',
      says: /tools\.allow/,
    },
    { what: 'a rule with an unknown key', yaml: 'tools: { allow: [{ tools: [a], channel: [C1] }] }', says: /tools\.allow/ },
  ]) {
    test(`refuse ${what}`, async () => {
      await assert.rejects(load(yaml), (error) => error instanceof ConfigError && says.test(error.message));
    });
  }
});
