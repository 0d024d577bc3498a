import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskConfig } from '../../src/config/mask.ts';
import { ConfigError } from '../../src/errors.ts';
import { sharedSecrets } from '../../src/verification.ts';
import { loadYaml, presetSecret } from '../support/preset-config.ts';

const given = `with: { subdomain: acme, signingSecret: ${presetSecret}, email: bot@acme.example, token: hidden-token }`;

async function problemsOf(yaml: string): Promise<string> {
  try {
    await loadYaml(yaml);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.join('\n');
  }
  return assert.fail('it was taken');
}

test('a preset becomes a source, with its settings filled in and secrets masked', async () => {
  const { config, sources, presets, secrets } = await loadYaml(`webhooks: { tickets: { preset: zendesk, ${given} } }`);
  const source = config.webhooks['tickets'] ?? assert.fail();

  assert.equal(source.reply?.url, 'https://acme.zendesk.com/api/v2/tickets/{{conversation}}.json');
  assert.deepEqual(sharedSecrets(source.verify), [presetSecret]);
  assert.equal(presets.get('tickets'), 'zendesk');
  assert.equal(sources.get('webhooks.tickets.reply.url'), 'preset zendesk');
  assert.ok(secrets.includes('hidden-token'));
  const shown = JSON.stringify(maskConfig(config));
  assert.equal(shown.includes('hidden-token') || shown.includes(presetSecret), false);
});

test('what a source says itself counts more, deep in its sections', async () => {
  const { config, sources } = await loadYaml(`
webhooks:
  tickets:
    preset: zendesk
    ${given}
    verify: { signed: '{body}{timestamp}', secrets: [${presetSecret}, another-secret] }
    text: '{{event.comment.body}}'
    when: { jsonata: 'true' }
    turnsPerHour: 7
    reply: { timeoutSeconds: 3 }
`);
  const source = config.webhooks['tickets'] ?? assert.fail();

  assert.equal('signed' in source.verify && source.verify.signed, '{body}{timestamp}');
  assert.deepEqual(sharedSecrets(source.verify), [presetSecret, 'another-secret']);
  assert.deepEqual([source.text, source.when, source.turnsPerHour], ['{{event.comment.body}}', { jsonata: 'true' }, 7]);
  assert.deepEqual([source.reply?.timeoutSeconds, source.reply?.method], [3, 'PUT']);
  assert.equal(sources.get('webhooks.tickets.text'), 'parley.yaml');
});

test('another scheme, a callback, another body of the reply and none at all take the place of the preset\u2019s', async () => {
  const { config } = await loadYaml(`
webhooks:
  a: { preset: zendesk, ${given}, verify: { scheme: bearer, secret: long-enough } }
  b: { preset: zendesk, ${given}, callback: { url: 'https://desk.example.com', secret: ${presetSecret} } }
  c: { preset: zendesk, ${given}, reply: { text: '{{text}}', find: false } }
  d: { preset: zendesk, with: { signingSecret: ${presetSecret} }, reply: false }
`);
  const { a, b, c, d } = config.webhooks;

  assert.deepEqual([a?.verify.scheme, Object.keys(a?.verify ?? {}).toSorted()], ['bearer', ['scheme', 'secrets']]);
  assert.deepEqual([b?.reply, b?.callback?.url], [undefined, 'https://desk.example.com']);
  assert.deepEqual([c?.reply?.json, c?.reply?.text, c?.reply?.find], [undefined, '{{text}}', undefined]);
  assert.equal(d?.reply, undefined, 'and what only the reply needs is not asked for');
});

test('each mistake names its key and says what to write', async () => {
  const cases: readonly (readonly [yaml: string, said: RegExp])[] = [
    [
      'preset: zendsk',
      /webhooks\.x\.preset \(parley\.yaml line 2\): there is no preset "zendsk"\. Did you mean zendesk\? There are: chatwoot, /,
    ],
    ['preset: ../../../etc/passwd', /there is no preset/],
    [
      'preset: zendesk',
      /webhooks\.x\.with\.subdomain: is missing: the first part of the address, as in acme\.zendesk\.com\. Example: subdomain: acme/,
    ],
    [
      `preset: zendesk, with: { subdomian: acme }`,
      /webhooks\.x\.with\.subdomian .*: the preset has no such setting\. Did you mean subdomain\?/,
    ],
    [`preset: zendesk, with: no`, /webhooks\.x\.with .*: must hold settings by name/],
    [
      `preset: zendesk, ${given.replace('acme,', 'evil.example/x?,')}`,
      /webhooks\.x\.with\.subdomain .*: must be one part of a host name/,
    ],
    [`preset: jira, with: { botAccountId: '" or true or "' }`, /webhooks\.x\.with\.botAccountId .*: must be made of letters/],
    [`preset: zendesk, ${given}, turnsPerHour: many`, /webhooks\.x\.turnsPerHour .*: must be a (?:whole )?number/],
    [`preset: zendesk, ${given}, reply: { json: '{' }`, /webhooks\.x\.reply\.json/],
  ];
  for (const [source, said] of cases) {
    const problems = await problemsOf(`webhooks: { x: { ${source} } }`);
    assert.match(problems, said);
    assert.equal(problems.includes('hidden-token'), false);
  }
});

test('a preset that is wrong hides no mistake in another source', async () => {
  const problems = await problemsOf(
    'webhooks: { x: { preset: nothing }, y: { verify: { scheme: bearer } }, z: { preset: zendesk } }',
  );
  for (const key of ['webhooks.x.preset', 'webhooks.y.verify.secret', 'webhooks.z.with.token'])
    assert.ok(problems.includes(key), key);
});
