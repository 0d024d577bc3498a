import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const key = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const oauth = { SLACK_CLIENT_ID: '1.2', SLACK_CLIENT_SECRET: 'client-secret', SLACK_STATE_SECRET: 'a long random text' };
const rest = { SLACK_SIGNING_SECRET: 's1gning', PUBLIC_URL: 'https://parley.example.com', PARLEY_ENCRYPTION_KEYS: key };

const load = (env: Record<string, string>, files: Record<string, string> = {}) =>
  loadConfig({ env, cwd: memoryFolder, files: memoryFiles(files) });

async function problemsOf(env: Record<string, string>): Promise<string> {
  const error: unknown = await load(env).catch((caught: unknown) => caught);
  assert.ok(error instanceof ConfigError);
  return error.problems.join('\n');
}

describe('installing the Slack app into many workspaces', () => {
  test('switches Slack on without a bot token', async () => {
    const { config, warnings, secrets } = await load({ ...oauth, ...rest });

    assert.equal(config.slack.enabled, true);
    assert.deepEqual(warnings, []);
    assert.ok(secrets.includes(key));
  });

  test('needs a key, and says how to make one', async () => {
    const { PARLEY_ENCRYPTION_KEYS: _key, ...others } = rest;

    assert.match(await problemsOf({ ...oauth, ...others }), /PARLEY_ENCRYPTION_KEYS\): is missing.*openssl rand -base64 32/);
  });

  test('needs the public address', async () => {
    const { PUBLIC_URL: _url, ...others } = rest;

    assert.match(await problemsOf({ ...oauth, ...others }), /PUBLIC_URL\): is missing: Slack sends people/);
  });

  test('refuses a key that is none, without repeating it', async () => {
    const problems = await problemsOf({ ...oauth, ...rest, PARLEY_ENCRYPTION_KEYS: 'k1:c2hvcnQtc2VjcmV0' });

    assert.match(problems, /PARLEY_ENCRYPTION_KEYS\).*32 random bytes/);
    assert.ok(!problems.includes('c2hvcnQtc2VjcmV0'));
  });

  test('takes the keys from a file', async () => {
    const { PARLEY_ENCRYPTION_KEYS: _key, ...others } = rest;

    const { config } = await load({ ...oauth, ...others, PARLEY_ENCRYPTION_KEYS_FILE: 'run/keys' }, { 'run/keys': `${key}\n` });

    assert.equal(config.encryptionKeys, key);
  });

  test('is left alone with a warning while something is missing, and a bot token goes on working', async () => {
    const { config, warnings } = await load({ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', SLACK_CLIENT_ID: '1.2' });

    assert.equal(config.slack.enabled, true);
    assert.match(warnings.join(), /cannot be installed by OAuth: that needs all of/);
  });
});
