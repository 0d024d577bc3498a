import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';
import type { WebhookDelivery } from '../webhook-delivery.ts';

export interface DeliveryLogOptions {
  readonly store: Pick<Store, 'recordDeliveries' | 'pruneDeliveries'>;
  readonly clock: Clock;
  readonly log: Log;
  /** How many rows of genuine requests are kept; 0 for no log. */
  readonly keep: number;
  readonly days: number;
  readonly bodies: boolean;
}

export interface DeliveryLog {
  /** Undefined where there is no log. */
  readonly record: ((delivery: WebhookDelivery) => void) | undefined;
  /** Writes what has not been written yet. */
  stop(): Promise<void>;
}

const flushMs = 1_000;
const maxRows = 200;
/** What strangers send is written out for the first few in a second; all of it is counted. */
const maxStrangers = 10;
/** While the disk does not keep up. */
const maxPending = 5_000;
const maxBodyBytes = 64 * 1024 * 1024;
const dayMs = 86_400_000;

/**
 * Notes what became of webhooks, in batches and off the way of the events: nobody waits for it, and a process that dies takes up to a second of
 * notes with it. The verdicts on events stand in the ledger, and are not lost.
 */
export function createDeliveryLog({ store, clock, log, keep, days, bodies }: DeliveryLogOptions): DeliveryLog {
  if (keep === 0) return { record: undefined, stop: () => Promise.resolve() };
  let pending: WebhookDelivery[] = [];
  let refusals = new Map<string, { source: string; reason: string; count: number; at: number }>();
  let strangers = 0;
  let dropped = 0;
  let unpruned = Number.POSITIVE_INFINITY; // The first batch clears out what an earlier process has left.
  let cancel: (() => void) | undefined;
  let writing = Promise.resolve();

  function record(delivery: WebhookDelivery): void {
    if (delivery.verdict === 'refused' || delivery.verdict === 'conflict') count(delivery);
    cancel ??= clock.after(flushMs, flush);
    if (!delivery.genuine && (strangers += 1) > maxStrangers) return;
    if (pending.length >= maxPending) {
      dropped += 1;
      return;
    }
    pending.push(bodies || delivery.body === undefined ? delivery : { ...delivery, body: undefined });
    if (pending.length % maxRows === 0) flush();
  }

  function count({ source, reason = '', at }: WebhookDelivery): void {
    const key = `${source} ${reason}`;
    const counted = refusals.get(key) ?? { source, reason, count: 0, at };
    refusals.set(key, { ...counted, count: counted.count + 1, at });
  }

  function flush(): void {
    cancel?.();
    cancel = undefined;
    writing = writing.then(write);
  }

  async function write(): Promise<void> {
    if (pending.length + refusals.size === 0) return;
    const batch = { deliveries: pending, refusals: [...refusals.values()] };
    if (dropped > 0) log.warn('delivery log could not keep up', { dropped });
    [pending, refusals, strangers, dropped] = [[], new Map(), 0, 0];
    try {
      await store.recordDeliveries(batch);
      unpruned += batch.deliveries.length;
      if (unpruned < keep / 10) return;
      unpruned = 0;
      const before = clock.now() - days * dayMs;
      await store.pruneDeliveries({ before, keep, keepStrangers: Math.ceil(keep / 10), maxBodyBytes });
    } catch (error) {
      log.error('delivery log could not be written', { lost: batch.deliveries.length, error: describeError(error) });
    }
  }

  return {
    record,
    stop: async () => {
      flush();
      await writing;
    },
  };
}
