import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeliveryError } from '../../../src/errors.ts';
import { createDeliverySetup, createPart, hour, leaseMs } from '../../support/delivery-setup.ts';
import { loseResponse, refuse } from '../../support/fake-adapter.ts';

test('sends a part and records what the platform gave for it', async () => {
  const { adapter, sent, failed, log, deliver } = createDeliverySetup();

  const delivered = await deliver(createPart());

  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
  assert.deepEqual(sent, [{ id: 'part0', owner: 'p1', token: 3, receipt: { id: 'P1' }, leaseMs }]);
  assert.deepEqual(delivered, { next: undefined });
  assert.deepEqual([failed, adapter.lookups, log.lines], [[], [], []]);
});

test('hands on the part that is to follow', async () => {
  const next = createPart({ id: 'part1' });
  const { deliver } = createDeliverySetup({ settled: { status: 'settled', next } });

  assert.deepEqual(await deliver(createPart()), { next });
});

test('looks for a part that may have arrived, and does not send it again when all of it stands there', async () => {
  const { adapter, sent, deliver } = createDeliverySetup();
  adapter.posts.push({ id: 'P9', nonce: 'part0', conversationId: 'fake:T1:c1', text: 'the answer', removed: false });

  await deliver(createPart({ uncertain: true }));

  assert.deepEqual(adapter.sends, []);
  assert.deepEqual(sent[0]?.receipt, { id: 'P9' });
});

test('completes a part of which an earlier attempt has shown a piece', async () => {
  const { adapter, sent, deliver } = createDeliverySetup();
  adapter.posts.push({ id: 'P9', nonce: 'part0', conversationId: 'fake:T1:c1', text: 'the ans', removed: false });

  await deliver(createPart({ uncertain: true }));

  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
  assert.equal(adapter.sends[0]?.opened?.id, 'P9');
  assert.deepEqual(sent[0]?.receipt, { id: 'P9' });
});

test('sends a part that may have arrived and has not', async () => {
  const { adapter, deliver } = createDeliverySetup();

  await deliver(createPart({ uncertain: true }));

  assert.deepEqual(adapter.lookups, ['part0']);
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
});

test('sends again at once where the adapter promises that it may', async () => {
  const { adapter, deliver } = createDeliverySetup({ adapter: { overrides: { find: undefined } } });

  await deliver(createPart({ uncertain: true }));

  assert.equal(adapter.sends.length, 1);
});

test('sends nothing when it cannot find out whether the part has arrived, and tries later', async () => {
  const find = () =>
    Promise.reject(new DeliveryError({ message: '503', retryable: true, uncertain: false, retryAfterMs: 9_000 }));
  const { clock, adapter, failed, deliver } = createDeliverySetup({ adapter: { overrides: { find } } });

  const { dueAt } = await deliver(createPart({ uncertain: true }));

  assert.deepEqual(adapter.sends, []);
  assert.equal(failed[0]?.retryAt, clock.now() + 9_000);
  assert.equal(dueAt, clock.now() + 9_000);
});

for (const { random, delay } of [
  { random: 0, delay: 0 },
  { random: 0.5, delay: 1_000 },
  { random: 0.999_999, delay: 2_000 },
]) {
  test(`waits before attempt 4 for ${delay} ms where chance says ${random}`, async () => {
    const { clock, adapter, failed, deliver, log } = createDeliverySetup();
    Object.assign(clock, { random: () => random });
    adapter.script.push(refuse(new DeliveryError({ message: '500', retryable: true, uncertain: false })));

    await deliver(createPart({ attempt: 3 }));

    assert.deepEqual(failed, [
      { id: 'part0', owner: 'p1', token: 3, error: '500', uncertain: false, retryAt: clock.now() + delay },
    ]);
    const [line] = log.find('delivery postponed');
    assert.deepEqual(line?.fields, {
      conversationId: 'fake:T1:c1',
      eventId: 'E1',
      deliveryId: 'part0',
      attempt: 3,
      error: '500',
      delayMs: delay,
    });
  });
}

for (const { what, error, overrides, delayMs } of [
  { what: 'what may have arrived', error: { uncertain: true }, delayMs: 2_000 },
  {
    what: 'what may have arrived, where the platform asks for more',
    error: { uncertain: true, retryAfterMs: 9_000 },
    delayMs: 9_000,
  },
  { what: 'what has not arrived for certain', error: { uncertain: false }, delayMs: 0 },
  { what: 'what may be repeated without a look', error: { uncertain: true }, overrides: { find: undefined }, delayMs: 0 },
]) {
  test(`a platform may show a message late: it waits ${delayMs} ms at least for ${what}`, async () => {
    const { clock, adapter, failed, deliver } = createDeliverySetup({ adapter: { overrides: overrides ?? {} } });
    Object.assign(clock, { random: () => 0 });
    adapter.script.push(refuse(new DeliveryError({ message: '503', retryable: true, ...error })));

    await deliver(createPart());

    assert.equal(failed[0]?.retryAt, clock.now() + delayMs);
  });
}

test('never tries before the time that the platform asked for', async () => {
  const { clock, adapter, failed, deliver } = createDeliverySetup();
  adapter.script.push(refuse(new DeliveryError({ message: '429', retryable: true, uncertain: false, retryAfterMs: 120_000 })));

  await deliver(createPart());

  assert.equal(failed[0]?.retryAt, clock.now() + 120_000);
});

for (const { why, error, attempt = 1 } of [
  { why: 'the platform refuses it', error: { message: 'channel_not_found', retryable: false } },
  { why: 'it was the last attempt', error: { message: '500', retryable: true }, attempt: 5 },
  {
    why: 'the platform asks for more patience than the answer has',
    error: { message: '429', retryable: true, retryAfterMs: 2 * hour },
  },
]) {
  test(`gives a part up at once when ${why}`, async () => {
    const { clock, adapter, failed, deliver, log } = createDeliverySetup();
    adapter.script.push(refuse(new DeliveryError({ uncertain: false, ...error })));

    const { dueAt } = await deliver(createPart({ attempt }));

    assert.equal(failed[0]?.retryAt, undefined);
    assert.equal(failed[0]?.error, error.message);
    assert.equal(dueAt, clock.now()); // for what stands behind it
    assert.equal(log.find('delivery failed for good')[0]?.fields['eventId'], 'E1');
  });
}

test('sends nothing after the expiry, but still finds what has arrived before', async () => {
  const late = { expiresAt: Date.UTC(2026, 5, 1) - 1 };
  const { adapter, failed, sent, deliver } = createDeliverySetup();

  await deliver(createPart({ ...late, attempt: 4 }));
  assert.deepEqual(adapter.sends, []);
  assert.equal(failed[0]?.retryAt, undefined);
  assert.match(failed[0]?.error ?? '', /in time: 3 attempts failed/);

  await deliver(createPart({ ...late, attempt: 1 }));
  assert.match(failed[1]?.error ?? '', /in time: it waited too long for its turn/);

  adapter.posts.push({ id: 'P9', nonce: 'part0', conversationId: 'fake:T1:c1', text: 'the answer', removed: false });
  await deliver(createPart({ ...late, uncertain: true }));
  assert.deepEqual(sent[0]?.receipt, { id: 'P9' });
});

test('what throws a plain error may have arrived', async () => {
  const { adapter, failed, deliver } = createDeliverySetup();
  adapter.script.push(loseResponse(new TypeError('fetch failed')));

  await deliver(createPart());

  assert.equal(failed[0]?.uncertain, true);
  assert.notEqual(failed[0]?.retryAt, undefined);
});

test('completes a message that a stream has opened', async () => {
  const { adapter, deliver } = createDeliverySetup();
  adapter.posts.push({ id: 'P4', nonce: 'part0', conversationId: 'fake:T1:c1', text: 'the', removed: false });

  await deliver(createPart({ opened: { id: 'P4' } }));

  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
  assert.deepEqual(adapter.lookups, []);
});
