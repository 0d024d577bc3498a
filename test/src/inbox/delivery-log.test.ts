import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeliveryLog } from '../../../src/inbox/delivery-log.ts';
import type { DeliveryLimits, DeliveryRecord } from '../../../src/store/webhook-store.ts';
import type { WebhookDelivery } from '../../../src/webhook-delivery.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

function createDelivery(data: Partial<WebhookDelivery> = {}): WebhookDelivery {
  return {
    ...{ id: 'a', source: 'desk', at: 0, durationMs: 1, status: 202, verdict: 'accepted', genuine: true },
    ...{ address: '::1', bytes: 2, headers: {}, body: '{}' },
    ...data,
  };
}

const refused = createDelivery({
  status: 401,
  verdict: 'refused',
  reason: 'signature-mismatch',
  genuine: false,
  body: undefined,
});

function createScene(options: Partial<{ keep: number; bodies: boolean }> = {}) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const records: DeliveryRecord[] = [];
  const pruned: DeliveryLimits[] = [];
  let failing = false;
  const store = {
    recordDeliveries: async (record: DeliveryRecord) => {
      if (failing) throw new Error('disk full');
      records.push(record);
    },
    pruneDeliveries: async (limits: DeliveryLimits) => pruned.push(limits),
  };
  const deliveryLog = createDeliveryLog({ keep: 1000, days: 1, bodies: true, ...options, store, clock, log });
  return { clock, log, records, pruned, deliveryLog, fail: () => (failing = true) };
}

test('writes what has come within a second together', async () => {
  const { deliveryLog, clock, records } = createScene();
  deliveryLog.record?.(createDelivery());
  deliveryLog.record?.(createDelivery({ id: 'b' }));

  assert.equal(records.length, 0);
  await clock.advance(1_000);

  assert.deepEqual(
    records.map(({ deliveries }) => deliveries.map(({ id }) => id)),
    [['a', 'b']],
  );
  await deliveryLog.stop();
  assert.equal(records.length, 1);
});

test('writes at the stop what has not been written yet', async () => {
  const { deliveryLog, records } = createScene();
  deliveryLog.record?.(createDelivery());

  await deliveryLog.stop();

  assert.equal(records[0]?.deliveries.length, 1);
});

test('a flood of forged requests is a few rows and a count', async () => {
  const { deliveryLog, records } = createScene();
  for (let index = 0; index < 100_000; index += 1) deliveryLog.record?.(refused);
  deliveryLog.record?.(createDelivery({ id: 'genuine' }));

  await deliveryLog.stop();

  assert.equal(records.length, 1);
  assert.equal(records[0]?.deliveries.length, 11);
  assert.equal(records[0]?.deliveries.at(-1)?.id, 'genuine');
  assert.deepEqual(records[0]?.refusals, [{ source: 'desk', reason: 'signature-mismatch', count: 100_000, at: 0 }]);
});

test('clears out at the first batch, and then for every tenth of what is kept', async () => {
  const { deliveryLog, clock, pruned } = createScene({ keep: 20 });
  for (let index = 0; index < 4; index += 1) {
    deliveryLog.record?.(createDelivery());
    await clock.advance(1_000);
  }
  await deliveryLog.stop();

  assert.equal(pruned.length, 2);
  assert.deepEqual(pruned[0], { before: pruned[0]!.before, keep: 20, keepStrangers: 2, maxBodyBytes: 64 * 1024 * 1024 });
});

test('keeps no bodies where none are wanted, and nothing where no log is', async () => {
  const { deliveryLog, records } = createScene({ bodies: false });
  deliveryLog.record?.(createDelivery());
  await deliveryLog.stop();

  assert.equal(records[0]?.deliveries[0]?.body, undefined);
  assert.equal(createScene({ keep: 0 }).deliveryLog.record, undefined);
});

test('a disk that is full costs notes, and nothing else', async () => {
  const { deliveryLog, log, fail } = createScene();
  fail();
  deliveryLog.record?.(createDelivery());

  await deliveryLog.stop();

  assert.equal(log.find('delivery log could not be written')[0]?.fields['lost'], 1);
});
