import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect } from 'node:net';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readFixture } from './fixtures.ts';
import { startSlack } from './harness.ts';
import type { Slack } from './harness.ts';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** Sends a body as Slack would, apart from what is changed. */
function deliver(
  slack: Slack,
  body: string | Uint8Array,
  { ahead = 0, secret = slack.emulator.signingSecret, headers = {}, method = 'POST' } = {},
) {
  const timestamp = String(Math.floor(slack.clock.now() / 1000) + ahead);
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`;
  return fetch(slack.eventsUrl, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': signature,
      ...headers,
    },
    ...(method === 'GET' ? {} : { body }),
  });
}

async function assertProblem(response: Response, status: number, detail: RegExp): Promise<void> {
  assert.equal(response.status, status);
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  const problem = (await response.json()) as Problem;
  assert.equal(problem.status, status);
  assert.match(problem.type, /^urn:problem-type:parley:[a-z-]+$/);
  assert.ok(problem.title.length > 0);
  assert.match(problem.detail, detail);
}

const mention = JSON.stringify(readFixture('app-mention'));

test('a signed event is acknowledged with an empty 200', async (t) => {
  const slack = await startSlack(t);

  const response = await deliver(slack, mention);

  assert.equal(response.status, 200);
  assert.equal(await response.text(), '');
  assert.equal(slack.offered.length, 1);
});

test('the challenge of the settings page is answered when it is signed', async (t) => {
  const slack = await startSlack(t);
  const body = JSON.stringify({
    type: 'url_verification',
    token: 'x',
    challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
  });

  const response = await deliver(slack, body);
  const forged = await deliver(slack, body, { secret: 'another' });

  assert.deepEqual(await response.json(), { challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P' });
  assert.equal(forged.status, 401);
});

test('a wrong, missing, stale or future signature is refused with what to do about it, and nothing of it is taken', async (t) => {
  const slack = await startSlack(t);

  await assertProblem(await deliver(slack, mention, { secret: 'another secret' }), 401, /SLACK_SIGNING_SECRET/);
  await assertProblem(await deliver(slack, mention, { headers: { 'x-slack-signature': 'v0=00' } }), 401, /does not match/);
  await assertProblem(await deliver(slack, mention, { headers: { 'x-slack-signature': '' } }), 401, /X-Slack-Signature/);
  await assertProblem(
    await deliver(slack, mention, { headers: { 'x-slack-request-timestamp': 'now' } }),
    401,
    /X-Slack-Request-Timestamp/,
  );
  await assertProblem(await deliver(slack, mention, { ahead: -305 }), 401, /more than 300 seconds ago/);
  await assertProblem(await deliver(slack, mention, { ahead: 310 }), 401, /in the future/);

  assert.equal(slack.offered.length, 0);
});

test('a clock that is off by less than five minutes is no obstacle', async (t) => {
  const slack = await startSlack(t);

  assert.equal((await deliver(slack, mention, { ahead: -290 })).status, 200);
  assert.equal((await deliver(slack, mention, { ahead: 290 })).status, 200);
});

test('what is not of a form that Slack sends is refused: 400, 405, 413, 415', async (t) => {
  const slack = await startSlack(t);

  for (const body of [
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"type":7}',
    '{"type":"event_callback"}',
    '{"type":"event_callback","event":[]}',
    '\ufffd',
  ]) {
    await assertProblem(await deliver(slack, body), 400, /JSON object with a type/);
  }
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  await assertProblem(await deliver(slack, 'a=b', { headers: form }), 400, /commands or interactions/);
  await assertProblem(await deliver(slack, 'payload=%7B', { headers: form }), 400, /commands or interactions/);
  await assertProblem(await deliver(slack, mention, { headers: { 'content-type': 'text/plain' } }), 415, /application\/json/);
  await assertProblem(await deliver(slack, '', { method: 'GET' }), 405, /POST/);
  await assertProblem(await deliver(slack, `"${'x'.repeat(1024 * 1024)}"`), 413, /1048576 bytes/);

  assert.equal(slack.offered.length, 0);
});

test('a body that does not say how long it is is cut off at the limit', async (t) => {
  const slack = await startSlack(t);
  const { port } = new URL(slack.eventsUrl);

  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += data.toString('utf8');
    });
    socket.on('close', () => resolve(text)).on('error', reject);
    socket.write(
      'POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const chunk = 'x'.repeat(64 * 1024);
    for (let sent = 0; sent < 17; sent += 1) socket.write(`${chunk.length.toString(16)}\r\n${chunk}\r\n`);
    socket.write('0\r\n\r\n');
  });

  assert.match(answer, /^HTTP\/1\.1 413 /);
  assert.match(answer, /connection: close/i);
});

test('a sender that goes away in the middle of a body leaves nothing behind', async (t) => {
  const slack = await startSlack(t);
  const { port } = new URL(slack.eventsUrl);

  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      'POST /slack/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"type":',
      () => socket.destroy(),
    );
    socket.on('close', () => resolve());
  });

  assert.equal((await deliver(slack, mention)).status, 200);
  assert.equal(slack.offered.length, 1);
});

test('paths beside its own are left to others', async (t) => {
  const slack = await startSlack(t);

  for (const path of ['/slack/eventsx', '/slack', '/', '/slack/events/x']) {
    assert.equal((await fetch(new URL(path, slack.eventsUrl), { method: 'POST' })).status, 404);
  }
});

test('before the start and after the stop Slack is asked to come again', async (t) => {
  const slack = await startSlack(t, { start: false });

  await assertProblem(await deliver(slack, mention), 503, /Send it again/);
  await slack.start();
  assert.equal((await deliver(slack, mention)).status, 200);
  await slack.adapter.stop();
  await assertProblem(await deliver(slack, mention), 503, /Send it again/);
});

test('the check of the certificate is answered', async (t) => {
  const slack = await startSlack(t);

  const response = await deliver(slack, 'ssl_check=1&token=x', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

  assert.equal(response.status, 200);
});

test('interactions and kinds of events that mean nothing to Parley are acknowledged, so that Slack does not repeat them', async (t) => {
  const slack = await startSlack(t);
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  assert.equal(
    (await deliver(slack, `payload=${encodeURIComponent('{"type":"block_actions"}')}`, { headers: form })).status,
    200,
  );
  assert.equal((await deliver(slack, JSON.stringify(readFixture('message-replied')))).status, 200);
  assert.equal((await deliver(slack, '{"type":"app_rate_limited","minute_rate_limited":1518467820}')).status, 200);

  assert.equal(slack.offered.length, 0);
  assert.equal(slack.log.find('slack withholds events: the workspace sends more than 30,000 an hour').length, 1);
});

test('forged, late, too large and broken forms of interactions are refused as events are', async (t) => {
  const slack = await startSlack(t);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const press = { type: 'block_actions', team: { id: 'T1' }, user: { id: 'U1' }, channel: { id: 'C1' }, actions: [] };
  const form = `payload=${encodeURIComponent(JSON.stringify(press))}`;

  await assertProblem(await deliver(slack, form, { headers, secret: 'another' }), 401, /SLACK_SIGNING_SECRET/);
  await assertProblem(await deliver(slack, form, { headers, ahead: -305 }), 401, /more than 300 seconds ago/);
  await assertProblem(await deliver(slack, `payload=${'x'.repeat(1024 * 1024)}`, { headers }), 413, /1048576 bytes/);
  for (const broken of ['payload=', 'payload=[]', 'payload=null', 'payload=%7B%22a%22%3A1%7D', 'payload=%22x%22']) {
    await assertProblem(await deliver(slack, broken, { headers }), 400, /commands or interactions/);
  }
  assert.equal((await deliver(slack, form, { headers })).status, 200);

  assert.equal(slack.offered.length, 0);
});

test('generated hostile requests are answered, and leave it healthy', async (t) => {
  const slack = await startSlack(t);
  const interaction = fc
    .record({
      type: fc.constantFrom('block_actions', 'view_submission', 'view_closed', 'message_action', 'shortcut'),
      team: fc.oneof(fc.constant({ id: 'T1' }), fc.jsonValue({ maxDepth: 1 })),
      user: fc.oneof(fc.constant({ id: 'U1' }), fc.jsonValue({ maxDepth: 1 })),
      channel: fc.oneof(fc.constant({ id: 'C1' }), fc.jsonValue({ maxDepth: 1 })),
      message: fc.oneof(fc.constant({ ts: '1.1', user: 'U2', text: 'x' }), fc.jsonValue({ maxDepth: 1 })),
      actions: fc.oneof(
        fc.array(
          fc.record({
            action_id: fc.constantFrom('parley.feedback', 'parley.regenerate'),
            action_ts: fc.string(),
            value: fc.string(),
          }),
        ),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      view: fc.oneof(
        fc.record({ id: fc.string(), callback_id: fc.constant('parley.feedback'), state: fc.jsonValue() }),
        fc.jsonValue(),
      ),
      callback_id: fc.constantFrom('parley.answer', 'parley.summarise', 'parley.__proto__'),
      trigger_id: fc.oneof(fc.constant('1.2.3'), fc.jsonValue({ maxDepth: 0 })),
      response_url: fc.jsonValue({ maxDepth: 0 }),
    })
    .map((payload) => `payload=${encodeURIComponent(JSON.stringify(payload))}`);
  const body = fc.oneof(fc.json({ maxDepth: 3 }), fc.string({ unit: 'binary' }), fc.constant(mention), interaction);
  const type = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'application/json; charset=utf-16',
    'multipart/form-data',
  );
  const change = fc.record({
    ahead: fc.constantFrom(0, 400, -400),
    secret: fc.constantFrom(slack.emulator.signingSecret, 'x'),
    headers: fc.record({ 'content-type': type }),
  });

  await fc.assert(
    fc.asyncProperty(body, change, async (text, options) => {
      const response = await deliver(slack, text, options);

      await response.arrayBuffer();
      assert.ok([200, 400, 401, 415].includes(response.status), String(response.status));
    }),
    { numRuns: 300 },
  );

  assert.equal((await deliver(slack, mention)).status, 200);
  assert.equal(slack.adapter.health().connected, true);
});
