import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const load = async (yaml: string) =>
  (await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) })).config.safety;

test('nothing is kept from anybody, and nothing is checked, until that is configured', async () => {
  const { redact, moderation } = await load('');

  assert.deepEqual(redact, { kinds: [], patterns: {}, exceptProviders: [], images: true });
  assert.deepEqual([moderation.input, moderation.output, moderation.onFailure], [[], [], 'refuse']);
});

const mistakes: readonly (readonly [yaml: string, says: RegExp])[] = [
  ['safety: { redact: { kinds: [emails] } }', /safety\.redact\.kinds.*email/s],
  ["safety: { redact: { patterns: { a: '(?=x)' } } }", /safety\.redact\.patterns\.a.*ahead or behind/s],
  ["safety: { redact: { patterns: { a: '(' } } }", /safety\.redact\.patterns\.a.*Unterminated group/s],
  ["safety: { redact: { patterns: { A-B: 'x' } } }", /safety\.redact\.patterns.*a-z, 0-9/s],
  ['safety: { redact: { exceptProviders: [locall] } }', /safety\.redact\.exceptProviders.*names "locall"/s],
  ['safety: { moderation: { input: [rules] } }', /safety\.moderation\.rules.*is missing/s],
  ['safety: { moderation: { rules: { spam: { words: [x] } } } }', /safety\.moderation\.rules.*checks nothing.*input: \[rules\]/s],
  ['safety: { moderation: { endpoint: { thresholds: { hate: 0.5 } } } }', /safety\.moderation\.endpoint.*checks nothing/s],
  ['safety: { moderation: { output: [endpoint] } }', /safety\.moderation\.endpoint\.apiKey.*is missing/s],
  ["safety: { moderation: { rules: { a: { patterns: ['(a)\\1'] } } } }", /rules\.a\.patterns.*refers back/s],
];

for (const [yaml, says] of mistakes) test(`names what is wrong: ${yaml}`, () => assert.rejects(load(yaml), says));
