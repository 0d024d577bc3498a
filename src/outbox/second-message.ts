import type { Adapter } from '../adapter.ts';
import { DeliveryError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Receipt } from '../message.ts';
import { nextDelay, type RetryPolicy } from '../retry.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import { withinTime, type RequestTime } from './request.ts';

export interface SecondMessageOptions extends RequestTime {
  readonly store: Pick<Store, 'settleSent'>;
  readonly log: Log;
  readonly policy: RetryPolicy;
  readonly leaseMs: number;
}

export interface SecondMessage {
  readonly adapter: Adapter;
  readonly delivery: ClaimedDelivery;
  readonly receipt: Receipt;
  /** The message that the ledger has recorded for the part, if it has one yet. */
  readonly recorded: Receipt | undefined;
  readonly signal: AbortSignal;
}

/** Times to look what the other holder has come to: over two leases. */
const looks = 8;

/**
 * A part was taken over while it was being sent here: of two messages, the one that is not in the ledger goes.
 * Never rejects: the ledger is right already.
 */
export async function removeSecondMessage(options: SecondMessageOptions, second: SecondMessage): Promise<void> {
  const { log } = options;
  const { adapter, delivery, receipt } = second;
  const { id: deliveryId, message } = delivery;
  const fields = { conversationId: message.conversationId, eventId: message.inReplyTo, deliveryId };
  const recorded = adapter.remove ? await awaitRecorded(options, second) : undefined;
  if (!recorded || recorded.id === receipt.id) {
    log.debug('delivery was taken over', fields);
    return;
  }
  log.warn('delivery was taken over; the second message is removed', fields);
  try {
    await remove(options, second);
  } catch (error) {
    log.error('the second message could not be removed', { ...fields, error: describeError(error) });
  }
}

/** The other holder may still be at it: what it comes to decides which message stays. Undefined when that takes too long. */
async function awaitRecorded(options: SecondMessageOptions, second: SecondMessage): Promise<Receipt | undefined> {
  const { store, clock, leaseMs } = options;
  const { delivery, receipt, signal } = second;
  const { id, owner, token } = delivery;
  let { recorded } = second;
  for (let look = 1; !recorded && look <= looks && !signal.aborted; look += 1) {
    await clock.sleep(leaseMs / 4, signal).catch(() => undefined); // a stop: one last look
    // A stale settlement changes nothing, and tells what has been recorded.
    const settled = await store.settleSent({ id, owner, token, receipt, leaseMs }).catch(() => undefined);
    if (settled?.status === 'stale') recorded = settled.receipt;
  }
  return recorded;
}

async function remove(options: SecondMessageOptions, { adapter, delivery, receipt, signal }: SecondMessage): Promise<void> {
  const { clock, policy } = options;
  const firstDueAt = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withinTime(options, signal, (bound) => adapter.remove?.(delivery.message, receipt, bound));
      return;
    } catch (error) {
      const retryAfterMs = error instanceof DeliveryError ? error.retryAfterMs : undefined;
      const delayMs = mayRepeat(error) ? nextDelay(policy, { attempt, firstDueAt, retryAfterMs }, clock) : undefined;
      if (delayMs === undefined || signal.aborted) throw error;
      await clock.sleep(delayMs, signal);
    }
  }
}

function mayRepeat(error: unknown): boolean {
  if (error instanceof DeliveryError) return error.retryable;
  return error instanceof DOMException && error.name === 'TimeoutError';
}
