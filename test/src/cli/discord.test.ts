import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createDiscordEmulator } from '../../../adapters/discord/emulator.ts';
import { systemClock } from '../../../src/clock.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';

const env = { DISCORD_APPLICATION_ID: '1090000000000000000' };

describe('parley discord invite', () => {
  test('prints the link with the scopes and permissions that are needed, and no more', async (t) => {
    const { exitCode, stdout } = await callParley(['discord', 'invite'], { cwd: createWorkFolder(t), env });

    const url = new URL(stdout.trim());
    assert.equal(exitCode, 0);
    assert.equal(url.origin + url.pathname, 'https://discord.com/oauth2/authorize');
    assert.equal(url.searchParams.get('client_id'), env.DISCORD_APPLICATION_ID);
    assert.equal(url.searchParams.get('scope'), 'bot applications.commands');
    // View Channel, Send Messages, Attach Files, Read Message History, Send Messages in Threads.
    const needed = (1n << 10n) | (1n << 11n) | (1n << 15n) | (1n << 16n) | (1n << 38n);
    assert.equal(BigInt(url.searchParams.get('permissions') ?? ''), needed);
  });

  test('says with --explain what each is for', async (t) => {
    const { stdout } = await callParley(['discord', 'invite', '--explain'], { cwd: createWorkFolder(t), env });

    assert.match(stdout, /follow threads without a new mention: intent MessageContent/);
    assert.match(stdout, /ReadMessageHistory/);
  });

  test('follows the configuration: no commands, no gateway, and a link for accounts', async (t) => {
    const yaml = 'discord:\n  commands: false\n  messageContentIntent: false\n  userInstall: true\n  fileAfter: off\n';
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), yaml);

    const { stdout } = await callParley(['discord', 'invite', '--json'], { cwd, env });

    const { url, userUrl, features } = JSON.parse(stdout);
    assert.equal(new URL(url).searchParams.get('scope'), 'bot');
    assert.equal(new URL(userUrl).searchParams.get('integration_type'), '1');
    assert.ok(!JSON.stringify(features).includes('MessageContent'));
    assert.ok(!JSON.stringify(features).includes('AttachFiles'));
  });

  test('asks Discord for the application id where only the token is set', async (t) => {
    const emulator = createDiscordEmulator({ clock: systemClock });
    await emulator.listen();
    t.after(() => emulator.close());

    const { stdout } = await callParley(['discord', 'invite'], {
      cwd: createWorkFolder(t),
      env: { DISCORD_TOKEN: emulator.token, DISCORD_API_URL: emulator.apiUrl },
    });

    assert.equal(new URL(stdout.trim()).searchParams.get('client_id'), emulator.bot.id);
  });

  test('says what to set where there is neither', async (t) => {
    const { exitCode, stderr } = await callParley(['discord', 'invite'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 2);
    assert.match(stderr, /DISCORD_APPLICATION_ID/);
  });
});
