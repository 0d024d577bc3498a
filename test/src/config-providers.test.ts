import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { describeConfig } from '../../src/cli/overview.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

function load(yaml: string, env: Record<string, string> = {}) {
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
}

test('the first provider answers where no other is named, and OpenAI where it has a key', async () => {
  const yaml =
    'model: { providers: { local: { preset: ollama, model: m }, claude: { preset: anthropic, apiKey: k, model: m } } }';

  const own = await load(yaml);
  const openai = await load(yaml, { OPENAI_API_KEY: 'sk-1' });

  assert.equal(own.config.model.provider, 'local');
  assert.equal(openai.config.model.provider, 'openai');
});

test('keys and headers of providers come from the environment, and are secrets', async () => {
  const yaml =
    'model: { providers: { it: { preset: custom, baseUrl: "https://llm.example.com/v1", model: m, apiKey: "${IT_KEY}", headers: ["x-key: ${IT_HEADER}"] } } }';

  const { config, secrets } = await load(yaml, { IT_KEY: 'key-of-it', IT_HEADER: 'more-of-it' });

  assert.equal(config.model.providers['it']?.apiKey, 'key-of-it');
  assert.deepEqual(secrets, ['key-of-it', 'x-key: more-of-it']);
});

test('who answers, and who does where that fails, is shown with its address', async () => {
  const yaml =
    'model: { provider: claude, fallback: [local], providers: { local: { preset: ollama, model: llama }, claude: { preset: anthropic, apiKey: k, model: claude } } }';

  const { config } = await load(yaml);

  const [model] = describeConfig(config, memoryFolder);
  assert.equal(model?.detail, 'claude at api.anthropic.com; where that fails llama at localhost:11434');
});

const mistakes: readonly { readonly title: string; readonly yaml: string; readonly said: RegExp }[] = [
  {
    title: 'a provider that nobody has set up',
    yaml: 'model: { provider: claud, providers: { claude: { preset: anthropic, apiKey: k, model: m } } }',
    said: /^model\.provider \(parley\.yaml line 1\): names "claud", which is none of auto, builtin, openai, claude \(did you mean claude\?\)/,
  },
  {
    title: 'a provider that is asked twice',
    yaml: 'model: { fallback: [claude], providers: { claude: { preset: anthropic, apiKey: k, model: m } } }',
    said: /^model\.fallback \(parley\.yaml line 1\): names claude, which has been asked by then/,
  },
  {
    title: 'somebody who is to help the built-in model out',
    yaml: 'model: { provider: builtin, fallback: [local], providers: { local: { preset: ollama, model: m } } }',
    said: /^model\.fallback \(parley\.yaml line 1\): is for an AI model, and the built-in model answers: set model\.provider/,
  },
  {
    title: 'a preset that there is not',
    yaml: 'model:\n  providers:\n    it:\n      preset: antropic\n',
    said: /^model\.providers\.it\.preset \(parley\.yaml line 4\): must be one of openai, .*, custom, not "antropic" \(did you mean anthropic\?\)/,
  },
  {
    title: 'a provider without its key',
    yaml: 'model: { providers: { it: { preset: groq, model: m } } }',
    said: /^model\.providers\.it\.apiKey.*: is missing, and groq answers nobody without one \(or tokenCommand\)/,
  },
  {
    title: 'a key beside what makes one',
    yaml: 'model: { providers: { it: { preset: groq, model: m, apiKey: k, tokenCommand: [make-token] } } }',
    said: /^model\.providers\.it\.tokenCommand.*: is set beside apiKey: keep one of them/,
  },
  {
    title: 'a provider whose address has a gap',
    yaml: 'model: { providers: { it: { preset: vertex, region: europe-west1, model: m, tokenCommand: [make-token] } } }',
    said: /^model\.providers\.it\.project.*: is missing: vertex needs it/,
  },
  {
    title: 'an endpoint without an address',
    yaml: 'model: { providers: { it: { preset: custom, model: m } } }',
    said: /^model\.providers\.it\.baseUrl.*: is missing: custom needs it/,
  },
  {
    title: 'a provider without a model',
    yaml: 'model: { providers: { it: { preset: azure, resource: ours, apiKey: k } } }',
    said: /^model\.providers\.it\.model.*: is missing: the name of the deployment/,
  },
  {
    title: 'a temperature that the provider does not take',
    yaml: 'model: { providers: { it: { preset: anthropic, apiKey: k, model: m, temperature: 1.2 } } }',
    said: /^model\.providers\.it\.temperature.*: must be at most 1, which is what anthropic takes/,
  },
  {
    title: 'a provider whose name means something else',
    yaml: 'model: { providers: { openai: { preset: openai, apiKey: k, model: m } } }',
    said: /^model\.providers\.openai.*must not be one of auto, builtin, openai/,
  },
  {
    title: 'a header that is none',
    yaml: 'model: { providers: { it: { preset: ollama, model: m, headers: [x-title] } } }',
    said: /^model\.providers\.it\.headers.*must hold headers, as in Name: value/,
  },
];

for (const { title, yaml, said } of mistakes) {
  test(`names the key and how to mend it: ${title}`, async () => {
    const error = await load(yaml).then(
      () => assert.fail('the configuration was accepted'),
      (reason: unknown) => reason,
    );

    assert.ok(error instanceof ConfigError);
    assert.equal(error.problems.length, 1, error.message);
    assert.match(error.problems[0] ?? '', said);
  });
}
