import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const load = (yaml: string, env: Record<string, string> = {}) =>
  loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });

async function problemsOf(yaml: string): Promise<string> {
  const error: unknown = await load(yaml).catch((error: unknown) => error);
  assert.ok(error instanceof ConfigError, 'it was accepted');
  return error.problems.join('\n');
}

test('documents are embedded by Parley itself until a provider is named', async () => {
  const { config } = await load('');

  assert.equal(config.knowledge.embeddings.provider, undefined);
});

test('vectors may come from another provider than answers', async () => {
  const yaml = `
model: { provider: builtin, providers: { local: { preset: ollama, model: chat } } }
knowledge: { embeddings: { provider: local, model: nomic-embed-text, maxInputTokens: 512 } }`;

  const { config } = await load(yaml);

  assert.equal(config.model.provider, 'builtin');
  assert.equal(config.knowledge.embeddings.provider, 'local');
  assert.equal(config.knowledge.embeddings.maxInputTokens, 512);
});

test('says which setting of embeddings is wrong', async () => {
  const unknown = await problemsOf('knowledge: { embeddings: { provider: opnai, model: m } }');
  const incomplete = await problemsOf('knowledge: { embeddings: { provider: openai } }');

  assert.match(unknown, /knowledge\.embeddings\.provider.*names "opnai", which is none of openai \(did you mean openai\?\)/);
  assert.match(incomplete, /knowledge\.embeddings\.model.*is missing/);
  assert.match(incomplete, /model\.openai\.apiKey.*is missing, and knowledge\.embeddings asks api\.openai\.com/);
});
