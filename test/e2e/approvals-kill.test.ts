import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callParley } from '../support/call-cli.ts';
import { letAsk, role, tools } from './approvals-scene.ts';
import { startDiscordProcess } from './discord-process.ts';
import { until } from './stage.ts';

test('a request outlives SIGKILL of `parley start`, is approved by command while nothing runs, and is made once after that', async (t) => {
  const { discord, model, folder, running, restart } = await startDiscordProcess(t, { tools });
  letAsk(model);
  discord.user('Bea', { roles: [role] });
  const parley = (...args: string[]) => callParley(['tools', ...args], { cwd: folder });
  const shown = () => discord.messages(discord.home.channelId).filter(({ author }) => author.isBot);
  discord.say({ text: 'what time is it?', mention: true });
  await until(() => JSON.stringify(shown()[0]?.components ?? []).includes('parley:approve'), 'the request');
  await running().kill();

  const listed = await parley('approvals');
  const [id = ''] = listed.stdout.split(' ');
  const approved = await parley('approve', id.slice(0, 12));
  await restart();
  await until(() => shown().length === 2, 'the answer');
  await running().kill();
  await restart();
  const { id: messageId = '', components = [] } = shown()[0] ?? {};
  const again = await parley('approve', id);

  assert.match(listed.stdout, /^[0-9a-z]{24} {2}current_time \(.*\) {2}for Ada in discord:/);
  assert.deepEqual([approved.exitCode, again.exitCode], [0, 1]);
  assert.match(shown()[0]?.content ?? '', /Approved by operator/);
  assert.deepEqual([messageId === '', components], [false, []]);
  assert.match(shown()[1]?.content ?? '', /^So: Approved by operator In UTC$/);
  assert.equal(shown().length, 2);
  const log = JSON.parse((await parley('log', '--json')).stdout) as readonly { readonly id: string; readonly state: string }[];
  assert.deepEqual(
    log.filter((call) => call.id === id).map(({ state }) => state),
    ['done'],
  );
});
