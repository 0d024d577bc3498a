import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { startParleyProcess } from '../../support/running-parley.ts';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;

const settings = `
webhooks:
  tickets:
    verify: { scheme: standard, secret: '\${TICKETS_SECRET}' }
  shop:
    verify: { scheme: hmac, secret: a-shared-secret, header: x-signature }
    conversation: '{{order.id}}'
    text: '{{order.note}}'
`;

const env = { TICKETS_SECRET: secretOf(1) };

function createConfigured(t: TestContext): string {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), settings);
  return cwd;
}

describe('parley send, to a running Parley', () => {
  test('signs by any scheme, is answered, recognised when it sends the same again, and refused without the secret', async (t) => {
    const cwd = createConfigured(t);
    writeFileSync(join(cwd, 'order.json'), '{"order":{"id":7,"note":"How do I connect Discord?"}}');
    const { url } = await startParleyProcess(t, { cwd, env });
    const send = (args: readonly string[], variables = env) =>
      callParley(['send', ...args, '--url', url], { cwd, env: variables });
    const question = ['tickets', '--text', 'How do I connect Slack?', '--id', 'test-1'];

    const answered = await send(question);
    assert.equal(answered.exitCode, 0);
    assert.match(answered.stdout, /^200 [^]*SLACK_BOT_TOKEN/);

    const again = await send([...question, '--wait', '0', '--json']);
    assert.deepEqual([again.exitCode, JSON.parse(again.stdout).status], [0, 'duplicate']);

    const otherTextSameId = await send(['tickets', '--text', 'Something else', '--id', 'test-1']);
    assert.equal(otherTextSameId.exitCode, 1);
    assert.match(otherTextSameId.stdout, /^409 Another event came under this id before/);

    const fromFile = await send(['shop', '--file', join(cwd, 'order.json'), '--json']);
    assert.equal(fromFile.exitCode, 0);
    assert.match(JSON.parse(fromFile.stdout).answer.text, /DISCORD_TOKEN/);

    const withoutSecret = await send(question, { TICKETS_SECRET: secretOf(2) });
    assert.equal(withoutSecret.exitCode, 1);
    assert.match(withoutSecret.stdout, /^401 .*signature/i);

    const unmapped = await send(['shop', '--text', 'Hello']);
    assert.equal(unmapped.exitCode, 1);
    assert.match(unmapped.stdout, /^422 webhooks\.shop\.conversation gives nothing/);
    assert.match(unmapped.stderr, /--file payload\.json\n$/);
  });
});

describe('parley send', () => {
  test('a server that cannot be reached is a failure, with how to start one', async (t) => {
    const { exitCode, stdout, stderr } = await callParley(['send', 'tickets', '--text', 'Hello'], {
      cwd: createConfigured(t),
      env: { ...env, PORT: '1' },
    });

    assert.deepEqual([exitCode, stdout], [1, '']);
    assert.match(
      stderr,
      /^http:\/\/127\.0\.0\.1:1 cannot be reached: .*Is Parley running there\? It is started with: npm start\n$/,
    );
  });

  test('what a stranger answers does not steer the terminal', async (t) => {
    const server = createServer((request, response) => {
      request.resume();
      response.end(request.headers['webhook-id'] === 'json' ? '{"detail":"a\\u001b[2Jb\u009b2J"}' : 'a\u001b[2Jb');
    });
    server.listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // A TCP server has an AddressInfo.
    const cwd = createConfigured(t);
    const send = (...args: string[]) => callParley(['send', 'tickets', '--text', 'Hello', '--url', url, ...args], { cwd, env });

    const [shown, shownAsJson, text] = [await send('--id', 'json'), await send('--id', 'json', '--json'), await send()];

    assert.equal(shown.stdout, '200 a?[2Jb?2J\n');
    assert.equal(shownAsJson.stdout, '{\n  "detail": "a\\u001b[2Jb\\u009b2J"\n}\n');
    assert.equal(text.stdout, '200 a?[2Jb\n');
  });

  const wrongCalls: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an unknown source', ['nobody', '--text', 'x'], /no source "nobody".* There are: tickets, shop\./],
    ['neither text nor file', ['tickets'], /Give either --text or --file/],
    ['text and file', ['tickets', '--text', 'x', '--file', 'y'], /Give either --text or --file/],
    ['a file that is not there', ['tickets', '--file', '/nowhere.json'], /--file: \/nowhere\.json cannot be sent: .*ENOENT/],
    ['a conversation for a file', ['tickets', '--file', 'y', '--conversation', 'z'], /--conversation goes with --text/],
    ['a wait that is no number', ['tickets', '--text', 'x', '--wait', 'long'], /--wait: "long" is not a whole number/],
    ['an id that fits no header', ['tickets', '--text', 'x', '--id', 'a\nb'], /--id: up to 256 ASCII characters/],
    [
      'an address that is none',
      ['tickets', '--text', 'x', '--url', 'localhost:3000'],
      /--url: "localhost:3000" is not an address/,
    ],
  ];
  for (const [what, args, message] of wrongCalls) {
    test(`${what} is a wrong call`, async (t) => {
      const { exitCode, stdout, stderr } = await callParley(['send', ...args], { cwd: createConfigured(t), env });

      assert.deepEqual([exitCode, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }

  test('without any source it says where to declare one', async (t) => {
    const { exitCode, stderr } = await callParley(['send', 'tickets', '--text', 'x'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 2);
    assert.match(stderr, /^No webhooks are configured\. .*docs\/webhooks\.md/);
  });
});
