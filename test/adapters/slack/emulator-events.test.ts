import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { SlackEmulator } from '../../../adapters/slack/emulator.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { startEmulator } from './emulator-scene.ts';
import { settled } from './harness.ts';

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly response: ServerResponse;
}

/** A bot that answers when the test wants it to. */
async function startBot(t: TestContext, emulator: SlackEmulator): Promise<Request[]> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => requests.push({ headers: request.headers, body, response }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  emulator.eventsUrl = `http://127.0.0.1:${port}/slack/events`;
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return requests;
}

test('events by HTTP are signed', async (t) => {
  const { emulator, clock } = await startEmulator(t);
  const requests = await startBot(t, emulator);

  emulator.say({ text: 'a < b & c', mention: true, order: 'message' });
  await settled(() => requests.length === 2);

  for (const { headers, body, response } of requests) {
    const timestamp = headers['x-slack-request-timestamp'];
    const digest = createHmac('sha256', emulator.signingSecret)
      .update(`v0:${String(timestamp)}:${body}`)
      .digest('hex');
    assert.equal(headers['x-slack-signature'], `v0=${digest}`);
    assert.equal(timestamp, String(clock.now() / 1000));
    assert.match(body, /<@U0PARLEY01> a &lt; b &amp; c/);
    response.end();
  }
  assert.notEqual(JSON.parse(requests[0]?.body ?? '{}').event_id, JSON.parse(requests[1]?.body ?? '{}').event_id);
});

test('events by HTTP come again on anything but success and on three seconds of silence, three times, and are kept after that', async (t) => {
  const { emulator, clock } = await startEmulator(t, { retryDelaysMs: [100, 200, 300] });
  const requests = await startBot(t, emulator);
  const said = emulator.say({ text: 'hello', direct: true });

  await settled(() => requests.length === 1);
  requests[0]?.response.writeHead(500).end();
  await comeAgain(requests, clock, 2);
  requests[1]?.response.writeHead(302).end();
  await comeAgain(requests, clock, 3);
  await clock.advance(3_000);
  await comeAgain(requests, clock, 4);
  requests[3]?.response.destroy();
  await settled(() => said.deliveries[0]?.attempts === 4);
  await clock.advance(1_000_000);
  const kept = emulator.pending().length;
  emulator.retryPending();
  await settled(() => requests.length === 5);
  requests[4]?.response.end();

  assert.equal(await said.acknowledged, true);
  assert.equal(kept, 1);
  assert.deepEqual(
    requests.map(({ headers }) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
      ['3', 'http_timeout'],
      ['4', 'connection_failed'],
    ],
  );
  assert.equal(emulator.pending().length, 0);
});

test('events by HTTP wait for a bot that is not there', async (t) => {
  const { emulator } = await startEmulator(t, { retryDelaysMs: [], eventsUrl: 'http://127.0.0.1:9/slack/events' });
  const said = emulator.say({ text: 'hello', direct: true });
  await settled(() => said.deliveries[0]?.attempts === 1);

  const requests = await startBot(t, emulator);
  emulator.retryPending();
  await settled(() => requests.length === 1);
  requests[0]?.response.end();

  assert.equal(await said.acknowledged, true);
});

test('events by HTTP that nobody acknowledged before the emulator stops were not acknowledged', async (t) => {
  const { emulator } = await startEmulator(t);
  const said = emulator.say({ text: 'hello', direct: true });

  await emulator.stop();

  assert.equal(await said.acknowledged, false);
});
async function comeAgain(requests: readonly Request[], clock: FakeClock, count: number): Promise<void> {
  while (requests.length < count) {
    await settled(() => clock.pending() > 0);
    await clock.advance(100);
  }
}
