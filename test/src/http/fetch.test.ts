import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { echo, sendJson, withFetch } from './loopback.ts';

test('sends methods, paths, headers and bodies as the platform does', async () => {
  await withFetch(echo, async (fetch_, { url }) => {
    const inits: RequestInit[] = [
      {},
      { method: 'post', body: 'grüße', headers: { 'X-One': '1' } },
      { method: 'PUT', body: new URLSearchParams({ a: 'ä b', c: '&' }), headers: new Headers({ authorization: 'Bearer t' }) },
      { method: 'POST', body: Buffer.from([0xe2, 0x82, 0xac]), headers: [['content-type', 'text/x']] },
      { method: 'DELETE' },
      { method: 'POST', body: '' },
    ];

    for (const init of inits) {
      const [ours, theirs] = await Promise.all(
        [fetch_, fetch].map(
          async (each) => (await each(`${url}/a%20b?c=d#e`, init)).json() as Promise<{ headers: Record<string, string> }>,
        ),
      );
      assert.ok(ours && theirs);
      for (const name of ['connection', 'accept-language', 'sec-fetch-mode', 'user-agent', 'accept-encoding', 'host']) {
        delete ours.headers[name];
        delete theirs.headers[name];
      }

      assert.deepEqual(ours, theirs);
    }
  });
});

test('gives status, headers, address and body, once', async () => {
  await withFetch(
    (_request, response) => {
      response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'], 'X-Case': 'Yes' });
      response.end('\uFEFFgrüße');
    },
    async (fetch_, { url }) => {
      const response = await fetch_(`${url}/x#part`);

      assert.deepEqual([response.status, response.ok, response.statusText, response.url], [201, true, 'Created', `${url}/x`]);
      assert.equal(response.headers.get('x-CASE'), 'Yes');
      assert.equal(response.headers.get('absent'), null);
      assert.equal(response.headers.get('set-cookie'), 'a=1, b=2');
      assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
      assert.equal(Object.fromEntries(response.headers.entries())['x-case'], 'Yes');
      assert.equal(response.bodyUsed, false);
      assert.equal(await response.text(), 'grüße');
      assert.equal(response.bodyUsed, true);
      await assert.rejects(response.text(), TypeError);
    },
  );
});

test('has no body where HTTP allows none', async () => {
  await withFetch(
    (_request, response) => void response.writeHead(204).end(),
    async (fetch_, { url }) => {
      for (const init of [{ method: 'HEAD' }, { method: 'GET' }]) {
        const response = await fetch_(url, init);

        assert.equal(response.body, null);
        assert.equal(await response.text(), '');
      }
    },
  );
});

test('gives a body piece by piece as it comes', async () => {
  let sender: ServerResponse | undefined;
  await withFetch(
    (_request, response) => {
      sender = response.writeHead(200);
      response.write('first');
    },
    async (fetch_, { url }) => {
      const response = await fetch_(url);
      const pieces: string[] = [];

      for await (const piece of response.body ?? []) {
        pieces.push(Buffer.from(piece).toString());
        if (pieces.length === 1) sender?.write('second');
        if (pieces.length === 2) sender?.end();
      }

      assert.deepEqual(pieces, ['first', 'second']);
    },
  );
});

test('uses connections again once a response has come, read or unread', async () => {
  await withFetch(echo, async (fetch_, server) => {
    for (let round = 0; round < 40; round += 1) {
      const response = await fetch_(server.url);
      if (round % 2 === 0) await response.text();
    }

    // A client is free one turn of the loop after its response has ended: a caller in a hurry gets a second one.
    assert.ok(server.connections() <= 3, `${server.connections()} connections`);
  });
});

test('follows no redirect unless asked to', async () => {
  const listener: RequestListener = (request, response) => {
    if (request.url === '/there') sendJson(response, 200, 'arrived');
    else response.writeHead(302, { location: '/there' }).end();
  };
  await withFetch(listener, async (fetch_, { url }) => {
    const plain = await fetch_(`${url}/here`, { headers: { authorization: 'Bearer secret' } });
    const followed = await fetch_(`${url}/here`, { redirect: 'follow' });

    assert.equal(plain.status, 302);
    assert.equal(plain.headers.get('location'), '/there');
    assert.equal(await followed.json(), 'arrived');
    await assert.rejects(fetch_(`${url}/here`, { redirect: 'error' }), TypeError);
  });
});

test('reads a body that was compressed although nobody asked for it', async () => {
  const listener: RequestListener = (request, response) => {
    assert.equal(request.headers['accept-encoding'], 'identity');
    response.writeHead(200, { 'content-encoding': request.url === '/odd' ? 'odd' : 'gzip' });
    response.end(request.url === '/cut' ? gzipSync('grüße').subarray(0, 12) : gzipSync('grüße'));
  };
  await withFetch(listener, async (fetch_, { url }) => {
    const whole = await fetch_(url);
    const pieces = await fetch_(url);
    const odd = await fetch_(`${url}/odd`);
    const cut = await fetch_(`${url}/cut`);
    const read: Uint8Array[] = [];
    for await (const piece of pieces.body ?? []) read.push(piece);

    assert.equal(await whole.text(), 'grüße');
    assert.equal(Buffer.concat(read).toString(), 'grüße');
    await assert.rejects(odd.text(), /encoded as "odd"/);
    await assert.rejects(cut.text());
  });
});

test('leaves forms, streams and Request objects to the platform', async () => {
  await withFetch(echo, async (fetch_, { url }) => {
    const form = new FormData();
    form.append('file', new Blob(['content']), 'a.txt');
    const sentForm = (await (await fetch_(url, { method: 'POST', body: form })).json()) as { body: string }; // What echo answers with.
    const sentRequest = (await (await fetch_(new Request(url, { method: 'POST', body: 'hello' }))).json()) as { body: string }; // The same.

    assert.match(sentForm.body, /filename="a.txt"[^]*content/);
    assert.equal(sentRequest.body, 'hello');
  });
});
