import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskConfig } from '../../src/config/mask.ts';
import { toWebhookOptions } from '../../src/config/resolve-webhook.ts';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

function load(reply: string, rest = '') {
  const yaml = `webhooks:\n  desk:\n    verify: { scheme: bearer, secret: a-long-secret }\n    reply: ${reply}\n${rest}`;
  const files = memoryFiles({ 'parley.yaml': yaml, 'client.key': 'hidden-key\nof two lines\n' });
  return loadConfig({ env: { DESK_TOKEN: 'hidden-token', DESK_KEY_FILE: 'client.key' }, cwd: memoryFolder, files });
}

async function problemOf(reply: string, rest = ''): Promise<string> {
  try {
    await load(reply, rest);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.join('\n');
  }
  return 'no problem';
}

const url = 'url: "https://desk.example/tickets/{{conversation}}?key=hidden-query"';
const body = `json: '{"body": "{{text}}", "public": true, "tags": ["a", 1, null]}'`;

test('a reply is read, and its secrets come from where secrets come from', async () => {
  const { config, secrets } = await load(
    `{ ${url}, ${body}, auth: { scheme: oauth2, tokenUrl: "https://login.example/token", clientId: c, secret: "\${DESK_TOKEN}" }, tls: { cert: c, key: "\${DESK_KEY}" } }`,
  );
  const [source] = toWebhookOptions(config).sources;

  assert.deepEqual(source?.reply?.body, { type: 'json', value: { body: '{{text}}', public: true, tags: ['a', 1, null] } });
  assert.deepEqual(source?.reply?.auth, {
    scheme: 'oauth2',
    tokenUrl: 'https://login.example/token',
    clientId: 'c',
    clientAuth: 'basic',
    secret: 'hidden-token',
  });
  assert.deepEqual(
    [source?.reply?.method, source?.reply?.timeoutMs, source?.reply?.tls?.key],
    ['POST', 15_000, 'hidden-key\nof two lines'],
  );
  assert.ok(secrets.includes('hidden-token') && secrets.includes('hidden-key\nof two lines'));
  assert.doesNotMatch(JSON.stringify(maskConfig(config)), /hidden/);
});

test('a body is a form or a text, too', async () => {
  const bodies = await Promise.all(
    [`form: { Body: "{{text}}", To: "{{keep.from}}" }`, `text: "{{text}}", contentType: text/markdown`].map(async (other) => {
      const { config } = await load(`{ ${url}, ${other} }`, '    keep: { from: "{{From}}" }\n');
      return toWebhookOptions(config).sources[0]?.reply?.body;
    }),
  );

  assert.deepEqual(bodies, [
    { type: 'form', fields: { Body: '{{text}}', To: '{{keep.from}}' } },
    { type: 'text', text: '{{text}}', contentType: 'text/markdown' },
  ]);
});

const callback = '    callback: { url: "https://desk.example/", secret: "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }\n';
const wrong: readonly (readonly [reply: string, said: RegExp, rest?: string])[] = [
  [`{ ${url} }`, /^webhooks\.desk\.reply\.json: is missing: a reply has a body/],
  [`{ ${url}, ${body}, text: x }`, /^webhooks\.desk\.reply\.text .*is set beside json/],
  [
    `{ ${url}, json: '{ "body": {{text}} }' }`,
    /^webhooks\.desk\.reply\.json .*must be JSON: put each \{\{gap\}\} inside the quotes/,
  ],
  [
    `{ ${url}, json: '{ "body": "{{text}}", "queue": 12345678901234567890 }' }`,
    /^webhooks\.desk\.reply\.json .*holds 12345678901234567890, which no number of JSON holds exactly/,
  ],
  [`{ ${url}, ${body} }`, /^webhooks\.desk\.reply .*is set beside callback/, callback],
  [`{ ${url}, ${body}, auth: { scheme: bearer } }`, /^webhooks\.desk\.reply\.auth\.secret: is missing/],
  [`{ ${url}, ${body}, auth: { scheme: jwt, secret: short } }`, /^webhooks\.desk\.reply\.auth\.secret .*at least 32 characters/],
  [`{ ${url}, ${body}, tls: { cert: c } }`, /^webhooks\.desk\.reply\.tls\.key: is missing: a certificate goes with its key/],
  [`{ ${url}, ${body}, headers: { Authorization: x } }`, /^webhooks\.desk\.reply\.headers\.Authorization .*belongs into auth/],
  [`{ ${url}, ${body}, method: GET }`, /^webhooks\.desk\.reply\.method .*must be one of POST, PUT, PATCH/],
  [
    `{ ${url}, ${body} }`,
    /^outbound\.allow .*networks, like 10\.0\.0\.0\/8, or names of hosts/,
    'outbound: { allow: ["10.0.0.0/33"] }\n',
  ],
];
for (const [reply, said, rest] of wrong) {
  test(`a reply that cannot work is refused, by its key: ${said.source.slice(0, 60)}`, async () => {
    const problem = await problemOf(reply, rest);

    assert.match(problem, said);
    assert.doesNotMatch(problem, /hidden/);
  });
}
