import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import { vendorSignatures } from '../../support/vendor-signatures.ts';

// Libraries that only check: what the tests of the presets sign by the documented formula is what the vendor takes for genuine, and nothing else is.
const secret = 'a-secret-of-the-vendor';
const now = Date.UTC(2026, 5, 1);

test('Linear takes what we sign as Linear', async () => {
  const client = new LinearWebhookClient(secret);
  const body = JSON.stringify({ action: 'create', type: 'Issue', webhookTimestamp: Date.now() });
  const headers = await vendorSignatures['linear']?.(secret, { body, now, url: '' });
  const signature = headers?.['linear-signature'] ?? '';

  assert.equal(client.verify(Buffer.from(body), signature), true);
  assert.throws(() => client.verify(Buffer.from(`${body} `), signature));
});

test('Shopify takes what we sign as Shopify', async () => {
  await import('@shopify/shopify-api/adapters/node'); // It tells the library where it runs.
  const { ApiVersion, shopifyApi } = await import('@shopify/shopify-api');
  const shopify = shopifyApi({
    ...{ apiKey: 'key', apiSecretKey: secret, hostName: 'bot.example.com', isEmbeddedApp: false, scopes: ['read_orders'] },
    apiVersion: ApiVersion.January26,
    logger: { log: () => undefined },
  });
  const body = JSON.stringify({ id: 1, note: 'Öffnet ihr?' });
  const proof = await vendorSignatures['shopify']?.(secret, { body, now, url: '' });
  const headers = {
    ...{ 'x-shopify-topic': 'orders/create', 'x-shopify-shop-domain': 'acme.myshopify.com', 'x-shopify-api-version': '2026-01' },
    ...{ 'x-shopify-webhook-id': 'w1', ...proof },
  };
  const validate = (rawBody: string) => shopify.webhooks.validate({ rawBody, rawRequest: { headers } });

  assert.equal((await validate(body)).valid, true);
  assert.equal((await validate(`${body} `)).valid, false);
});
