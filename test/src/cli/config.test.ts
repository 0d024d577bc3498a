import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { runParley } from '../../support/run-cli.ts';

describe('parley config', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'parley-config-'));
    writeFileSync(join(folder, 'parley.yaml'), 'server:\n  port: 4000\nslack:\n  botToken: ${MY_BOT_TOKEN}\n');
    writeFileSync(join(folder, 'secret'), 'signing-secret-text\n', { mode: 0o644 });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const env = { MY_BOT_TOKEN: 'xoxb-hidden-token', SLACK_SIGNING_SECRET_FILE: 'secret', HOST: '0.0.0.0' };

  test('prints the effective configuration as YAML, each value with its source, secrets masked', async () => {
    const { exitCode, stdout, stderr } = await runParley(['config'], { cwd: folder, env });

    assert.equal(exitCode, 0);
    assert.match(stdout, /port: 4000 # parley\.yaml\n {2}host: 0\.0\.0\.0 # HOST\n/);
    assert.match(stdout, /botToken: "\*{8}" # parley\.yaml\n {2}signingSecret: "\*{8}" # SLACK_SIGNING_SECRET_FILE\n/);
    assert.doesNotMatch(stdout, /hidden-token|signing-secret-text/);
    assert.equal(parse(stdout).slack.enabled, true);
    assert.match(stderr, /^Warning: SLACK_SIGNING_SECRET_FILE: secret has the mode 0644/);
  });

  test('--json prints the same for scripts', async () => {
    const { exitCode, stdout } = await runParley(['config', '--json'], { cwd: folder, env });

    const config = JSON.parse(stdout);
    assert.equal(exitCode, 0);
    assert.deepEqual([config.server.port, config.slack.botToken, config.slack.transport], [4000, '********', 'http']);
    assert.doesNotMatch(stdout, /hidden-token|signing-secret-text/);
  });

  test('--schema prints the JSON Schema, whatever the configuration is like', async () => {
    const { exitCode, stdout } = await runParley(['config', '--schema'], { cwd: folder, env: { PORT: 'nonsense' } });

    assert.equal(exitCode, 0);
    assert.equal(JSON.parse(stdout).properties.server.properties.port.maximum, 65_535);
  });

  test('--reference prints every setting as a table', async () => {
    const { exitCode, stdout } = await runParley(['config', '--reference'], { cwd: folder });

    assert.equal(exitCode, 0);
    assert.match(stdout, /\| `slack\.botToken` \| `SLACK_BOT_TOKEN` or `SLACK_BOT_TOKEN_FILE` \|/);
  });

  test('a configuration that cannot be used is told of on stderr, with status 2', async () => {
    const { exitCode, stdout, stderr } = await runParley(['config'], { cwd: folder, env: { ...env, PORT: 'nonsense' } });

    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.match(stderr, /^The configuration cannot be used:\n {2}- server\.port \(PORT\): must be a number/);
  });

  test('options that exclude each other, and unknown ones, end with status 2', async () => {
    const both = await runParley(['config', '--json', '--schema'], { cwd: folder, env });
    const unknown = await runParley(['config', '--yml'], { cwd: folder, env });

    assert.deepEqual([both.exitCode, unknown.exitCode], [2, 2]);
    assert.match(both.stderr, /exclude each other/);
    assert.match(unknown.stderr, /unknown option '--yml'/);
  });
});
