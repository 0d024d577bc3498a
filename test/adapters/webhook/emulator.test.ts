import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createDeskEmulator } from '../../../adapters/webhook/emulator.ts';
import type { DeskEmulator } from '../../../adapters/webhook/emulator.ts';
import { systemClock } from '../../../src/clock.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';

interface Delivered {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface DeskPayload {
  readonly type: string;
  readonly ticket: { readonly id: string; readonly subject: string };
  readonly comment: { readonly text: string; readonly author: unknown };
}

interface Bot {
  readonly url: string;
  readonly received: Delivered[];
  /** What the next deliveries are answered with; 202 after them. */
  readonly statuses: number[];
}

async function withDesk(use: (desk: DeskEmulator, bot: Bot, clock: FakeClock) => Promise<void>): Promise<void> {
  const received: Delivered[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      response.writeHead(statuses.shift() ?? 202).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/desk`; // A TCP server has an AddressInfo.
  // The standardwebhooks package reads the system's clock.
  const clock = createFakeClock({ now: systemClock.now() });
  const desk = createDeskEmulator({ clock, targetUrl: url });
  await desk.listen();
  try {
    await use(desk, { url, received, statuses }, clock);
  } finally {
    await desk.close();
    server.closeAllConnections();
    server.close();
  }
}

function answer(
  desk: DeskEmulator,
  { id = 'msg_1', ticketId = '1001', words = 'Hello', secret = desk.callbackSecret, at = systemClock.now() } = {},
) {
  const body = JSON.stringify({
    type: 'parley.answer',
    timestamp: '2026-06-01T00:00:00.000Z',
    data: { id, conversation: ticketId, inReplyTo: 'evt', text: words, part: 0, parts: 1 },
  });
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, new Date(at), body),
  };
  return fetch(desk.callbackUrl, { method: 'POST', body, headers });
}

test('signs what customers write so that the standardwebhooks package believes it', async () => {
  await withDesk(async (desk, { received }) => {
    const event = await desk.say({ text: 'It is broken: ü', subject: 'Lamp', author: 'Grace' });
    const [delivery] = received;
    const headers = delivery?.headers as Record<string, string>; // Single values, all of them.
    const payload = new Webhook(desk.secret).verify(delivery?.body ?? '', headers) as DeskPayload; // What the desk documents.

    assert.equal(event.state, 'accepted');
    assert.deepEqual(
      [payload.type, payload.ticket.id, payload.ticket.subject, payload.comment.text, payload.comment.author],
      ['ticket.created', '1001', 'Lamp', 'It is broken: ü', { id: 'customer-grace', name: 'Grace' }],
    );
  });
});

test('keeps what could not be delivered, in order, until the bot is back', async () => {
  await withDesk(async (desk, { url, received }) => {
    desk.targetUrl = 'http://127.0.0.1:1/';
    const first = await desk.say({ text: 'one' });
    const second = await desk.say({ text: 'two', ticketId: first.ticketId });
    const other = await desk.say({ text: 'three' });

    assert.deepEqual([first.attempts, second.attempts, other.attempts], [[0], [], [0]]);
    assert.deepEqual(desk.pending(), [first, second, other]);

    desk.targetUrl = url;
    await desk.retryPending();

    assert.deepEqual(desk.pending(), []);
    const texts = received.map(({ body }) => (JSON.parse(body) as { comment: { text: string } }).comment.text); // Made by the desk.
    assert.deepEqual(
      texts.filter((words) => words !== 'three'),
      ['one', 'two'],
    );
    assert.deepEqual(
      new Set(received.map(({ headers }) => headers['webhook-id'])),
      new Set([first, second, other].map(({ id }) => id)),
    );
  });
});

test('retries by itself after a while, and gives up what is refused for good', async () => {
  await withDesk(async (desk, { statuses, received }, clock) => {
    statuses.push(503, 500, 202, 401);
    const event = await desk.say({ text: 'one' });
    while (event.state === 'pending') await clock.advance(1000);
    const refused = await desk.say({ text: 'two' });

    assert.deepEqual([event.attempts, event.state], [[503, 500, 202], 'accepted']);
    assert.deepEqual([refused.attempts, refused.state], [[401], 'refused']);
    assert.equal(new Set(received.slice(0, 3).map(({ body }) => body)).size, 1);
    assert.deepEqual(desk.pending(), []);
  });
});

test('delivers copies when asked to', async () => {
  await withDesk(async (desk, { received }) => {
    const event = await desk.say({ text: 'one' });
    const statuses = await desk.redeliver(event, 3);

    assert.deepEqual(statuses, [202, 202, 202]);
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
  });
});

test('shows genuine answers, each once', async () => {
  await withDesk(async (desk) => {
    const seen: string[] = [];
    const calls: string[] = [];
    const off = desk.onMessage(({ text: words }) => seen.push(words));
    desk.onCall((phase, id) => calls.push(`${phase} ${id}`));
    const statuses = [
      await answer(desk),
      await answer(desk),
      await answer(desk, { id: 'msg_2', words: 'Again' }),
      await answer(desk, { secret: desk.secret }),
      await answer(desk, { at: systemClock.now() - 400_000 }),
      await fetch(desk.callbackUrl, { method: 'POST', body: '{}' }),
    ].map(({ status }) => status);
    off();
    await answer(desk, { id: 'msg_3' });

    assert.deepEqual(statuses, [204, 204, 204, 401, 401, 401]);
    assert.deepEqual(
      desk.visible('1001').map(({ text: words }) => words),
      ['Hello', 'Again', 'Hello'],
    );
    assert.deepEqual(desk.visible('1002'), []);
    assert.deepEqual(seen, ['Hello', 'Again']);
    assert.deepEqual(calls.slice(0, 3), ['before msg_1', 'after msg_1', 'before msg_1']);
  });
});

test('goes wrong as it is told to, and takes effect or not', async () => {
  await withDesk(async (desk) => {
    desk.faults.add({ kind: 'server_error', skip: 1, takesEffect: true });
    desk.faults.add({ kind: 'rate_limit', retryAfterSeconds: 3 });
    desk.faults.add({ kind: 'gone' });
    const [fine, broken, limited, gone] = [
      await answer(desk),
      await answer(desk, { id: 'b' }),
      await answer(desk, { id: 'c' }),
      await answer(desk, { id: 'd' }),
    ];

    assert.deepEqual(
      [fine, broken, limited, gone].map(({ status }) => status),
      [204, 500, 429, 410],
    );
    assert.equal(limited.headers.get('retry-after'), '3');
    assert.deepEqual(
      desk.visible('1001').map(({ id }) => id),
      ['msg_1', 'b'],
    );
    assert.equal(desk.faults.pending(), 0);

    desk.faults.add({ kind: 'lost_response' });
    desk.faults.add({ kind: 'refuse' });
    await assert.rejects(answer(desk, { id: 'e' }));
    await assert.rejects(answer(desk, { id: 'f' }));
    assert.deepEqual(
      desk.visible('1001').map(({ id }) => id),
      ['msg_1', 'b', 'e'],
    );
  });
});
