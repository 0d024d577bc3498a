import { createClaimLoop } from '../claim-loop.ts';
import { settleWithin, type Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { createInFlight } from '../in-flight.ts';
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

/** A delivery that has been told to stop ends at once, unless an adapter ignores its signal. */
const abortGraceMs = 5_000;

/** The way out: parts of answers, in the order of each conversation, until the platform has them or they are dead letters. */
export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, owner, leaseMs, pollMs } = options;
  const stopping = new AbortController();
  const active = createInFlight<Promise<void>>();
  let full = false;
  const onError = (error: unknown): void => log.error('deliveries could not be claimed', { error: describeError(error) });
  const loop = createClaimLoop({ claim, clock, pollMs, onError });

  async function claim() {
    const limit = options.concurrency - active.size;
    full = limit <= 0;
    if (full) return { more: false, nextAt: undefined }; // The end of a delivery wakes the loop.
    const { deliveries, nextAt } = await store.claimDeliveries({ owner, limit, leaseMs });
    full = deliveries.length === limit;
    for (const delivery of deliveries) send(delivery);
    return { nextAt, more: full };
  }

  function send(delivery: ClaimedDelivery): void {
    const done = sendAll(delivery).finally(() => {
      leave();
      if (full) loop.wake();
    });
    const leave = active.add(done);
  }

  async function sendAll(first: ClaimedDelivery): Promise<void> {
    let delivery: ClaimedDelivery | undefined = first;
    try {
      // What a stop finds unsent stays leased to this process: it is handed back as a whole.
      while (delivery && !stopping.signal.aborted) {
        const delivered: Delivered = await options.deliver(delivery, stopping.signal);
        if (delivered.dueAt !== undefined) loop.lookAt(delivered.dueAt);
        delivery = delivered.next;
      }
    } catch (error) {
      // The store failed. The lease will run out, and the part is looked up before it is sent again.
      const { id: deliveryId, message } = delivery ?? first;
      const { conversationId, inReplyTo: eventId } = message;
      log.error('delivery could not be recorded', { conversationId, eventId, deliveryId, error: describeError(error) });
    }
  }

  return {
    start: loop.start,
    send,
    stop: async (drainMs) => {
      const claimed = loop.stop();
      await settleWithin(clock, drainMs, [...active]);
      stopping.abort(new Error('Parley is stopping.'));
      await claimed;
      await settleWithin(clock, abortGraceMs, [...active]);
      if (active.size > 0) log.error('deliveries did not stop when they were told to', { count: active.size });
    },
  };
}
