import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { toLimits } from '../../src/config/resolve-limits.ts';
import { ConfigError } from '../../src/errors.ts';
import { priceOf } from '../../src/limits.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

function load(yaml: string, env: Record<string, string> = { OPENAI_API_KEY: 'sk-1' }) {
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
}

const whole = `
model: { openai: { maxOutputTokens: 500 } }
limits:
  messages: { person: { minute: 5, day: 100 }, channel: { hour: 50 } }
  tokens: { tenant: { month: 1000000 } }
  money: { overall: { day: 0.5 } }
  currency: EUR
  prices: { gpt-5.4-mini: { input: 0.25, cachedInput: 0.025, output: 2 } }
`;

test('limits are those that are set, by their keys, and money is counted in millionths', async () => {
  const { config } = await load(whole);

  assert.deepEqual(toLimits(config.limits), {
    messages: [
      { name: 'limits.messages.person.minute', scope: 'person', per: 'minute', most: 5 },
      { name: 'limits.messages.person.day', scope: 'person', per: 'day', most: 100 },
      { name: 'limits.messages.channel.hour', scope: 'channel', per: 'hour', most: 50 },
    ],
    budgets: [
      { name: 'limits.tokens.tenant.month', scope: 'tenant', per: 'month', most: 1_000_000, unit: 'tokens' },
      { name: 'limits.money.overall.day', scope: 'overall', per: 'day', most: 500_000, unit: 'money' },
    ],
  });
});

test('nothing is limited where nothing is set', async () => {
  const { config } = await load('');

  assert.deepEqual(toLimits(config.limits), { messages: [], budgets: [] });
});

test('a price is found by the name of the model, and sooner by that of its provider and the model', () => {
  const [direct, elsewhere] = [
    { input: 1, output: 2 },
    { input: 3, output: 4 },
  ];
  const prices = { 'org/model': direct, 'router org/model': elsewhere };

  const found = ['openai org/model', 'router org/model', 'org/model', 'openai other'].map((name) => priceOf(prices, name));

  assert.deepEqual(found, [direct, elsewhere, direct, undefined]);
});

const places = `
slack: { models: "gpt-5.4,gpt-5.4-mini", channels: { general: { model: gpt-5.5 } } }
`;
const providers = `
model:
  provider: claude
  fallback: [openai]
  openai: { maxOutputTokens: 10 }
  providers: { claude: { preset: anthropic, apiKey: k, model: claude-sonnet-5 } }
`;

const mistakes: readonly { readonly title: string; readonly yaml: string; readonly said: readonly RegExp[] }[] = [
  {
    title: 'a limit on money and a model without a price',
    yaml: whole.replace('gpt-5.4-mini:', 'gpt-5.4:'),
    said: [/^limits\.prices\.gpt-5\.4-mini: is missing: limits\.money\.overall\.day needs to know .*Example: limits: \{ prices/],
  },
  {
    title: 'models of places without a price',
    yaml: `${whole}${places}`,
    said: [/^limits\.prices\.gpt-5\.5: is missing/, /^limits\.prices\.gpt-5\.4: is missing/],
  },
  {
    title: 'a limit on tokens and answers without an end',
    yaml: 'limits: { tokens: { person: { day: 1000 } } }',
    said: [/^model\.openai\.maxOutputTokens: is missing: limits\.tokens\.person\.day is kept by reserving the longest answer/],
  },
  {
    title: 'a provider that answers without an end, and that no price is known of',
    yaml: `${providers}limits: { money: { person: { month: 1 } }, prices: { gpt-5.4-mini: { input: 1, output: 1 } } }`,
    said: [/^model\.providers\.claude\.maxOutputTokens: is missing/, /^limits\.prices\.claude-sonnet-5: is missing/],
  },
  {
    title: 'a limit that nothing fits in',
    yaml: 'limits: { messages: { person: { minute: 0 } } }',
    said: [/^limits\.messages\.person\.minute \(parley\.yaml line 1\): /],
  },
  {
    title: 'a time that there is no limit for',
    yaml: 'limits: { messages: { person: { week: 3 } } }',
    said: [/^limits\.messages\.person\.week .*there is no such setting/],
  },
];

for (const { title, yaml, said } of mistakes) {
  test(`${title} is a mistake that names the key`, async () => {
    const error: unknown = await load(yaml).catch((caught: unknown) => caught);

    assert.ok(error instanceof ConfigError);
    assert.equal(error.problems.length, said.length, error.problems.join('\n'));
    for (const [index, pattern] of said.entries()) assert.match(error.problems[index] ?? '', pattern);
  });
}

test('the built-in model costs nothing, and needs no price', async () => {
  const { config } = await load('limits: { money: { overall: { day: 1 } } }', {});

  assert.equal(config.model.provider, 'builtin');
});
