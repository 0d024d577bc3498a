import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WebhookDelivery } from '../../../src/webhook-delivery.ts';
import { createMessage } from '../../support/inbound.ts';
import { leaseMs, openLedger, type OpenStore } from './ledger.ts';

const start = Date.UTC(2026, 5, 1);

function createDelivery(id: string, data: Partial<WebhookDelivery> = {}): WebhookDelivery {
  return {
    id,
    source: 'desk',
    at: start,
    durationMs: 3,
    status: 202,
    verdict: 'accepted',
    genuine: true,
    address: '203.0.113.7',
    bytes: 10,
    headers: { 'content-type': 'application/json', 'x-sig': '********' },
    body: '{"text":1}',
    ...data,
  };
}

export function describeWebhooks(open: OpenStore): void {
  describe('the delivery log of webhooks', () => {
    it('lists what came, the newest first, by source, and what came since', async (test) => {
      const { store } = await openLedger(test, open);
      const other = createDelivery('b', {
        source: 'shop',
        verdict: 'refused',
        reason: 'malformed',
        status: 400,
        key: 'secrets[1]',
      });
      await store.recordDeliveries({ deliveries: [createDelivery('a'), other, createDelivery('c')], refusals: [] });

      const all = await store.listWebhookDeliveries({ limit: 2 });
      const ofShop = await store.listWebhookDeliveries({ source: 'shop', limit: 10 });
      const since = await store.listWebhookDeliveries({ limit: 10, after: ofShop[0]!.seq - 1 });

      assert.deepEqual(
        all.map(({ id }) => id),
        ['c', 'b'],
      );
      const { headers: _, body: __, ...logged } = other;
      assert.deepEqual(ofShop, [{ ...logged, seq: ofShop[0]!.seq, eventId: undefined, conversationId: undefined }]);
      assert.deepEqual(
        since.map(({ id }) => id),
        ['b', 'c'],
      );
    });

    it('shows one with its headers and body, and keeps the first under an id', async (test) => {
      const { store } = await openLedger(test, open);
      await store.recordDeliveries({ deliveries: [createDelivery('a'), createDelivery('a', { status: 400 })], refusals: [] });

      const found = await store.getWebhookDelivery('a');

      assert.deepEqual([found?.status, found?.headers['x-sig'], found?.body], [202, '********', '{"text":1}']);
      assert.equal(await store.getWebhookDelivery('b'), undefined);
    });

    it('counts refusals by source, reason and day', async (test) => {
      const { store } = await openLedger(test, open);
      const refuse = (count: number, at: number, reason = 'signature-mismatch') =>
        store.recordDeliveries({ deliveries: [], refusals: [{ source: 'desk', reason, count, at }] });
      await refuse(5, start);
      await refuse(7, start + 1_000);
      await refuse(1, start + 86_400_000);
      await refuse(2, start, 'too-many');

      const counts = await store.countRefusals({ since: start + 5_000 });
      const later = await store.countRefusals({ source: 'desk', since: start + 86_400_000 });

      assert.deepEqual(counts, [
        { source: 'desk', reason: 'signature-mismatch', count: 13, lastAt: start + 86_400_000 },
        { source: 'desk', reason: 'too-many', count: 2, lastAt: start },
      ]);
      assert.deepEqual(
        later.map(({ count }) => count),
        [1],
      );
      assert.deepEqual(await store.countRefusals({ source: 'shop', since: 0 }), []);
    });

    it('stays within its limits: strangers push out no genuine ones, bodies go first, old rows go', async (test) => {
      const { store } = await openLedger(test, open);
      const limits = { before: start, keep: 3, keepStrangers: 2, maxBodyBytes: 25 };
      const strangers = Array.from({ length: 50 }, (_, index) =>
        createDelivery(`s${index}`, { genuine: false, body: undefined }),
      );
      const genuine = Array.from({ length: 5 }, (_, index) => createDelivery(`g${index}`));
      const old = createDelivery('old', { at: start - 1, genuine: false });
      await store.recordDeliveries({ deliveries: [old, ...genuine, ...strangers], refusals: [] });

      const removed = await store.pruneDeliveries(limits);

      const left = await store.listWebhookDeliveries({ limit: 100 });
      assert.equal(removed, 51);
      assert.deepEqual(
        left.map(({ id }) => id),
        ['s49', 's48', 'g4', 'g3', 'g2'],
      );
      const bodies = await Promise.all(['g2', 'g3', 'g4'].map(async (id) => (await store.getWebhookDelivery(id))?.body));
      assert.deepEqual(bodies, [undefined, '{"text":1}', '{"text":1}']);
      assert.equal(await store.pruneDeliveries({ ...limits, before: start + 1 }), 5);
    });
  });

  describe('sending an answer once more', () => {
    it('delivers all of its parts again under their ids, and not while they are under way', async (test) => {
      const ledger = await openLedger(test, open);
      const { store, accept, claimOne, answer, sent, status } = ledger;
      const event = createMessage('why?');
      const key = { adapter: event.adapter, tenant: event.tenant, eventId: event.eventId };
      await accept(event);
      assert.equal(await store.resendAnswer(key), 0, 'there is no answer yet');
      const delivery = await answer(await claimOne(), 'because');
      assert.equal(await store.resendAnswer(key), 0, 'it is under way');
      await sent(delivery);

      const resent = await store.resendAnswer(key);

      assert.equal(resent, 1);
      assert.equal(await store.resendAnswer(key), 0, 'it is under way again');
      const { deliveries } = await store.claimDeliveries({ owner: 'a', limit: 10, leaseMs });
      assert.deepEqual(
        deliveries.map(({ message, uncertain }) => [message.id, message.text, uncertain]),
        [[delivery?.message.id, 'because', true]],
      );
      await sent(deliveries[0]!);
      assert.equal((await status(event))?.state, 'answered');
      assert.equal(await store.resendAnswer({ ...key, eventId: 'unknown' }), 0);
    });
  });
}
