import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { startParley } from '../../src/main.ts';
import { createWorkFolder } from '../support/call-cli.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { exampleSettings, getPreset, presetSecret } from '../support/preset-config.ts';
import { startParleyProcess } from '../support/running-parley.ts';
import {
  createShopify,
  createStripe,
  createZendesk,
  openVendorApi,
  type ApiFault,
  type VendorApi,
} from '../support/vendor-apis.ts';
import { vendorSignatures } from '../support/vendor-signatures.ts';
import { statusUrlOf, untilSettled } from '../support/webhook-status.ts';

const answered = /Slack/;

/** An event of the vendor about the ticket, order or payment with this id. */
const events: Readonly<Record<string, (id: string) => { body: unknown; headers?: Record<string, string> }>> = {
  zendesk: (id) => ({
    body: {
      ...{ type: 'zen:event-type:ticket.comment_added', id: `event-${id}`, time: new Date().toISOString() },
      detail: { id, subject: 'Slack', description: 'How do I connect Slack?' },
      event: {
        comment: {
          ...{ id: `c-${id}`, body: 'How do I connect Slack?', is_public: true },
          author: { id: '8', is_staff: false, name: 'Kim' },
        },
      },
    },
  }),
  shopify: (id) => ({
    body: {
      ...{ id, name: `#${id}`, note: 'How do I connect Slack?', total_price: '49.90', currency: 'EUR' },
      customer: { id: 5, first_name: 'Kim', last_name: 'Example' },
      line_items: [{ quantity: 1, title: 'Lamp' }],
    },
    headers: { 'x-shopify-topic': 'orders/create', 'x-shopify-webhook-id': `w-${id}` },
  }),
  stripe: (id) => ({
    body: {
      ...{ id: `evt_${id}`, object: 'event', type: 'charge.dispute.created' },
      data: { object: { id, object: 'dispute', amount: 4990, currency: 'eur', reason: 'How do I connect Slack' } },
    },
  }),
};

const troubles: readonly (readonly [name: string, ...faults: ApiFault[]])[] = [
  ['nothing'],
  ['limited', { status: 429 }, { status: 429 }],
  ['broken500', { status: 500 }, { status: 503 }],
  ['done500', { status: 500, takesEffect: true }],
  ['timeout', { status: 1 }],
  ['donetimeout', { status: 1, takesEffect: true }],
  ['lost', { status: 0, takesEffect: true }],
  ['lostblind', { status: 0, takesEffect: true }, { method: 'GET', status: 500 }],
];

interface Vendors {
  readonly zendesk: VendorApi;
  readonly shopify: VendorApi;
  readonly stripe: VendorApi;
}

/** The presets as they are, but for the hosts that they answer at. */
function toYaml(vendors: Vendors): string {
  const sources = Object.entries(vendors).map(([name, api]: [string, VendorApi]) => {
    const preset = getPreset(name);
    const at = (url: string) => url.replace(/^https:\/\/[^/]+/, api.url);
    const { url, find } = preset.source['reply'] as { url: string; find?: { url: string } }; // As the three have it.
    const reply = { url: at(url), timeoutSeconds: '1', ...(find ? { find: { url: at(find.url) } } : {}) };
    return [name, { preset: name, with: exampleSettings(preset), reply }];
  });
  return JSON.stringify({
    outbound: { allow: ['127.0.0.1'] },
    server: { port: '0' },
    delivery: { baseDelayMs: '200', maxDelaySeconds: '2', timeoutSeconds: '4' },
    webhooks: Object.fromEntries(sources) as object,
  });
}

async function withVendors(use: (vendors: Vendors) => Promise<void>): Promise<void> {
  await using zendesk = await openVendorApi(createZendesk(`bot@acme.example/token:${presetSecret}`));
  await using shopify = await openVendorApi(createShopify(presetSecret));
  await using stripe = await openVendorApi(createStripe(presetSecret));
  await use({ zendesk, shopify, stripe });
}

test(
  'a desk, a shop and a payment: one visible answer to each event, whatever befell the requests',
  { timeout: 60_000 },
  async (t) => {
    await withVendors(async (vendors) => {
      const cwd = createFolder(t, vendors);
      const { config } = await loadConfig({ env: {}, cwd });
      const log = createMemoryLog();
      // By the real clock: a fast one would leave the expressions a fraction of their second.
      const parley = await startParley({ config, log, http: true, onFatal: (error) => assert.fail(error) });
      try {
        for (const api of Object.values(vendors)) for (const [id, ...faults] of troubles) api.fail(id, ...faults);
        const asked = Object.keys(vendors).flatMap((name) => troubles.map(([id]) => ask(`${parley.url}`, { name, id })));
        const settled = await Promise.all(asked.map(async (path) => untilSettled(`${parley.url}${await path}`)));

        assert.deepEqual(new Set(settled), new Set(['answered']));
        for (const [name, api] of Object.entries(vendors))
          for (const [id] of troubles) {
            const [only, ...more] = api.visible(id);
            assert.deepEqual(more, [], `${name} ${id}`);
            assert.match(only ?? '', answered, `${name} ${id}`);
          }
        assert.ok(!log.lines.some((line) => JSON.stringify(line).includes(presetSecret)));
      } finally {
        await parley.stop();
      }
    });
  },
);

test('and one when the process is killed while the vendor is asked', { timeout: 60_000 }, async (t) => {
  await withVendors(async (vendors) => {
    const cwd = createFolder(t, vendors);
    const first = await startParleyProcess(t, { cwd });
    const asked: string[] = [];
    for (const [name, api] of Object.entries(vendors)) {
      api.fail('taken', { status: 1, takesEffect: true });
      api.fail('nottaken', { status: 1 });
      for (const id of ['taken', 'nottaken']) asked.push(await ask(first.url, { name, id }));
    }
    const isAsked = (api: VendorApi) => ['taken', 'nottaken'].every((id) => api.requests(id).length > 0);
    while (!Object.values(vendors).every(isAsked)) await new Promise(setImmediate);
    await first.kill();

    const second = await startParleyProcess(t, { cwd });
    const settled = await Promise.all(asked.map((path) => untilSettled(`${second.url}${path}`)));

    assert.deepEqual(new Set(settled), new Set(['answered']));
    for (const [name, api] of Object.entries(vendors))
      assert.deepEqual([api.visible('taken').length, api.visible('nottaken').length], [1, 1], name);
    assert.ok(vendors.zendesk.requests('taken').includes('GET'), 'it was looked for');
  });
});

function createFolder(t: TestContext, vendors: Vendors): string {
  const cwd = createWorkFolder(t);
  writeFileSync(join(cwd, 'parley.yaml'), toYaml(vendors));
  return cwd;
}

async function ask(url: string, { name, id }: { name: string; id: string }): Promise<string> {
  const event = events[name]?.(id) ?? assert.fail(name);
  const body = JSON.stringify(event.body);
  const proof = await vendorSignatures[name]?.(presetSecret, { body, now: Date.now(), url: '' });
  const response = await fetch(`${url}/webhooks/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...event.headers, ...proof },
    body,
  });
  return statusUrlOf(response);
}
