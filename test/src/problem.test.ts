import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import { sendProblem, toProblem } from '../../src/problem.ts';

async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`); // A TCP server has an AddressInfo.
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const tooLarge = toProblem({ status: 413, code: 'too-large', detail: 'Send at most 1,024 bytes – grüße.' });

test('writes problem details as RFC 9457 has them', async () => {
  await withServer(
    (_request, response) => sendProblem(response, tooLarge, { 'retry-after': '5' }),
    async (url) => {
      const response = await fetch(url);
      const body: unknown = await response.json();

      assert.equal(response.status, 413);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal(response.headers.get('retry-after'), '5');
      assert.deepEqual(body, {
        type: 'urn:problem-type:parley:too-large',
        title: 'Payload Too Large',
        status: 413,
        detail: 'Send at most 1,024 bytes – grüße.',
      });
    },
  );
});

test('cuts the connection where an answer has begun, so that it is not taken for complete', async () => {
  await withServer(
    (_request, response) => {
      response.write('half', () => sendProblem(response, tooLarge));
    },
    async (url) => {
      const response = await fetch(url);

      await assert.rejects(response.text());
    },
  );
});
