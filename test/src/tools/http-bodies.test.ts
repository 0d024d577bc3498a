import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { maskConfig } from '../../../src/config/mask.ts';
import { ConfigError } from '../../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../../support/config-files.ts';
import { openTool } from './configured.ts';

/** One value of each kind, as YAML and JSON write them. */
const typed = {
  limit: 5,
  ratio: -0.5,
  live: true,
  off: false,
  none: null,
  text: '5',
  word: 'true',
  empty: '',
  list: [1, 'two', null, false, { deep: [3] }],
};

async function loadTool(yaml: string, env: Readonly<Record<string, string>> = {}) {
  const text = `tools:\n  http:\n    try_it:\n      description: Tries.\n      url: https://api.example.com/\n${yaml}`;
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': text }) });
}

async function problemsOf(yaml: string): Promise<readonly string[]> {
  const error: unknown = await loadTool(yaml).catch((reason: unknown) => reason);
  assert.ok(error instanceof ConfigError, 'the configuration was accepted');
  return error.problems;
}

describe('JSON that stands in the configuration as YAML', () => {
  test('is sent with the types that it is written in', async (t) => {
    const { api, run } = await openTool(t, { url: 'URL/', json: { ...typed, id: '{{args.id}}' } });

    await run({ id: 'A-1' });

    assert.deepEqual(JSON.parse(api.requests[0]?.body ?? ''), { ...typed, id: 'A-1' });
  });

  test('and so in the variables of GraphQL', async (t) => {
    const { api, run } = await openTool(
      t,
      { url: 'URL/', graphql: { query: 'query($first: Int) { orders { id } }', variables: typed } },
      () => ({ body: { data: {} } }),
    );

    await run({ id: 'A-1' });

    assert.deepEqual((JSON.parse(api.requests[0]?.body ?? '') as { variables: unknown }).variables, typed);
  });

  for (const [what, params] of [
    ['as an object', typed],
    ['as a list', [1, null, true, '1']],
  ] as const) {
    test(`and so in the parameters of JSON-RPC, ${what}`, async (t) => {
      const { api, run } = await openTool(t, { url: 'URL/', jsonRpc: { method: 'find', params } }, () => ({
        body: { result: 1 },
      }));

      await run({ id: 'A-1' });

      assert.deepEqual((JSON.parse(api.requests[0]?.body ?? '') as { params: unknown }).params, params);
    });
  }

  test('bounds the arguments of a tool as it says, and the model is shown the same bounds', async (t) => {
    const parameters = {
      type: 'object',
      properties: {
        id: { type: 'string', maxLength: 4 },
        count: { type: 'integer', minimum: 1, maximum: 3 },
        level: { enum: [1, 2] },
        tags: { type: 'array', items: { type: 'string' }, maxItems: 1 },
      },
      required: ['id'],
      additionalProperties: false,
    };
    const { api, tool } = await openTool(t, { url: 'URL/{{args.id}}', parameters });
    const { createArgumentReader } = await import('../../../src/tools/tool-arguments.ts');
    const read = createArgumentReader(tool.parameters);

    assert.deepEqual(tool.parameters, parameters);
    assert.ok('value' in read('{"id":"A-1","count":2,"level":2,"tags":["x"]}'));
    const unfit = [
      { id: 'A-100' },
      { id: 'A', count: 4 },
      { id: 'A', level: '1' },
      { id: 'A', tags: ['x', 'y'] },
      { id: 'A', b: 1 },
    ];
    for (const given of unfit) assert.ok('problem' in read(JSON.stringify(given)), JSON.stringify(given));
    assert.deepEqual(api.requests, []);
  });

  for (const [at, schema, why] of [
    ['properties.id.maxLength', `properties: { id: { type: string, maxLength: '20' } }`, 'must be a number'],
    ['properties.id.maxLength', 'properties: { id: { type: string, maxLength: "${MAX}" } }', 'must be a number'],
    ['properties.a.items.anyOf.0.minimum', 'properties: { a: { items: { anyOf: [{ minimum: ~ }] } } }', 'must be a number'],
    ['additionalProperties', `additionalProperties: 'false'`, 'must be true, false or a schema'],
  ] as const) {
    test(`is refused for a bound that would bound nothing: ${schema}`, async () => {
      const text = `      parameters: { type: object, ${schema} }\n`;

      const error: unknown = await loadTool(text, { MAX: '20' }).catch((reason: unknown) => reason);

      assert.ok(error instanceof ConfigError, 'the configuration was accepted');
      const [problem, ...others] = error.problems;
      assert.deepEqual(others, []);
      assert.ok(problem?.startsWith(`tools.http.try_it.parameters.${at} `), problem);
      assert.ok(problem?.includes(why), problem);
    });
  }

  test('may have arguments, defaults and choices that are called like bounds, and bounds as in draft 4', async () => {
    const schema = `properties: { maxLength: { type: string, default: { maximum: '1' }, enum: [{ minimum: '1' }] }, n: { minimum: 1, exclusiveMinimum: true } }`;

    const { config } = await loadTool(`      parameters: { type: object, ${schema} }\n`);

    assert.ok(config.tools.http['try_it']);
  });

  test('takes what a variable of the environment holds as a text', async () => {
    const { config } = await loadTool('      json:\n        shop: "${SHOP}"\n        limit: ${LIMIT}\n', {
      SHOP: 'north',
      LIMIT: '5',
    });

    assert.deepEqual(config.tools.http['try_it']?.json, { shop: 'north', limit: '5' });
  });

  for (const [what, written, why] of [
    ['that a number cannot hold exactly', '12345678901234567890', 'is too large to be kept exactly as a number'],
    ['that JSON does not know', '.nan', 'is no number of JSON'],
    ['that has no end', '-.inf', 'is no number of JSON'],
  ] as const) {
    test(`is refused for a number ${what}, by its key and line`, async () => {
      const [problem, ...others] = await problemsOf(`      json:\n        order:\n          - ${written}\n`);

      assert.deepEqual(others, []);
      assert.equal(
        problem,
        `tools.http.try_it.json.order.0 (parley.yaml line 8): ${written} ${why}. Put it in quotes: it is sent as a text then.`,
      );
    });
  }

  for (const [at, written] of [
    ['json', 'json'],
    ['graphql.variables', 'graphql: { query: "{ a }", variables'],
    ['jsonRpc.params', 'jsonRpc: { method: find, params'],
  ] as const) {
    test(`is refused as a text, too, for a number that would be rounded (${at})`, async () => {
      const text = `'{ "order": [1, { "id": 12345678901234567890 }], "note": "12345678901234567890" }'`;

      const [problem, ...others] = await problemsOf(`      ${written}: ${text}${written.includes('{') ? ' }' : ''}\n`);

      assert.deepEqual(others, []);
      assert.ok(problem?.startsWith(`tools.http.try_it.${at} `), problem);
      assert.match(problem ?? '', /12345678901234567890, which no number of JSON holds exactly: put it in quotes/);
    });
  }

  test('is a text for what JSON has no type for: dates and bytes', async () => {
    const { config } = await loadTool('      json: { day: !!timestamp 2026-11-24, bytes: !!binary aGk= }\n');

    assert.deepEqual(config.tools.http['try_it']?.json, { day: '2026-11-24', bytes: 'aGk=' });
  });

  test('takes its types through aliases', async () => {
    const { config } = await loadTool('      json: { one: &one 5, same: *one, list: [*one, { no: &no ~ }, *no] }\n');

    assert.deepEqual(config.tools.http['try_it']?.json, { one: 5, same: 5, list: [5, { no: null }, null] });
  });

  test('is not shown by `parley config`, be it a map or a list: it may hold anything', async () => {
    const env = { TOKEN: 'hidden' };
    const map = await loadTool('      json: { key: "${TOKEN}", limit: 5 }\n', env);
    const list = await loadTool('      jsonRpc: { method: find, params: ["${TOKEN}", { key: "${TOKEN}" }, 5] }\n', env);

    const shown = [map, list].map(({ config }) => maskConfig(config).tools.http['try_it']);

    assert.deepEqual(shown[0]?.json, { key: '********', limit: '********' });
    assert.deepEqual(shown[1]?.jsonRpc, { method: 'find', params: ['********', '********', '********'] });
  });

  test('leaves the other keys as they are: an id of digits stays the text that it is', async () => {
    const { config } = await loadTool('      headers: { x-account: 12345678901234567890 }\n      json: {}');

    assert.deepEqual(config.tools.http['try_it']?.headers, { 'x-account': '12345678901234567890' });
  });
});
