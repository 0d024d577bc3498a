import { createClaimLoop } from '../claim-loop.ts';
import { settleWithin, type Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import type { Deliver, Delivered } from './delivery.ts';

export interface OutboxOptions {
  readonly store: Pick<Store, 'claimDeliveries'>;
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: string;
  /** Deliveries at once that were found waiting; those of turns just ended come on top. */
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
}

export interface Outbox {
  start(): void;
  /** Delivers a part that is already leased to this process, and what follows it. */
  send(delivery: ClaimedDelivery): void;
  /** Takes up nothing more, lets what is under way end for `drainMs`, then stops it. */
  stop(drainMs: number): Promise<void>;
}

/** The way out: parts of answers, in the order of each conversation, until the platform has them or they are dead letters. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, owner, leaseMs } = options;
  const stopping = new AbortController();
  const active = new Set<Promise<void>>();
  const loop = createClaimLoop({
    claim,
    clock,
    pollMs: options.pollMs,
    onError: (error) => log.error('deliveries could not be claimed', { error: describeError(error) }),
  });

  async function claim() {
    const limit = Math.max(options.concurrency - active.size, 0);
    const { deliveries, nextAt } = await store.claimDeliveries({ owner, limit, leaseMs });
    for (const delivery of deliveries) send(delivery);
    return { nextAt, more: limit > 0 && deliveries.length === limit };
  }

  function send(delivery: ClaimedDelivery): void {
    const done = sendAll(delivery).finally(() => active.delete(done));
    active.add(done);
  }

  async function sendAll(first: ClaimedDelivery): Promise<void> {
    let delivery: ClaimedDelivery | undefined = first;
    try {
      while (delivery) {
        const delivered: Delivered = await options.deliver(delivery, stopping.signal);
        if (delivered.dueAt !== undefined) loop.lookAt(delivered.dueAt);
        delivery = delivered.next;
      }
    } catch (error) {
      // The store failed. The lease will run out, and the part is looked up before it is sent again.
      log.error('delivery could not be recorded', { deliveryId: delivery?.id, error: describeError(error) });
    }
  }

  return {
    start: loop.start,
    send,
    stop: async (drainMs) => {
      loop.stop();
      await settleWithin(clock, drainMs, [...active]);
      stopping.abort(new Error('Parley is stopping.'));
      await Promise.allSettled([...active]);
    },
  };
}
