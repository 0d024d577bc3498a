import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';

describe('parley slack manifest', () => {
  test('prints a manifest for Socket Mode before anything is configured, and the next steps beside it', async (t) => {
    const { exitCode, stdout, stderr } = await callParley(['slack', 'manifest'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 0);
    assert.equal(JSON.parse(stdout).settings.socket_mode_enabled, true);
    assert.match(stderr, /https:\/\/api\.slack\.com\/apps\?new_app=1&manifest_json=%7B/);
    assert.match(stderr, /SLACK_APP_TOKEN/);
  });

  test('follows PUBLIC_URL, and --url before it', async (t) => {
    const cwd = createWorkFolder(t);
    const env = { PUBLIC_URL: 'https://bot.example.com/parley/' };

    const configured = await callParley(['slack', 'manifest'], { cwd, env });
    const given = await callParley(['slack', 'manifest', '--url', 'https://other.example.com'], { cwd, env });

    const urlOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout).settings.event_subscriptions.request_url;
    assert.equal(urlOf(configured), 'https://bot.example.com/parley/slack/events');
    assert.equal(urlOf(given), 'https://other.example.com/slack/events');
    assert.match(configured.stderr, /SLACK_SIGNING_SECRET/);
  });

  test('leaves installing by OAuth out until all of it is configured', async (t) => {
    const { exitCode, stdout } = await callParley(['slack', 'manifest'], {
      cwd: createWorkFolder(t),
      env: { SLACK_CLIENT_ID: '123.456' },
    });

    assert.equal(exitCode, 0);
    assert.equal(JSON.parse(stdout).oauth_config.redirect_urls, undefined);
  });

  test('is YAML where asked for, under the name that is given', async (t) => {
    const { stdout } = await callParley(['slack', 'manifest', '--yaml', '--name', 'Ask us'], { cwd: createWorkFolder(t) });

    assert.match(stdout, /^display_information:\n {2}name: Ask us\n/);
  });

  for (const { args, message } of [
    { args: ['--url', 'http://bot.example.com'], message: /https addresses only/ },
    { args: ['--url', 'nonsense'], message: /https addresses only/ },
    { args: ['--socket', '--url', 'https://bot.example.com'], message: /exclude each other/ },
    { args: ['--name', 'x'.repeat(36)], message: /1 to 35 characters: set --name/ },
  ]) {
    test(`refuses ${args.join(' ').slice(0, 50)}, and says how to mend it`, async (t) => {
      const { exitCode, stdout, stderr } = await callParley(['slack', 'manifest', ...args], { cwd: createWorkFolder(t) });

      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
