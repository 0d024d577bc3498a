import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WebhookDelivery } from '../../../src/webhook-delivery.ts';
import { desk, withWebhooks } from './harness.ts';

const form = { 'content-type': 'application/x-www-form-urlencoded' };

test('a genuine challenge gets its value back, is no event, and stands in the delivery log', async () => {
  const source = { ...desk, handshake: { header: 'X-Front-Challenge' } };
  await withWebhooks({ sources: [source] }, async ({ deliver, ledger }) => {
    const noted: WebhookDelivery[] = [];
    ledger.recordDelivery = (delivery) => noted.push(delivery);
    const challenge = 'a"b\\c</script>';
    const response = await deliver({ type: 'sync' }, { headers: { 'x-front-challenge': challenge } });

    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), 'application/json');
    assert.deepEqual(await response.json(), { challenge });
    assert.deepEqual(ledger.events, []);
    assert.deepEqual(
      noted.map(({ verdict, reason, status }) => ({ verdict, reason, status })),
      [{ verdict: 'ignored', reason: 'handshake', status: 200 }],
    );
  });
});

test('a challenge without a proof, or one that nobody expects, is treated like any other request', async () => {
  const expecting = { ...desk, handshake: { header: 'x-front-challenge' } };
  await withWebhooks({ sources: [expecting] }, async ({ url, deliver }) => {
    const headers = { 'content-type': 'application/json', 'x-front-challenge': 'abc' };
    const forged = await fetch(`${url}/webhooks/desk`, { method: 'POST', body: '{}', headers });
    const endless = await deliver(undefined, { headers: { 'x-front-challenge': 'x'.repeat(1_001) } });

    assert.equal(forged.status, 401);
    assert.equal((await forged.text()).includes('abc'), false);
    assert.equal(endless.status, 202, 'too long to be a challenge: an event like any other');
  });
  await withWebhooks({}, async ({ deliver }) => {
    assert.equal((await deliver(undefined, { headers: { 'x-front-challenge': 'abc' } })).status, 202);
  });
});

test('a form with the one field that the source names, and a number in it, is a knock and gets an empty 200', async () => {
  const source = { ...desk, handshake: { form: 'webhook_id' } };
  await withWebhooks({ sources: [source] }, async ({ url, ledger }) => {
    const post = (body: string, name = 'desk') => fetch(`${url}/webhooks/${name}`, { method: 'POST', body, headers: form });
    const knock = await post('webhook_id=17');

    assert.equal(knock.status, 200);
    assert.deepEqual(await knock.json(), {});
    for (const other of ['webhook_id=17&text=hello', 'webhook_id=x', 'webhook=17', '', `webhook_id=${'1'.repeat(2_000)}`])
      assert.equal((await post(other)).status, 415, other.slice(0, 40));
    assert.deepEqual(ledger.events, []);
  });
  await withWebhooks({}, async ({ url }) => {
    const knock = await fetch(`${url}/webhooks/desk`, { method: 'POST', body: 'webhook_id=17', headers: form });
    assert.equal(knock.status, 415, 'only where the source expects it');
  });
});

test('HEAD tells whether somebody is there', async () => {
  await withWebhooks({}, async ({ url, ledger }) => {
    assert.equal((await fetch(`${url}/webhooks/desk`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`${url}/webhooks/nobody`, { method: 'HEAD' })).status, 404);
    assert.deepEqual(ledger.events, []);
  });
  await withWebhooks({ sources: [{ ...desk, allowFrom: ['203.0.113.0/24'] }] }, async ({ url }) => {
    assert.equal((await fetch(`${url}/webhooks/desk`, { method: 'HEAD' })).status, 403);
  });
});
