import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { failureOf, withDesk } from './action-harness.ts';
import { createAnswer, never } from '../../adapters/webhook/harness.ts';

function pem(name: string): string {
  return readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8');
}

test('shows a client certificate, and believes the authority that it is told of and no other', async () => {
  const callers: string[] = [];
  const server = createServer(
    { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem'), requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      callers.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN)); // It came over TLS.
      response.writeHead(201).end('{}');
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`; // A TCP server has an AddressInfo.
  try {
    await withDesk(async ({ create }) => {
      const [ca, cert, key] = [pem('ca.pem'), pem('client.pem'), pem('client.key')];
      await create({ url, tls: { ca, cert, key } }).send(createAnswer(), never);
      const nobody = await failureOf(create({ url, tls: { ca } }).send(createAnswer(), never));
      const stranger = await failureOf(create({ url, tls: { cert, key } }).send(createAnswer(), never));

      assert.deepEqual(callers, ['client.test']);
      assert.equal(nobody.retryable, true);
      assert.deepEqual([stranger.retryable, stranger.uncertain], [true, false]);
      assert.match(stranger.message, /could not be reached/);
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
