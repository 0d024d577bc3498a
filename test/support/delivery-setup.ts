import { createDeliver, type DeliveryOptions } from '../../src/outbox/delivery.ts';
import type { ClaimedDelivery, SettleResult } from '../../src/store/store.ts';
import { createFakeAdapter, type FakeAdapterOptions } from './fake-adapter.ts';
import { createFakeClock } from './fake-clock.ts';
import { createMemoryLog } from './memory-log.ts';

export const leaseMs = 60_000;
export const timeoutMs = 15_000;
export const hour = 60 * 60_000;

type Failed = Parameters<DeliveryOptions['store']['settleFailed']>[0];
type Sent = Parameters<DeliveryOptions['store']['settleSent']>[0];

interface Setup {
  readonly adapter?: FakeAdapterOptions;
  readonly settled?: SettleResult;
  readonly held?: boolean;
  readonly maxAttempts?: number;
  readonly timeoutMs?: number;
}

/** Deliver with a store that records what it is told. */
export function createDeliverySetup({ adapter: adapterOptions, settled, held = true, maxAttempts = 5, ...setup }: Setup = {}) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const adapter = createFakeAdapter(adapterOptions);
  const sent: Sent[] = [];
  const failed: Failed[] = [];
  const store: DeliveryOptions['store'] = {
    settleSent: async (data) => {
      sent.push(data);
      return settled ?? { status: 'settled', next: undefined };
    },
    settleFailed: async (data) => {
      failed.push(data);
      return held;
    },
  };
  const policy = { baseMs: 500, maxMs: 60_000, expiryMs: hour, maxAttempts };
  const adapters = new Map([[adapter.name, adapter]]);
  const deliver = createDeliver({ store, adapters, clock, log, policy, timeoutMs: setup.timeoutMs ?? timeoutMs, leaseMs });
  const signal = new AbortController().signal;
  return {
    clock,
    log,
    adapter,
    sent,
    failed,
    deliver: (delivery: ClaimedDelivery) => deliver(delivery, signal),
    deliverUntil: deliver,
  };
}

interface Part extends Partial<ClaimedDelivery> {
  readonly attempt?: number;
  readonly opened?: { readonly id: string };
}

export function createPart({ attempt = 1, opened, ...data }: Part = {}): ClaimedDelivery {
  const now = Date.UTC(2026, 5, 1);
  return {
    id: 'part0',
    owner: 'p1',
    token: 3,
    adapter: 'fake',
    uncertain: false,
    leaseUntil: now + leaseMs,
    expiresAt: now + hour,
    message: {
      id: 'part0',
      conversationId: 'fake:T1:c1',
      tenant: 'T1',
      inReplyTo: 'E1',
      destination: { place: 'c1' },
      text: 'the answer',
      part: 0,
      parts: 1,
      attempt,
      createdAt: now,
      ...(opened ? { opened } : {}),
    },
    ...data,
  };
}
