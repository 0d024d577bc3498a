import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { request, type RequestOptions } from 'node:https';
import { test } from 'node:test';
import { createWebhookAdapter } from '../../../adapters/webhook/index.ts';
import { createAction } from '../../../src/action/action.ts';
import { createExpressions } from '../../../src/expressions/expressions.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { createCertificates, readPem } from '../../support/certificates.ts';
import { createFakeLedger } from './fake-ledger.ts';
import { desk, ticket, nowhere } from './harness.ts';

function post(url: string, options: RequestOptions): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sending = request(`${url}/webhooks/desk`, {
      ...options,
      method: 'POST',
      headers,
      agent: false,
      rejectUnauthorized: false,
    });
    sending.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
    sending.on('error', reject).end(JSON.stringify(ticket));
  });
}

test('a source takes what comes with its client certificate, by fingerprint or subject, and nothing else', async (t) => {
  const certificates = createCertificates(t);
  const tls = { ...certificates.issue('server'), clientCa: certificates.issue('authority').cert };
  certificates.issue('stranger');
  const known = readPem(certificates.issueClient('desk', 'authority'));
  const second = readPem(certificates.issueClient('second', 'authority'));
  const other = readPem(certificates.issueClient('other', 'authority'));
  const forged = readPem(certificates.issueClient('second', 'stranger'));
  const identities = [new X509Certificate(known.cert).fingerprint256, 'O=Desk,CN=second'];
  const ledger = createFakeLedger();
  const adapter = createWebhookAdapter({
    sources: [{ ...desk, verify: { scheme: 'mtls', verifiedHeader: 'x', verifiedValue: 'x', identities } }],
    maxBodyBytes: 10_000,
    openFetch: nowhere,
    createAction,
    createExpressions,
  });
  const router = adapter.router?.();
  const readiness = async () => ({ ready: true, adapters: {}, store: { writable: true } });
  const { clock, log } = ledger;
  const server = createHttpServer({ host: '127.0.0.1', port: 0, log, clock, routers: router ? [router] : [], readiness, tls });
  const { url } = await server.start();
  await adapter.start(ledger);
  t.after(async () => {
    await adapter.stop();
    await server.stop(AbortSignal.abort());
  });

  const statuses = [];
  for (const client of [known, second, other, forged, {}]) statuses.push(await post(url, client));

  assert.deepEqual(statuses, [202, 202, 401, 401, 401]);
});
