import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { settled, startSlack } from './harness.ts';
import type { Slack, SlackSetup } from './harness.ts';

async function startSocket(t: TestContext, setup: SlackSetup = {}): Promise<Slack & { clock: FakeClock }> {
  const clock = createFakeClock();
  return Object.assign(await startSlack(t, { transport: 'socket', clock, ...setup }), { clock });
}

/** Lets the delay before the next attempt pass, once it has begun. */
async function reconnect({ clock, emulator, adapter }: Slack & { clock: FakeClock }): Promise<void> {
  await settled(() => !adapter.health().connected);
  for (let tries = 0; !adapter.health().connected; tries += 1) {
    assert.ok(tries < 100, 'it does not connect again');
    await clock.advance(100);
    await Promise.race([settled(() => adapter.health().connected), clock.advance(0)]);
  }
  await settled(() => emulator.connected() === 1);
}

test('a connection that Slack asks to renew is renewed, and events go on', async (t) => {
  const slack = await startSocket(t);

  slack.emulator.requestDisconnect('refresh_requested');
  await reconnect(slack);
  const said = slack.emulator.say({ text: 'still there?', direct: true });

  assert.equal(await said.acknowledged, true);
  assert.equal(slack.adapter.health().connected, true);
});

test('a connection that has stood for a while is renewed at once', async (t) => {
  const slack = await startSocket(t);
  await slack.clock.advance(6_000);

  slack.emulator.requestDisconnect('refresh_requested');
  await settled(() => slack.log.find('slack connected').length === 2);

  assert.equal(slack.adapter.health().connected, true);
});

test('a connection that breaks shows in the health and is made anew; what was said meanwhile arrives', async (t) => {
  const slack = await startSocket(t);

  slack.emulator.dropConnections();
  await settled(() => !slack.adapter.health().connected);
  const { detail } = slack.adapter.health();
  const said = slack.emulator.say({ text: 'are you there?', direct: true });
  await reconnect(slack);

  assert.match(detail, /connecting again/);
  assert.equal(await said.acknowledged, true);
});

test('an event whose acknowledgement got lost with the connection comes again, and is the same event', async (t) => {
  const slack = await startSocket(t);
  const saved = createGate();
  slack.onAccept = () => saved.opened;
  const said = slack.emulator.say({ text: 'once', direct: true });
  await slack.offeredMessages(1);

  slack.emulator.dropConnections();
  saved.open();
  await reconnect(slack);

  assert.equal(await said.acknowledged, true);
  const [first, second] = await slack.offeredMessages(2);
  assert.deepEqual(second, first);
});

test('a Slack that gives no address for a while is asked again and again, with growing delays', async (t) => {
  const slack = await startSocket(t, { start: false });
  slack.emulator.faults.add({ method: 'apps.connections.open', kind: 'server_error', times: 3 });

  await slack.start();
  const before = slack.adapter.health();
  const startedAt = slack.clock.now();
  for (let failures = 1; failures <= 3; failures += 1) {
    await settled(() => slack.log.find('slack connection failed; trying again').length >= failures);
    if (failures < 3) await slack.clock.advance(500 * 2 ** failures);
  }
  await reconnect(slack);

  assert.equal(before.connected, false);
  assert.ok(slack.clock.now() - startedAt > 1_000);
});

test('Slack is asked no sooner than it wants', async (t) => {
  const slack = await startSocket(t, { start: false });
  slack.emulator.faults.add({ method: 'apps.connections.open', kind: 'rate_limit', retryAfterSeconds: 90 });
  await slack.start();

  await slack.clock.advance(89_000);
  await settled(() => true);
  const early = slack.adapter.health().connected;
  await slack.clock.advance(1_000);
  await settled(() => slack.adapter.health().connected);

  assert.equal(early, false);
});

test('an app token that is refused later does not end the process; the health says what to do', async (t) => {
  const slack = await startSocket(t);
  slack.emulator.faults.add({ method: 'apps.connections.open', kind: 'platform_error', error: 'invalid_auth' });

  slack.emulator.dropConnections();
  await settled(() => slack.log.find('slack connection ended; connecting again').length === 1);
  await slack.clock.advance(1_000);
  await settled(() => slack.log.find('slack connection failed; trying again').length === 1);
  const { detail } = slack.adapter.health();
  await reconnect(slack);

  assert.match(detail, /SLACK_APP_TOKEN/);
});

test('it stops while it is connected and while it is not, and lets go of every timer', async (t) => {
  const connected = await startSocket(t);
  const apart = await startSocket(t);
  apart.emulator.faults.add({ method: 'apps.connections.open', kind: 'refuse', times: 1_000 });
  apart.emulator.dropConnections();
  await settled(() => !apart.adapter.health().connected);

  for (const { adapter, emulator, clock } of [connected, apart]) {
    await adapter.stop();
    await adapter.stop();
    await emulator.stop();

    assert.equal(adapter.health().connected, false);
    assert.equal(clock.pending(), 0);
  }
});

/** A server that says what a test wants it to, instead of what Slack would. */
async function startStrange(t: TestContext, onConnection: (socket: WebSocket) => void) {
  const server = createServer((request, response) => {
    request.resume();
    const { port } = server.address() as AddressInfo; // a TCP server that listens has one
    const identity = { user_id: 'U1', bot_id: 'B1', team_id: 'T1' };
    const answer = request.url?.endsWith('auth.test') ? identity : { url: `ws://127.0.0.1:${port}/` };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, ...answer }));
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', onConnection);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const slack = await startSocket(t, { start: false, options: { apiUrl: `http://127.0.0.1:${port}/api` } });
  t.after(async () => {
    await slack.adapter.stop();
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return slack;
}

test('frames of unexpected forms do no harm', async (t) => {
  const acknowledged = createGate();
  const slack = await startStrange(t, (socket) => {
    socket.on('message', () => acknowledged.open());
    socket.send('{"type":"hello"}');
    for (const frame of [
      '',
      '{',
      'null',
      '7',
      '[]',
      '{}',
      '{"type":"events_api"}',
      '{"type":"events_api","payload":{}}',
      '{"type":"error"}',
    ])
      socket.send(frame);
    socket.send(Buffer.from([1, 2, 3]));
    const event = { type: 'message', channel: 'D1', channel_type: 'im', ts: '1.000002', user: 'U2', text: 'hello' };
    socket.send(
      JSON.stringify({ envelope_id: 'e1', type: 'events_api', payload: { type: 'event_callback', team_id: 'T1', event } }),
    );
  });

  await slack.start();
  await acknowledged.opened;

  assert.equal(slack.offered.length, 1);
  assert.equal(slack.adapter.health().connected, true);
});

test('a server that never greets is given up after a while, and tried again', async (t) => {
  let connections = 0;
  const slack = await startStrange(t, (socket) => {
    connections += 1;
    if (connections > 1) socket.send('{"type":"hello"}');
  });

  const started = slack.start();
  await settled(() => connections === 1);
  await slack.clock.advance(10_000);
  await started;
  const before = slack.adapter.health();
  await settled(() => slack.log.find('slack connection failed; trying again').length === 1);
  await slack.clock.advance(1_000);
  await settled(() => slack.adapter.health().connected);

  assert.equal(before.connected, false);
  assert.match(before.detail, /did not answer in time/);
});
