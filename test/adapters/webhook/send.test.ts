import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { createDeskEmulator } from '../../../adapters/webhook/emulator.ts';
import type { DeskEmulator } from '../../../adapters/webhook/emulator.ts';
import { createWebhookAdapter } from '../../../adapters/webhook/index.ts';
import { createAction } from '../../../src/action/action.ts';
import { createExpressions } from '../../../src/expressions/expressions.ts';
import type { Adapter } from '../../../src/adapter.ts';
import { DeliveryError } from '../../../src/errors.ts';
import { createFakeLedger } from './fake-ledger.ts';
import type { FakeLedger } from './fake-ledger.ts';
import { createAnswer, desk, never, nowhere, toLoopback } from './harness.ts';

interface Sending {
  readonly adapter: Adapter;
  readonly emulator: DeskEmulator;
  readonly ledger: FakeLedger;
}

async function withCallback(use: (sending: Sending) => Promise<void>, url?: string): Promise<void> {
  const ledger = createFakeLedger();
  const emulator = createDeskEmulator({ clock: ledger.clock });
  await emulator.listen();
  const callback = { url: url ?? emulator.callbackUrl, secrets: [emulator.callbackSecret], timeoutMs: 5000 };
  const adapter = createWebhookAdapter({
    sources: [{ ...desk, callback }],
    maxBodyBytes: 1000,
    openFetch: toLoopback,
    createAction,
    createExpressions,
  });
  await adapter.start(ledger);
  try {
    await use({ adapter, emulator, ledger });
  } finally {
    await adapter.stop();
    await emulator.close();
  }
}

async function failure(sending: Promise<unknown>): Promise<DeliveryError> {
  try {
    await sending;
  } catch (error) {
    assert.ok(error instanceof DeliveryError, String(error));
    return error;
  }
  return assert.fail('it was delivered');
}

test('posts an answer to the callback, signed', async () => {
  await withCallback(async ({ adapter, emulator }) => {
    const receipt = await adapter.send(createAnswer(), never);

    assert.deepEqual(receipt, { id: createAnswer().id });
    assert.deepEqual(emulator.visible('7'), [
      { id: createAnswer().id, ticketId: '7', inReplyTo: 'evt_1', text: 'Try a **new** bulb.', part: 0, parts: 1 },
    ]);
  });
});

test('keeps id and body over attempts and signs each anew, so that the receiver shows one', async () => {
  await withCallback(async ({ adapter, emulator, ledger }) => {
    emulator.faults.add({ kind: 'lost_response' });
    await failure(adapter.send(createAnswer(), never));
    await ledger.clock.advance(3_600_000);
    await adapter.send(createAnswer({ attempt: 2 }), never);

    assert.deepEqual(
      emulator.callbacks.map(({ id, status }) => [id, status]),
      [
        [createAnswer().id, 0],
        [createAnswer().id, 204],
      ],
    );
    assert.equal(emulator.visible('7').length, 1);
  });
});

test('says of each failure whether to try again, and when', async () => {
  await withCallback(async ({ adapter, emulator, ledger }) => {
    const attempt = () => failure(adapter.send(createAnswer(), never));
    emulator.faults.add({ kind: 'rate_limit', retryAfterSeconds: 7 });
    emulator.faults.add({ kind: 'server_error' });
    emulator.faults.add({ kind: 'refuse' });
    emulator.faults.add({ kind: 'gone' });
    const [limited, broken, refused, gone] = [await attempt(), await attempt(), await attempt(), await attempt()];

    assert.deepEqual(
      [limited, broken, refused, gone].map(({ retryable, uncertain, retryAfterMs }) => [retryable, uncertain, retryAfterMs]),
      [
        [true, false, 7000],
        [true, false, undefined],
        [true, false, undefined],
        [false, false, undefined],
      ],
    );
    assert.match(gone.message, /answered 410\. It wants no more answers/);
    assert.equal(ledger.clock.pending(), 0);
  });
});

test('gives a silent callback up after its timeout, and at an abort', async () => {
  await withCallback(async ({ adapter, emulator, ledger }) => {
    emulator.faults.add({ kind: 'hang', times: 2, takesEffect: true });
    const silent = failure(adapter.send(createAnswer(), never));
    await ledger.clock.advance(5000);
    const controller = new AbortController();
    const aborted = failure(adapter.send(createAnswer(), controller.signal));
    controller.abort();

    assert.equal((await silent).retryable, true);
    assert.match((await silent).message, /did not answer within 5000 ms/);
    assert.equal((await aborted).retryable, true);
    assert.equal(ledger.clock.pending(), 0);
  });
});

test('names the host of a callback only, because addresses hold credentials', async () => {
  await withCallback(async ({ adapter }) => {
    const error = await failure(adapter.send(createAnswer(), never));

    assert.match(error.message, /127\.0\.0\.1:1 could not be reached/);
    assert.ok(!JSON.stringify([error.message, String(error.cause)]).includes('hunter2'));
  }, 'http://127.0.0.1:1/hunter2?key=hunter2');
});

test('reaches no address that is not allowed, and says which setting would', async () => {
  const port = 1;
  for (const [host, said] of [
    ['10.0.0.7', /^webhooks\.desk\.callback\.url: 10\.0\.0\.7 is private.*outbound: \{ allow: \["10\.0\.0\.7"\] \}/],
    ['169.254.169.254', /169\.254\.169\.254 is link-local/],
    ['[::ffff:10.0.0.7]', /is private/],
  ] as const) {
    await withCallback(async ({ adapter }) => {
      const error = await failure(adapter.send(createAnswer(), never));

      assert.match(error.message, said);
      assert.deepEqual([error.retryable, error.uncertain], [false, false]);
    }, `http://${host}:${port}/hunter2`);
  }
});

test('judges statuses, follows no redirect, and reads no more of a response than it must', async () => {
  let status = 200;
  const headers: Record<string, string> = {};
  let answered = 0;
  const server = createServer((_request, response) => {
    answered += 1;
    response.writeHead(status, headers);
    response.end('x'.repeat(1_000_000));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // A TCP server has an AddressInfo.
  try {
    await withCallback(async ({ adapter, ledger }) => {
      const verdict = async (code: number, retryAfter?: string) => {
        status = code;
        if (retryAfter === undefined) delete headers['retry-after'];
        else headers['retry-after'] = retryAfter;
        const { retryable, retryAfterMs } = await failure(adapter.send(createAnswer(), never));
        return [retryable, retryAfterMs];
      };
      const later = new Date(ledger.clock.now() + 90_000).toUTCString();
      headers['location'] = '/elsewhere';

      assert.deepEqual(await adapter.send(createAnswer(), never), { id: createAnswer().id });
      assert.deepEqual(await verdict(301), [false, undefined]);
      assert.deepEqual(await verdict(307), [true, undefined]);
      assert.deepEqual(await verdict(400), [false, undefined]);
      assert.deepEqual(await verdict(401), [false, undefined]);
      assert.deepEqual(await verdict(408), [true, undefined]);
      assert.deepEqual(await verdict(425), [true, undefined]);
      assert.deepEqual(await verdict(429, 'soon'), [true, undefined]);
      assert.deepEqual(await verdict(429, later), [true, 90_000]);
      assert.deepEqual(await verdict(503, '999999999'), [true, 86_400_000]);
      assert.deepEqual(await verdict(500, '5'), [true, undefined]);
      assert.equal(answered, 11);
    }, url);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('has nothing to send for a source without a callback, and refuses for one that is gone', async () => {
  const adapter = createWebhookAdapter({
    sources: [desk],
    maxBodyBytes: 1000,
    openFetch: nowhere,
    createAction,
    createExpressions,
  });
  await adapter.start(createFakeLedger());

  assert.deepEqual(await adapter.send(createAnswer(), never), { id: createAnswer().id });
  const gone = await failure(adapter.send(createAnswer({ tenant: 'shop' }), never));
  assert.equal(gone.retryable, false);
  await adapter.stop();
  const stopped = await failure(adapter.send(createAnswer(), never));
  assert.equal(stopped.retryable, true);
});
