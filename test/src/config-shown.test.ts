import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { maskConfig } from '../../src/config/mask.ts';
import { configJsonSchema, describeKeys } from '../../src/config/reference.ts';
import { sharedSecrets } from '../../src/verification.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const whsec = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const yaml = `
slack: { botToken: xoxb-hidden, signingSecret: signing-hidden, appToken: xapp-hidden, clientSecret: client-hidden, stateSecret: state-hidden }
discord: { token: discord-hidden }
model: { openai: { apiKey: sk-hidden } }
webhooks:
  desk:
    verify: { scheme: hmac, secrets: [first-hidden, second-hidden], header: x-sig }
    callback: { url: "https://desk.example/hook?token=query-hidden", secret: ${whsec} }
`;

test('what is shown of the configuration holds no secret and everything else', async () => {
  const { config, secrets } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });

  const masked = maskConfig(config);

  const text = JSON.stringify(masked);
  assert.equal(secrets.length, 10);
  for (const secret of secrets) assert.ok(!text.includes(secret));
  assert.doesNotMatch(text, /hidden/);
  assert.equal(masked.slack.botToken, '********');
  const verify = masked.webhooks['desk']?.verify;
  assert.deepEqual(verify && sharedSecrets(verify), ['********', '********']);
  assert.equal(masked.webhooks['desk']?.callback?.url, 'https://desk.example/hook?********');
  assert.deepEqual([masked.slack.transport, masked.server], [config.slack.transport, config.server]);
});

test('expressions are shown as they stand', async () => {
  const written = `
webhooks:
  desk:
    verify: { scheme: bearer, secret: long-enough }
    when: { jsonata: 'kind = "question"' }
    conversation: 'no'
    text: { liquid: '{{ ticket.text }}' }
    author: { jsonata: 'by.name' }
`;
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': written }) });

  const { when, conversation, text, author } = maskConfig(config).webhooks['desk'] ?? {};

  assert.deepEqual(
    [when, conversation, text, author],
    [{ jsonata: 'kind = "question"' }, 'no', { liquid: '{{ ticket.text }}' }, { jsonata: 'by.name' }],
  );
});

test('a secret that is not set is not shown as if it were', async () => {
  const { config } = await loadConfig({ env: {}, cwd: memoryFolder, files: memoryFiles({}) });

  const masked = maskConfig(config);

  assert.equal(masked.slack.botToken, undefined);
  assert.deepEqual(JSON.parse(JSON.stringify(masked)), JSON.parse(JSON.stringify(config)));
});

test('what no schema knows is not shown', () => {
  const masked = maskConfig({ server: { port: 1, surprise: 'text' } });

  assert.deepEqual(masked, { server: { port: 1, surprise: '********' } });
});

test('every key has a description and an example, and every secret a variable or a place below a name that the operator chooses', () => {
  for (const key of describeKeys()) {
    assert.ok(key.description.length > 10, key.path);
    assert.ok(key.example, key.path);
    if (key.secret) assert.ok(key.env ?? key.path.includes('.NAME.'), key.path);
  }
});

test('every example that can stand by itself is accepted', async () => {
  const alone = describeKeys().filter(
    ({ path, secret }) =>
      !path.includes('.NAME') &&
      !path.startsWith('webhooks.') &&
      !secret &&
      !/^(?:server\.tls\.\w+|discord\.publicKey|discord\.enabled|model\.fallback|knowledge\.embeddings\.provider|limits\.(?:tokens|money)\..*|slack\.suggestedPrompts|tools\.presets\.salesforce\.\w+)$/.test(
        path,
      ),
  );

  for (const { path, example } of alone) {
    const value = example?.startsWith('[') ? example : JSON.stringify(example);
    const text = path.split('.').reduceRight((inner, key) => `{ ${JSON.stringify(key)}: ${inner} }`, value);
    const env = { OPENAI_API_KEY: 'sk-1', SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 's' };
    await assert.doesNotReject(loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': text }) }), text);
  }
});

test('the JSON Schema knows every key of the file and describes it', () => {
  const schema = JSON.stringify(configJsonSchema());

  for (const { path, description } of describeKeys()) {
    assert.ok(schema.includes(JSON.stringify(description)), path);
    // NAME stands for whatever the operator calls it.
    if (!path.endsWith('.NAME')) assert.ok(schema.includes(`"${path.split('.').at(-1)}":`), path);
  }
  assert.match(schema, /"additionalProperties":false/);
});

test('what is shown as YAML can be read again', async () => {
  const { Document } = await import('yaml');
  const { config } = await loadConfig({
    env: {},
    cwd: memoryFolder,
    files: memoryFiles({ 'parley.yaml': 'bot: { name: "Bo: #1" }' }),
  });

  const again = await loadConfig({
    env: {},
    cwd: memoryFolder,
    files: memoryFiles({ 'parley.yaml': new Document(maskConfig(config)).toString() }),
  });

  assert.deepEqual(JSON.parse(JSON.stringify(again.config)), JSON.parse(JSON.stringify(config)));
  assert.equal(parse(new Document(maskConfig(config)).toString()).bot.name, 'Bo: #1');
});
