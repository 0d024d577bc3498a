import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeliverySetup, createPart, leaseMs, timeoutMs } from '../../support/delivery-setup.ts';
import { DeliveryError } from '../../../src/errors.ts';
import { loseResponse, refuse } from '../../support/fake-adapter.ts';
import { createGate } from '../../support/gate.ts';

test('an attempt that the platform does not answer ends after its timeout, as uncertain', async () => {
  const { clock, adapter, failed, deliver } = createDeliverySetup();
  adapter.script.push((_message, _show, signal) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });

  const delivered = deliver(createPart());
  await clock.advance(timeoutMs - 1);
  assert.equal(failed.length, 0);
  await clock.advance(1);
  await delivered;

  assert.equal(failed[0]?.uncertain, true);
  assert.match(failed[0]?.error ?? '', /Timed out after 15000 ms/);
  assert.equal(clock.pending(), 0);
});

test('leaves no timer behind, whatever becomes of an attempt', async () => {
  const { clock, adapter, deliver } = createDeliverySetup();
  adapter.script.push(refuse(new Error('no')), loseResponse(new Error('lost')));

  for (let attempt = 1; attempt <= 3; attempt += 1) await deliver(createPart({ attempt, uncertain: attempt > 1 }));

  assert.equal(clock.pending(), 0);
});

for (const uncertain of [false, true]) {
  test(`sends nothing that its lease may not outlast, ${uncertain ? 'nor looks for it' : 'and says when to look again'}`, async () => {
    const { clock, adapter, sent, failed, deliver } = createDeliverySetup();
    const leaseUntil = clock.now() + timeoutMs - 1;

    const delivered = await deliver(createPart({ leaseUntil, uncertain }));

    assert.deepEqual(delivered, { dueAt: leaseUntil });
    assert.deepEqual([adapter.sends, adapter.lookups, sent, failed], [[], [], [], []]);
  });
}

test('delivers although requests may take longer than the lease: they get a third of it', async () => {
  const { clock, adapter, failed, deliver } = createDeliverySetup({ timeoutMs: 10 * leaseMs });
  adapter.script.push((_message, _show, signal) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });

  const delivered = deliver(createPart());
  await clock.advance(leaseMs / 3);
  await delivered;
  assert.equal(failed.length, 1);

  await deliver(createPart({ leaseUntil: clock.now() + leaseMs }));
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
});

test('does not send after a look-up that took too much of the lease', async () => {
  const { clock, adapter, deliver } = createDeliverySetup({
    adapter: {
      overrides: {
        find: async () => {
          clock.shift(leaseMs); // the machine slept
          return undefined;
        },
      },
    },
  });

  const delivered = await deliver(createPart({ uncertain: true }));

  assert.equal(typeof delivered.dueAt, 'number');
  assert.deepEqual(adapter.sends, []);
});

test('takes its message away when another process has delivered the part meanwhile', async () => {
  const { adapter, deliver, log } = createDeliverySetup({ settled: { status: 'stale', receipt: { id: 'P7' } } });

  const delivered = await deliver(createPart());

  assert.deepEqual(delivered, {});
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), []);
  const [line] = log.find('delivery was taken over; the second message is removed');
  assert.deepEqual(line?.fields, { conversationId: 'fake:T1:c1', eventId: 'E1', deliveryId: 'part0' });
});

test('leaves its message where it is when another process has recorded the same message', async () => {
  const { adapter, deliver } = createDeliverySetup({ settled: { status: 'stale', receipt: { id: 'P1' } } });

  await deliver(createPart());

  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
});

test('waits for what another process comes to before it takes its message away', async () => {
  const settled = { status: 'stale', receipt: undefined } as { status: 'stale'; receipt: { id: string } | undefined };
  const { clock, adapter, deliver } = createDeliverySetup({ settled });

  const delivered = deliver(createPart());
  await clock.advance(leaseMs / 2);
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
  settled.receipt = { id: 'P7' };
  await clock.advance(leaseMs / 4);

  assert.deepEqual(await delivered, {});
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), []);
  assert.equal(clock.pending(), 0);
});

test('leaves its message where it is when another process comes to nothing within two leases', async () => {
  const { clock, adapter, deliver } = createDeliverySetup({ settled: { status: 'stale', receipt: undefined } });

  const delivered = deliver(createPart());
  await clock.advance(2 * leaseMs);

  assert.deepEqual(await delivered, {});
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), ['the answer']);
  assert.equal(clock.pending(), 0);
});

test('tries again to take its message away when the platform asks it to wait', async () => {
  const asked: number[] = [];
  const { clock, adapter, deliver, log } = createDeliverySetup({ settled: { status: 'stale', receipt: { id: 'P7' } } });
  const { remove } = adapter;
  adapter.remove = (...args) => {
    asked.push(clock.monotonic());
    const limited = new DeliveryError({ message: '429', retryable: true, uncertain: false, retryAfterMs: 3_000 });
    return asked.length === 1 ? Promise.reject(limited) : (remove?.(...args) ?? Promise.resolve());
  };

  const delivered = deliver(createPart());
  await clock.advance(3_000);
  await delivered;

  assert.deepEqual(asked, [0, 3_000]);
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), []);
  assert.equal(log.find('the second message could not be removed').length, 0);
});

test('after a sleep longer than its time a request gets its time anew, so that its answer can tell of a second message', async () => {
  const { clock, adapter, failed, deliver } = createDeliverySetup({ settled: { status: 'stale', receipt: { id: 'P7' } } });
  const answered = createGate();
  adapter.script.push(async (_message, show, signal) => {
    await Promise.race([answered.opened, rejectOnAbort(signal)]);
    return show();
  });

  const delivered = deliver(createPart());
  clock.shift(leaseMs); // the machine slept
  await clock.advance(timeoutMs + 1_000);
  answered.open();
  await delivered;

  assert.deepEqual(failed, []);
  assert.deepEqual(adapter.textsIn('fake:T1:c1'), []);
  assert.equal(clock.pending(), 0);
});

test('calls remove as a method of its adapter, and survives when that fails', async () => {
  const seen: unknown[] = [];
  const { adapter, deliver, log } = createDeliverySetup({
    settled: { status: 'stale', receipt: { id: 'P7' } },
    adapter: {
      overrides: {
        remove(this: unknown) {
          seen.push(this);
          return Promise.reject(new Error('missing permission'));
        },
      },
    },
  });

  await deliver(createPart());

  assert.deepEqual(seen, [adapter]);
  assert.equal(log.find('the second message could not be removed')[0]?.fields['error'], 'missing permission');
});

test('a part for an adapter that is off waits however many attempts it takes, until it expires', async () => {
  const { clock, failed, deliver } = createDeliverySetup({ maxAttempts: 3 });

  await deliver(createPart({ adapter: 'gone', attempt: 50 }));
  const waited = (failed[0]?.retryAt ?? 0) - clock.now();
  assert.ok(waited >= 30_000 && waited <= 60_000);
  assert.match(failed[0]?.error ?? '', /adapter gone is off: configure it again/);

  await deliver(createPart({ adapter: 'gone', expiresAt: clock.now() - 1 }));
  assert.equal(failed[1]?.retryAt, undefined);
});

test('keeps it uncertain when the adapter of an uncertain part is off', async () => {
  const { failed, deliver } = createDeliverySetup();

  await deliver(createPart({ adapter: 'gone', uncertain: true }));

  assert.equal(failed[0]?.uncertain, true);
});

test('a stop makes no dead letter of what it interrupts at the last attempt', async () => {
  const { clock, adapter, failed, deliverUntil } = createDeliverySetup();
  const stopping = new AbortController();
  adapter.script.push((_message, _show, signal) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });

  const delivered = deliverUntil(createPart({ attempt: 5 }), stopping.signal);
  stopping.abort(new Error('Parley is stopping.'));
  await delivered;

  assert.equal(failed[0]?.retryAt, clock.now() + 2_000); // a look that is worth it
  assert.equal(failed[0]?.uncertain, true);
});

test('does not speak of a postponement when the part is no longer its own', async () => {
  const { adapter, deliver, log } = createDeliverySetup({ held: false });
  adapter.script.push(refuse(new Error('no')));

  await deliver(createPart());

  assert.deepEqual(
    log.lines.map(({ message }) => message),
    ['delivery was taken over'],
  );
});

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error)); // Parley aborts with errors only
  });
}
