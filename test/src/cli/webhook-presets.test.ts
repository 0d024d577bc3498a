import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addSource } from '../../../src/cli/webhook/add.ts';
import { loadConfig } from '../../../src/config.ts';
import { presetNames } from '../../../src/config/preset-file.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { getPreset } from '../../support/preset-config.ts';

const zendesk = `webhooks:
  desk:
    preset: zendesk
    with: { subdomain: acme, signingSecret: a-signing-secret, email: bot@acme.example, token: hidden-token }
`;

test('lists every preset, and says of one what it needs and how it is set up', async (t) => {
  const cwd = createWorkFolder(t);
  const list = await callParley(['webhook', 'presets'], { cwd });
  const json = JSON.parse((await callParley(['webhook', 'presets', '--json'], { cwd })).stdout) as { name: string }[]; // As written.
  const one = await callParley(['webhook', 'presets', 'zendesk'], { cwd });

  assert.deepEqual(
    list.stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]),
    [...presetNames],
  );
  assert.deepEqual(
    json.map(({ name }) => name),
    [...presetNames],
  );
  for (const said of [
    '    preset: zendesk',
    '      subdomain: acme #',
    '${ZENDESK_TOKEN}',
    'try zendesk --fixture comment',
    'https://developer.zendesk.com',
  ])
    assert.ok(one.stdout.includes(said), said);
});

test('a name that is no preset is refused with those that are near', async (t) => {
  const { exitCode, stderr } = await callParley(['webhook', 'presets', 'zendeks'], { cwd: createWorkFolder(t) });
  assert.equal(exitCode, 2);
  assert.match(stderr, /There is no preset "zendeks"\. Did you mean zendesk\?/);
});

test('what is printed to be pasted is a configuration that works, for every preset', async (t) => {
  for (const name of presetNames) {
    const cwd = createWorkFolder(t);
    const { stdout } = await callParley(['webhook', 'presets', name], { cwd });
    const yaml = stdout.slice(stdout.indexOf('webhooks:\n'), stdout.indexOf('\nThen '));
    writeFileSync(join(cwd, 'parley.yaml'), `server: { publicUrl: "https://bot.example.com" }\n${yaml}`);
    const env = Object.fromEntries(
      [...yaml.matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => [variable, 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD']),
    );
    const { presets } = await loadConfig({ cwd, env });
    assert.deepEqual([...presets.values()], [name]);
  }
});

test('an event that the preset brings along can be tried', async (t) => {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), zendesk);
  const comment = await callParley(['webhook', 'try', 'desk', '--fixture', 'comment'], { cwd });
  const own = await callParley(['webhook', 'try', 'desk', '--fixture', 'own'], { cwd });
  const unknown = await callParley(['webhook', 'try', 'desk', '--fixture', 'other'], { cwd });
  const nothing = await callParley(['webhook', 'try', 'desk'], { cwd });

  assert.match(comment.stdout, /proof {9}passed/);
  assert.match(comment.stdout, /asked\n {2}Lamp\n\n {2}It is broken\./);
  assert.match(own.stdout, /ignored {7}webhooks\.desk\.when is not true/);
  assert.equal(unknown.exitCode, 2);
  assert.match(unknown.stderr, /There are: comment, own, internal-note/);
  assert.match(nothing.stderr, /Give either a file or --fixture/);
});

test('adds a source made of a preset: its secrets go into .env, and those that are ours to choose are made', async (t) => {
  const cwd = createWorkFolder(t);
  const { exitCode, stderr } = await callParley(
    ['webhook', 'add', 'issues', '--preset', 'github', '--with', 'token=ghp_hidden'],
    { cwd },
  );

  assert.equal(exitCode, 0, stderr);
  assert.match(readFileSync(join(cwd, '.env'), 'utf8'), /^ISSUES_SECRET=\S{43}\nISSUES_TOKEN=ghp_hidden\n$/);
  assert.match(
    readFileSync(join(cwd, 'parley.yaml'), 'utf8'),
    /preset: github\n {4}with:\n {6}secret: \$\{ISSUES_SECRET\}\n {6}token: \$\{ISSUES_TOKEN\}/,
  );
  const { config } = await loadConfig({ cwd, env: {} });
  assert.deepEqual(config.webhooks['issues']?.reply?.auth, { scheme: 'bearer', secret: 'ghp_hidden' });
});

test('what a preset still asks for is told at once, and nothing is written', async (t) => {
  const cwd = createWorkFolder(t);
  const { exitCode, stderr } = await callParley(['webhook', 'add', 'desk', '--preset', 'zendesk', '--with', 'subdomain=acme'], {
    cwd,
  });
  const wrong = await callParley(['webhook', 'add', 'desk', '--preset', 'zendesk', '--with', 'subdomain=evil.example/'], { cwd });

  assert.equal(exitCode, 2);
  for (const key of ['signingSecret', 'email', 'token']) assert.match(stderr, new RegExp(`${key}=`));
  assert.match(wrong.stderr, /subdomain must be one part of a host name/);
  assert.throws(() => readFileSync(join(cwd, 'parley.yaml')));
});

test('asks for the settings of the preset where somebody is there', async (t) => {
  const cwd = createWorkFolder(t);
  const asked: string[] = [];
  const answers: Record<string, string> = {
    'the first part of the address': 'acme',
    'the login of the agent': 'bot@acme.example',
  };
  const ask = async (question: string) => {
    asked.push(question);
    return Object.entries(answers).find(([key]) => question.startsWith(key))?.[1] ?? 'a-long-secret';
  };
  const written = { stdout: '', stderr: '' };
  const cli = {
    loadConfig: () => loadConfig({ cwd, env: {} }),
    stdout: { write: (text: string) => void (written.stdout += text) },
    stderr: { write: (text: string) => void (written.stderr += text) },
  };
  await addSource('desk', { preset: 'zendesk', ask }, cli as unknown as Parameters<typeof addSource>[2]); // What it uses of a Cli.

  assert.equal(asked.length, Object.keys(getPreset('zendesk').settings).length);
  assert.equal((await loadConfig({ cwd, env: {} })).presets.get('desk'), 'zendesk');
  assert.equal(written.stdout.includes('a-long-secret') || written.stderr.includes('a-long-secret'), false);
});
