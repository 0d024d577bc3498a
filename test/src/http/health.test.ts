import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadiness } from '../../../src/http/health.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const idle = { waiting: 0, oldestWaitingAt: undefined };

test('is ready when the store answers and every adapter is connected', async () => {
  const clock = createFakeClock();
  const readiness = createReadiness({
    adapters: [{ name: 'slack', health: () => ({ connected: true, detail: 'socket open' }) }, { name: 'webhook' }],
    stats: async () => ({ waiting: 3, oldestWaitingAt: clock.now() - 12_400, undelivered: 1, parked: 4, deadLetters: 2 }),
    clock,
  });

  assert.deepEqual(await readiness(), {
    ready: true,
    adapters: { slack: { connected: true, detail: 'socket open' }, webhook: { connected: true, detail: 'ready' } },
    store: { writable: true },
    backlog: { waiting: 3, oldestSeconds: 12, undelivered: 1, parked: 4, deadLetters: 2 },
  });
  assert.equal(clock.pending(), 0);
});

test('is not ready while an adapter has lost its platform', async () => {
  const adapters = [{ name: 'discord', health: () => ({ connected: false, detail: 'resuming' }) }];
  const readiness = createReadiness({ adapters, stats: async () => idle, clock: createFakeClock() });

  assert.equal((await readiness()).ready, false);
});

test('is not ready when the store fails, and hides secrets in the reason', async () => {
  const stats = () => Promise.reject(new Error('disk I/O error near xoxb-123456-abcdef'));
  const readiness = createReadiness({ adapters: [], stats, clock: createFakeClock() });

  assert.deepEqual(await readiness(), {
    ready: false,
    adapters: {},
    store: { writable: false, detail: 'disk I/O error near [secret]' },
  });
});

test('is not ready when the store hangs', async () => {
  const clock = createFakeClock();
  const readiness = createReadiness({ adapters: [], stats: () => new Promise(() => undefined), clock });

  const result = readiness();
  await clock.advance(2000);

  assert.equal((await result).store.writable, false);
});

test('asks the store once a second, however often it is asked itself', async () => {
  const clock = createFakeClock();
  let asked = 0;
  const stats = async () => {
    asked += 1;
    return idle;
  };
  const readiness = createReadiness({ adapters: [], stats, clock });

  await Promise.all([readiness(), readiness(), readiness()]);
  assert.equal(asked, 1);

  await clock.advance(1000);
  await readiness();
  assert.equal(asked, 2);
});
