import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { addSource, type AddOptions } from '../../../src/cli/webhook/add.ts';
import { loadConfig } from '../../../src/config.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';

function createFolder(t: TestContext, yaml?: string) {
  const cwd = createWorkFolder(t);
  if (yaml !== undefined) writeFileSync(join(cwd, 'parley.yaml'), yaml);
  return {
    cwd,
    add: (...args: string[]) => callParley(['webhook', 'add', ...args], { cwd }),
    read: (name: string) => readFileSync(join(cwd, name), 'utf8'),
    load: async () => (await loadConfig({ cwd, env: {} })).config,
  };
}

test('writes a source and its secret where nothing is configured yet', async (t) => {
  const { cwd, add, read, load } = createFolder(t);

  const { exitCode, stdout, stderr } = await add(
    'tickets',
    '--conversation',
    '{{ticket.id}}',
    '--callback',
    'https://desk.example.com/x',
  );

  assert.equal(exitCode, 0);
  assert.match(stdout, /^tickets is written to .*parley\.yaml\.\n$/);
  assert.match(stderr, /TICKETS_CALLBACK_SECRET, TICKETS_SECRET/);
  assert.match(read('.env'), /^TICKETS_CALLBACK_SECRET=whsec_\S{44}\nTICKETS_SECRET=whsec_\S{44}\n$/);
  assert.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600);
  const source = (await load()).webhooks['tickets'];
  assert.deepEqual([source?.verify.scheme, source?.conversation, source?.text], ['standard', '{{ticket.id}}', '{{text}}']);
  assert.equal(source?.callback?.url, 'https://desk.example.com/x');
  for (const secret of read('.env').match(/whsec_\S+/g) ?? []) assert.ok(!(stdout + stderr).includes(secret));
});

test('leaves what stands in the files as it is, comments included', async (t) => {
  const { cwd, add, read, load } = createFolder(
    t,
    '# mine\nserver: { port: 4000 } # this one\nwebhooks:\n  a:\n    verify: { scheme: bearer, secret: long-enough }\n',
  );
  writeFileSync(join(cwd, '.env'), 'SHOP_SECRET=already-there\nOTHER=1');

  const { exitCode } = await add(
    'shop',
    '--scheme',
    'hmac',
    '--set',
    'verify.header=x-sig',
    'verify.prefix=sha256=',
    'allowFrom=[203.0.113.0/24, ::1]',
  );

  assert.equal(exitCode, 0);
  assert.match(
    read('parley.yaml'),
    /^# mine\nserver: \{ port: 4000 \} # this one\nwebhooks:\n {2}a:\n {4}verify: \{ scheme: bearer/,
  );
  assert.equal(read('.env'), 'SHOP_SECRET=already-there\nOTHER=1');
  const { webhooks, server } = await load();
  assert.deepEqual(
    [server.port, Object.keys(webhooks), webhooks['shop']?.allowFrom],
    [4000, ['a', 'shop'], ['203.0.113.0/24', '::1']],
  );
  assert.deepEqual(
    webhooks['shop']?.verify.scheme === 'hmac' && [webhooks['shop'].verify.prefix, webhooks['shop'].verify.secrets],
    ['sha256=', ['already-there']],
  );
});

test('changes nothing where the source cannot work, and says why', async (t) => {
  const { cwd, add, read } = createFolder(t, 'server: { port: 4000 }\n');

  const wrong = await add('shop', '--scheme', 'hmac');
  const unknown = await add('shop', '--scheme', 'magic');
  const unreadable = await add('shop', '--set', 'nonsense');
  const unnamed = await add('a(b');

  assert.deepEqual([wrong.exitCode, unknown.exitCode, unreadable.exitCode, unnamed.exitCode], [2, 2, 2, 2]);
  assert.match(wrong.stderr, /webhooks\.shop\.verify\.header: is missing/);
  assert.match(unknown.stderr, /webhooks\.shop\.verify\.scheme .*must be one of/);
  assert.match(unreadable.stderr, /--set: write it like/);
  assert.equal(read('parley.yaml'), 'server: { port: 4000 }\n');
  assert.equal(existsSync(join(cwd, '.env')), false);
});

test('does not write over a source', async (t) => {
  const { add } = createFolder(t);
  await add('desk');

  const { exitCode, stderr } = await add('desk', '--scheme', 'bearer');

  assert.equal(exitCode, 2);
  assert.match(stderr, /There is a source "desk" already/);
});

test('asks for what is not given', async (t) => {
  const { cwd, load } = createFolder(t);
  const answers: Record<string, string> = {
    'How does': 'hmac',
    'Which header': 'x-sig',
    'What stands': 'v1=',
    Where: '{{order.id}}',
    'And what': '',
  };
  const asked: string[] = [];
  const ask = async (question: string, proposal: string) => {
    asked.push(question);
    const found = Object.entries(answers).find(([start]) => question.startsWith(start) && !question.startsWith('Where shall'));
    return found?.[1] || proposal;
  };
  const options: AddOptions = { author: '{{order.by}}', ask };
  const cli = {
    stdout: { write: () => true },
    stderr: { write: () => true },
    loadConfig: () => loadConfig({ cwd, env: {} }),
    exitCode: 0,
  };

  await addSource('shop', options, cli);

  const shop = (await load()).webhooks['shop'];
  assert.equal(asked.length, 6);
  assert.deepEqual([shop?.conversation, shop?.text, shop?.author], ['{{order.id}}', '{{text}}', '{{order.by}}']);
  assert.deepEqual(shop?.verify.scheme === 'hmac' && [shop.verify.header, shop.verify.prefix], ['x-sig', 'v1=']);
});
