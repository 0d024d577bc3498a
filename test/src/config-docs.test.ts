import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { loadConfig } from '../../src/config.ts';
import { listVariables, renderReference } from '../../src/config/reference.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const top = new URL('../../', import.meta.url);

test('.env.example names exactly the variables that Parley reads, each with an explanation', () => {
  const lines = readFileSync(new URL('.env.example', top), 'utf8').split('\n');

  const named = lines.flatMap((line, index) => {
    const name = /^#?([A-Z][A-Z0-9_]*)=/.exec(line)?.[1];
    if (name) assert.match(lines[index - 1] ?? '', /^# \S/, `${name} is not explained`);
    return name ?? [];
  });

  assert.deepEqual(new Set(named), new Set(listVariables()));
  assert.equal(named.length, new Set(named).size);
});

test('.env.example can be copied as it is: it changes nothing', async () => {
  const example = readFileSync(new URL('.env.example', top), 'utf8');

  const { config } = await loadConfig({ env: parseEnv(example), cwd: memoryFolder, files: memoryFiles({}) });

  const defaults = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({}) });
  assert.deepEqual(config, defaults.config);
});

test('docs/configuration.md holds the reference as it is (write it anew with: npm run docs)', () => {
  const page = readFileSync(new URL('docs/configuration.md', top), 'utf8');

  const reference = page.split(/<!-- reference: (?:begin|end) -->\n/)[1];

  assert.equal(withoutAlignment(reference ?? ''), withoutAlignment(renderReference()));
});

/** The formatter aligns the columns of tables. */
function withoutAlignment(markdown: string): string {
  return markdown.trim().replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');
}

test('the example in docs/configuration.md is a configuration that works', async () => {
  const page = readFileSync(new URL('docs/configuration.md', top), 'utf8');
  const yaml = /```yaml\n(# parley\.yaml\n[^`]*)```/.exec(page)?.[1];
  const env = {
    SLACK_BOT_TOKEN: 'xoxb-1',
    SLACK_APP_TOKEN: 'xapp-1',
    OPENAI_API_KEY: 'sk-1',
    TICKETS_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    TICKETS_CALLBACK_SECRET: `whsec_${Buffer.alloc(24, 2).toString('base64')}`,
  };

  const { config } = await loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml ?? '' }) });

  assert.ok(yaml);
  assert.deepEqual([config.slack.enabled, Object.keys(config.webhooks)], [true, ['tickets']]);
});
