import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import { startParleyProcess } from '../../support/running-parley.ts';

const secret = 'a-shared-secret';
const settings = (callback: string) => `
outbound: { allow: [127.0.0.1] }
webhooks:
  shop:
    verify: { scheme: hmac, secrets: [the-next-secret, ${secret}], header: x-signature, prefix: 'sha256=' }
    conversation: '{{order.id}}'
    text: '{{order.note}}'
    eventId: '{{order.event}}'
    author: '{{order.by}}'
    ${callback}
  door:
    verify: { scheme: publicKey, publicKey: ${'ab'.repeat(32)}, header: x-signature }
`;

const order = (event: string) => JSON.stringify({ order: { id: 7, event, note: 'How do I connect\nSlack?', by: 'Ada' } });

function createConfigured(t: TestContext, callback = ''): string {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), settings(callback));
  writeFileSync(join(cwd, 'order.json'), order('e1'));
  return cwd;
}

function sign(body: string, key = secret): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
}

/** A receiver of callbacks that keeps what it is sent. */
async function startDesk(t: TestContext) {
  const calls: { readonly id: string | undefined; readonly text: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.once('end', () => {
      calls.push({ id: request.headers['webhook-id']?.toString(), text: JSON.parse(body).data.text });
      response.end();
      server.emit('called');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const until = async (count: number) => {
    while (calls.length < count) await once(server, 'called');
  };
  const { port } = server.address() as AddressInfo; // A TCP server has an AddressInfo.
  return { calls, until, url: `http://127.0.0.1:${port}/replies` };
}

test('every request is in the log: listed, shown without its credentials, replayed, its answer sent again', async (t) => {
  const desk = await startDesk(t);
  const cwd = createConfigured(t, `callback: { url: '${desk.url}', secret: whsec_${Buffer.alloc(24, 1).toString('base64')} }`);
  const { url } = await startParleyProcess(t, { cwd });
  const call = (...args: string[]) => callParley(['webhook', ...args], { cwd });
  const post = async (body: string, signature = sign(body)) => {
    const headers = { 'content-type': 'application/json', 'x-signature': signature, 'x-shop': 'one' };
    const response = await fetch(`${url}/webhooks/shop?token=hidden`, { method: 'POST', body, headers });
    return { status: response.status, id: response.headers.get('x-request-id') ?? '' };
  };
  const listening = call('listen', '--count', '3', '--json');

  const accepted = await post(order('e1'));
  const forged = await post(order('e2'), sign(order('e2'), 'another-secret'));
  const unmapped = await post('{"order":{}}');
  const heard = await listening;
  await desk.until(1);

  assert.deepEqual(
    heard.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .map(({ id, status, verdict, genuine, reason }) => [id, status, verdict, genuine, reason]),
    [
      [accepted.id, 202, 'accepted', true, undefined],
      [forged.id, 401, 'refused', false, 'signature-mismatch'],
      [unmapped.id, 422, 'refused', true, 'unmappable'],
    ],
  );
  const listed = await call('deliveries', '--source', 'shop');
  assert.match(listed.stdout, new RegExp(`${forged.id} .* shop +401  refused .* signature-mismatch\n`));
  assert.match(listed.stdout, /Refused today and yesterday:\n +shop +signature-mismatch +1 /);
  assert.deepEqual(JSON.parse((await call('deliveries', '--json', '--limit', '1')).stdout).deliveries.length, 1);

  const shown = await call('show', accepted.id);
  assert.match(shown.stdout, /proved by +secrets\[1\]\n[^]*x-signature: \*{8}\n[^]*x-shop: one\n[^]*body\n {2}\{"order"/);
  const forgedShown = await call('show', forged.id);
  assert.match(forgedShown.stdout, /body +not kept/);
  for (const { stdout } of [shown, forgedShown]) assert.doesNotMatch(stdout, /sha256=|hidden/);

  const replayed = await call('replay', accepted.id);
  assert.match(replayed.stdout, /replayed as event e1~/);
  await desk.until(2);
  assert.match(desk.calls[1]?.text ?? '', /slack manifest/);
  assert.notEqual(desk.calls[1]?.id, desk.calls[0]?.id);

  const resent = await call('resend', accepted.id);
  assert.match(resent.stdout, /the answer is sent again/);
  await desk.until(3);
  assert.deepEqual(desk.calls[2], desk.calls[0]);

  for (const [id, why] of [
    [forged.id, /nobody has proved to have sent it/],
    [unmapped.id, /webhooks\.shop\.conversation gives nothing/],
    ['nothing', /no such request/],
  ] as const) {
    const refused = await call('replay', id);
    assert.deepEqual([refused.exitCode, refused.stdout], [1, '']);
    assert.match(refused.stderr, why);
  }
  assert.equal((await call('resend', unmapped.id)).exitCode, 1);
});

describe('parley webhook try --answer', () => {
  async function createScene(t: TestContext) {
    const [desk, model] = [await startDesk(t), createOpenAiEmulator({ clock: systemClock })];
    await model.start();
    t.after(() => model.stop());
    const callback = `callback: { url: '${desk.url}', secret: whsec_${Buffer.alloc(24, 1).toString('base64')} }`;
    const cwd = createConfigured(t, callback);
    appendFileSync(join(cwd, 'parley.yaml'), 'tools: { allow: [{ tools: [current_time] }] }\n');
    const attempt = (...args: string[]) =>
      callParley(['webhook', 'try', 'shop', join(cwd, 'order.json'), '--answer', ...args], {
        cwd,
        // A platform that is switched on: whatever it is called for is seen at the desk.
        env: { OPENAI_BASE_URL: model.baseUrl, DISCORD_TOKEN: 'MTIz.abc.def', DISCORD_API_URL: `${desk.url}/api` },
      });
    return { cwd, desk, model, attempt };
  }

  test('shows what the model would answer, and neither sends nor keeps anything', async (t) => {
    const { cwd, desk, model, attempt } = await createScene(t);
    model.behaviour.answer = (request) =>
      `"${request.messages.at(-1)?.content}"\n${'tools' in request ? 'with' : 'without'} tools`;

    const { exitCode, stdout } = await attempt();

    assert.equal(exitCode, 0, stdout);
    assert.match(
      stdout,
      /\nasked\n {2}How do I connect\n {2}Slack\?\nanswered {6}by \S+ \S+\n {2}".*How do I connect\n {2}Slack\?"\n {2}without tools\n$/,
    );
    assert.equal(model.calls.length, 1);
    assert.deepEqual(desk.calls, []);
    assert.equal(existsSync(join(cwd, 'data')), false);
  });

  test('shows the sources of the answer, and lets the model use nothing else', async (t) => {
    const { cwd, model, attempt } = await createScene(t);
    const config = join(cwd, 'parley.yaml');
    writeFileSync(config, readFileSync(config, 'utf8').replace('[current_time]', "['*']"));
    mkdirSync(join(cwd, 'knowledge'));
    writeFileSync(join(cwd, 'knowledge', 'slack.md'), '# Slack\n\n## Connecting\n\nTo connect Slack, set its token.\n');
    const call = { name: 'search_knowledge', arguments: '{"question":"How do I connect Slack?"}' };
    model.behaviour.answer = ({ messages }) =>
      messages.some(({ role }) => role === 'tool')
        ? 'Set its token [1], or guess [7].'
        : { text: '', finishReason: 'tool_calls', calls: [call] };

    const { stdout } = await attempt('--json');

    assert.match(
      JSON.parse(stdout).answer.text,
      /^Set its token \[1\], or guess\.\n\n\*\*Sources\*\*\n1\. .*Connecting \(`slack\.md`\)$/,
    );
    const [offered] = model.calls.map(({ request }) => JSON.stringify('tools' in request ? request.tools : []));
    assert.deepEqual(offered?.match(/(?<="name":")\w+/g), ['search_knowledge']);
  });

  test('shows what would be said where the model fails, and why', async (t) => {
    const { model, attempt } = await createScene(t);
    model.fail({ type: 'insufficient_quota' });

    const { exitCode, stdout } = await attempt('--json');
    const { answer } = JSON.parse(stdout);

    assert.equal(exitCode, 1);
    assert.equal(answer.state, 'failed');
    assert.match(answer.reason, /quota/);
    assert.match(answer.text, /the error under the id/);
  });

  test('asks no model where nobody would: what is forged, and what is not mapped', async (t) => {
    const { cwd, model, attempt } = await createScene(t);

    const forged = await attempt('--header', 'X-Signature: sha256=00');
    writeFileSync(join(cwd, 'order.json'), '{"order":{}}');
    const unmapped = await attempt();

    assert.deepEqual([forged.exitCode, unmapped.exitCode, model.calls.length], [1, 1, 0]);
  });
});

describe('parley webhook try', () => {
  test('shows what would be asked, and in which conversation', async (t) => {
    const cwd = createConfigured(t);

    const { exitCode, stdout } = await callParley(['webhook', 'try', 'shop', join(cwd, 'order.json')], { cwd });

    assert.equal(exitCode, 0);
    assert.equal(
      stdout,
      'proof         passed (secrets[0])\nevent         e1\nconversation  webhook:shop:7\nauthor        Ada (Ada)\nasked\n  How do I connect\n  Slack?\n',
    );
  });

  test('checks the headers of a real request', async (t) => {
    const cwd = createConfigured(t);
    const attempt = (...headers: string[]) =>
      callParley(['webhook', 'try', 'shop', join(cwd, 'order.json'), '--json', '--header', ...headers], { cwd });

    const right = await attempt(`X-Signature: ${sign(order('e1'))}`);
    const wrong = await attempt('X-Signature: sha256=00');

    assert.deepEqual([right.exitCode, JSON.parse(right.stdout).key], [0, 'secrets[1]']);
    assert.deepEqual([wrong.exitCode, JSON.parse(wrong.stdout).proof.split('.')[0]], [1, 'mismatch']);
  });

  test('says what it cannot check, what it cannot map, and what is no JSON', async (t) => {
    const cwd = createConfigured(t);
    writeFileSync(join(cwd, 'other.json'), '{"text":"hello"}');
    writeFileSync(join(cwd, 'broken.json'), '{');
    const attempt = (source: string, file: string) => callParley(['webhook', 'try', source, join(cwd, file)], { cwd });

    const unchecked = await attempt('door', 'other.json');
    const unmapped = await attempt('shop', 'other.json');
    const broken = await attempt('shop', 'broken.json');
    const unknown = await attempt('nobody', 'other.json');

    assert.deepEqual([unchecked.exitCode, unmapped.exitCode, broken.exitCode, unknown.exitCode], [1, 1, 1, 2]);
    assert.match(
      unchecked.stdout,
      /^proof +not checked: only the sender can make it[^]*webhooks\.door\.conversation gives nothing/,
    );
    assert.match(unmapped.stdout, /refused +webhooks\.shop\.conversation gives nothing/);
    assert.match(broken.stdout, /refused +The body is not valid JSON/);
    assert.match(unknown.stderr, /no source "nobody".* There are: shop, door\./);
  });
});

describe('parley webhook secrets rotate', () => {
  test('prints a new secret and the configuration that takes both, and another one each time', async (t) => {
    const cwd = createConfigured(t);

    const { exitCode, stdout, stderr } = await callParley(['webhook', 'secrets', 'rotate', 'shop'], { cwd });
    const again = await callParley(['webhook', 'secrets', 'rotate', 'shop'], { cwd });

    assert.equal(exitCode, 0);
    assert.match(stdout, /^SHOP_SECRET_NEW=[\w-]{43}\n$/);
    assert.match(stderr, /secrets: \['\$\{SHOP_SECRET_NEW\}', '\$\{SHOP_SECRET\}'\]/);
    assert.notEqual(again.stdout, stdout);
  });

  test('has nothing to give where the sender alone has the key', async (t) => {
    const { exitCode, stderr } = await callParley(['webhook', 'secrets', 'rotate', 'door'], { cwd: createConfigured(t) });

    assert.equal(exitCode, 2);
    assert.match(stderr, /shares no secret \(scheme publicKey\)/);
  });
});

test('parley webhook send is parley send', async (t) => {
  const cwd = createConfigured(t);

  const { exitCode, stderr } = await callParley(['webhook', 'send', 'door', '--file', join(cwd, 'order.json')], { cwd });

  assert.equal(exitCode, 2);
  assert.match(stderr, /Nobody but the sender of "door" can make what its scheme \(publicKey\) asks for/);
});
