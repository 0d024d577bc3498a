import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { createFetch } from '../../../src/http/fetch.ts';
import { echo, listen, withFetch } from './loopback.ts';

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

test('stops at an abort before sending, before the headers and inside the body, and lets the connection go', async () => {
  let gone: Promise<unknown> | undefined;
  const arrived = Promise.withResolvers<void>();
  const listener: RequestListener = (request, response) => {
    gone = once(response, 'close');
    arrived.resolve();
    if (request.url === '/body') response.writeHead(200).write('start');
  };
  await withFetch(listener, async (fetch_, { url }) => {
    const before = AbortSignal.abort();
    await assert.rejects(fetch_(url, { signal: before }), isAbort);

    const waiting = new AbortController();
    const pending = fetch_(url, { signal: waiting.signal });
    await arrived.promise;
    waiting.abort();
    await assert.rejects(pending, isAbort);
    await gone;

    const reading = new AbortController();
    const response = await fetch_(`${url}/body`, { signal: reading.signal });
    const text = response.text();
    reading.abort();
    await assert.rejects(text, isAbort);
    await gone;
  });
});

test('stops at an abort while it waits for a free connection', async () => {
  const asked: unknown[] = [];
  const listener: RequestListener = (request, response) => {
    asked.push(request.url);
    response.writeHead(200).write('for ever');
  };
  await withFetch(
    listener,
    async (fetch_, { url }) => {
      const first = await fetch_(`${url}/1`);
      const controller = new AbortController();
      const second = fetch_(`${url}/2`, { signal: controller.signal });

      controller.abort(new Error('enough'));
      await assert.rejects(second, /enough/);
      await first.body?.cancel();
      const third = await fetch_(`${url}/3`);
      await third.body?.cancel();

      assert.deepEqual(asked, ['/1', '/3']);
    },
    { connections: 1 },
  );
});

test('rejects with the reason of a signal that times out', async () => {
  await withFetch(
    () => undefined,
    async (fetch_, { url }) => {
      await assert.rejects(fetch_(url, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
    },
  );
});

test('reports a lost connection, before the headers and inside the body', async () => {
  const listener: RequestListener = (request, response) => {
    if (request.url !== '/body') response.destroy();
    else response.writeHead(200, { 'content-length': 100 }).write('start', () => response.destroy());
  };
  await withFetch(listener, async (fetch_, { url }) => {
    await assert.rejects(
      fetch_(url),
      (error) => error instanceof TypeError && error.message === 'fetch failed' && error.cause instanceof Error,
    );

    const whole = await fetch_(`${url}/body`);
    await assert.rejects(whole.text(), (error) => error instanceof TypeError && error.message === 'terminated');

    const pieces = await fetch_(`${url}/body`);
    await assert.rejects(async () => {
      for await (const piece of pieces.body ?? []) assert.ok(piece.length > 0);
    }, TypeError);
  });
  await assert.rejects(createFetch().fetch('http://127.0.0.1:1/'), /fetch failed/);
});

test('gives the connection up when a reader leaves early', async () => {
  let gone: Promise<unknown> | undefined;
  const listener: RequestListener = (_request, response) => {
    gone = once(response, 'close');
    response.writeHead(200).write('start');
  };
  await withFetch(listener, async (fetch_, { url }) => {
    const left = await fetch_(url);
    for await (const piece of left.body ?? []) if (piece.length > 0) break;
    await gone;

    // As the openai SDK does with a response it does not want: the iterator is closed before it was ever asked.
    const unwanted = await fetch_(url);
    await unwanted.body?.[Symbol.asyncIterator]().return?.();
    await gone;
  });
});

test('makes a fast sender wait for a slow reader, and loses nothing', async () => {
  const size = 64 * 1024 * 1024;
  let sent = 0;
  const listener: RequestListener = (_request, response) => {
    response.writeHead(200, { 'content-length': size });
    const piece = Buffer.alloc(256 * 1024, 'x');
    const write = (): void => {
      while (sent < size) {
        sent += piece.length;
        if (!response.write(piece)) {
          response.once('drain', write);
          return;
        }
      }
      response.end();
    };
    write();
  };
  await withFetch(listener, async (fetch_, { url }) => {
    const response = await fetch_(url);
    let read = 0;
    for await (const piece of response.body ?? []) {
      if (read === 0) for (let turn = 0; turn < 2000; turn += 1) await new Promise(setImmediate);
      if (read === 0) assert.ok(sent < size, 'the sender did not wait');
      read += piece.length;
    }

    assert.equal(read, size);
  });
});

test('holds no more of one response than it may', async () => {
  const listener: RequestListener = (_request, response) => void response.end('x'.repeat(5000));
  await withFetch(
    listener,
    async (fetch_, { url }) => {
      const response = await fetch_(url);

      await assert.rejects(response.text(), /longer than 1000 bytes/);
    },
    { maxResponseBytes: 1000 },
  );
});

test('refuses what cannot be sent', async () => {
  await withFetch(echo, async (fetch_, server) => {
    await assert.rejects(fetch_(server.url, { body: 'x' }), TypeError);
    await assert.rejects(fetch_(server.url, { headers: { 'x-bad': 'a\r\nb: c' } }), TypeError);
    await assert.rejects(
      fetch_(server.url.replace('//', '//user:secret@')),
      (error) => error instanceof TypeError && !error.message.includes('secret'),
    );
    await assert.rejects(fetch_('not a url'), TypeError);

    assert.equal(server.connections(), 0);
  });
});

test('fails what is under way when it is closed', async () => {
  await using server = await listen((_request, response) => void response.writeHead(200).write('start'));
  const thin = createFetch();
  const response = await thin.fetch(server.url);

  await thin.close();

  await assert.rejects(response.text(), TypeError);
  await assert.rejects(thin.fetch(server.url), TypeError);
});
