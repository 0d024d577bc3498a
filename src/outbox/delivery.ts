import type { Adapter } from '../adapter.ts';
import { DeliveryError, describeError } from '../errors.ts';
import type { OutboundMessage, Receipt, Undeliverable } from '../message.ts';
import { nextDelay } from '../retry.ts';
import { toNoticeId } from '../ids.ts';
import type { ClaimedDelivery, Store } from '../store/store.ts';
import { withinTime } from './request.ts';
import { removeSecondMessage, type SecondMessageOptions } from './second-message.ts';

export interface DeliveryOptions extends SecondMessageOptions {
  readonly store: Pick<Store, 'settleSent' | 'settleFailed'>;
  readonly adapters: ReadonlyMap<string, Adapter>;
  /** For one request to the platform; a third of the lease at most, so that two of them and a margin fit into it. */
  readonly timeoutMs: number;
}

/** Platforms show a message late: a look that comes sooner after a lost response finds nothing where something will stand. */
const lookAfterMs = 2_000;

export type Deliver = (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<Delivered>;

export interface Delivered {
  /** The part of the same conversation that is to follow at once; leased. */
  readonly next?: ClaimedDelivery | undefined;
  /** When something of this conversation becomes due, in ms since 1970. */
  readonly dueAt?: number | undefined;
}

/**
 * One attempt to deliver one part.
 *
 * A part whose earlier attempt may have arrived is looked up before it is sent again. Nothing is sent that the lease cannot
 * outlast: a process that was stopped for longer than its lease finds on waking that another may have taken over.
 */
export function createDeliver({ timeoutMs, ...others }: DeliveryOptions): Deliver {
  const options: DeliveryOptions = { ...others, timeoutMs: Math.min(timeoutMs, others.leaseMs / 3) };
  const { adapters, store, policy, leaseMs } = options;

  return async function deliver(delivery, signal) {
    const { id, owner, token } = delivery;
    const adapter = adapters.get(delivery.adapter);
    if (!adapter) return { dueAt: await recordFailure(options, { delivery, error: adapterOff(delivery), signal }) };
    const outcome = await attempt(options, { delivery, adapter, signal });
    if (outcome === 'lease over') {
      options.log.warn('delivery was too late for its lease', fieldsOf(delivery));
      return { dueAt: delivery.leaseUntil };
    }
    if (outcome instanceof DeliveryError) return { dueAt: await recordFailure(options, { delivery, error: outcome, signal }) };
    const settled = await store.settleSent({ id, owner, token, receipt: outcome, leaseMs });
    if (settled.status === 'settled') return { next: settled.next };
    await removeSecondMessage(options, { adapter, delivery, receipt: outcome, recorded: settled.receipt, signal });
    return {};
  };

  function adapterOff(delivery: ClaimedDelivery): DeliveryError {
    const message = `The adapter ${delivery.adapter} is off: configure it again, or discard what it was to deliver.`;
    return new DeliveryError({
      message,
      retryable: true,
      uncertain: delivery.uncertain,
      retryAfterMs: Math.min(30_000, policy.expiryMs),
    });
  }
}

interface Failure {
  readonly delivery: ClaimedDelivery;
  readonly error: DeliveryError;
  readonly signal: AbortSignal;
}

/** When to look again: at the retry, or at once for what stood behind a part that is dead. */
async function recordFailure(options: DeliveryOptions, failure: Failure): Promise<number> {
  const { store, clock, log, adapters } = options;
  const { delivery, error } = failure;
  const { id, owner, token, message } = delivery;
  const delayMs = error.retryable ? delayBeforeRetry(options, failure) : undefined;
  const retryAt = delayMs === undefined ? undefined : clock.now() + delayMs;
  const giveUp = retryAt === undefined ? undeliverableOf(options, failure) : {};
  const held = await store.settleFailed({
    id,
    owner,
    token,
    error: error.message,
    uncertain: error.uncertain,
    retryAt,
    ...giveUp,
  });
  const fields = { ...fieldsOf(delivery), attempt: message.attempt, error: error.message };
  if (!held) log.debug('delivery was taken over', fields);
  else if (retryAt === undefined) log.error('delivery failed for good', fields);
  // That an adapter is off need not be said every half minute.
  else
    log[adapters.has(delivery.adapter) || message.attempt === 1 ? 'warn' : 'debug']('delivery postponed', { ...fields, delayMs });
  return retryAt ?? clock.now();
}

/** What could not be taken away concerns the operator alone. */
function undeliverableOf(options: DeliveryOptions, failure: Failure): { readonly undeliverable?: Undeliverable } {
  // Nobody waits for a copy.
  return failure.delivery.removes || failure.delivery.message.thread !== undefined
    ? {}
    : { undeliverable: toUndeliverable(options, failure) };
}

/** The id of the notice follows from that of the part: over any number of attempts and processes there is one. */
function toUndeliverable({ adapters, clock, policy, log }: DeliveryOptions, { delivery, error }: Failure): Undeliverable {
  const note = `(Your answer to this did not reach them and will not: ${error.message.slice(0, 300)} Tell them so if it still matters.)`;
  try {
    const notice = adapters.get(delivery.adapter)?.notice?.(delivery.message, error);
    return notice
      ? { note, notice: { ...notice, id: toNoticeId(delivery.id), expiresAt: clock.now() + policy.expiryMs } }
      : { note };
  } catch (cause) {
    log.error('there is no notice of a failed delivery', { ...fieldsOf(delivery), error: describeError(cause) });
    return { note };
  }
}

function delayBeforeRetry(
  { adapters, policy, clock }: DeliveryOptions,
  { delivery, error, signal }: Failure,
): number | undefined {
  const mustLook = error.uncertain && !delivery.removes && adapters.get(delivery.adapter)?.find !== undefined;
  // NaN, of a header that is no number, would be no time at all.
  const retryAfterMs = Math.max(error.retryAfterMs || 0, mustLook ? lookAfterMs : 0);
  const failure = { attempt: delivery.message.attempt, firstDueAt: delivery.expiresAt - policy.expiryMs, retryAfterMs };
  // An adapter that is off costs time, but no attempts; and a stop makes no dead letters.
  const limits = adapters.has(delivery.adapter) ? policy : { ...policy, maxAttempts: Number.POSITIVE_INFINITY };
  return nextDelay(limits, failure, clock) ?? (signal.aborted ? retryAfterMs : undefined);
}

function fieldsOf({ id, message }: ClaimedDelivery) {
  return { conversationId: message.conversationId, eventId: message.inReplyTo, deliveryId: id };
}

interface Attempt {
  readonly delivery: ClaimedDelivery;
  readonly adapter: Adapter;
  readonly signal: AbortSignal;
}

type Outcome = Receipt | DeliveryError | 'lease over';

async function attempt(options: DeliveryOptions, { delivery, adapter, signal }: Attempt): Promise<Outcome> {
  const { clock, timeoutMs } = options;
  const isLate = () => clock.now() > delivery.leaseUntil - timeoutMs;
  let { message } = delivery;
  try {
    if (delivery.removes)
      return isLate() ? 'lease over' : await withinTime(options, signal, (bound) => takeAway(delivery, adapter, bound));
    if (delivery.uncertain && adapter.find) {
      if (isLate()) return 'lease over';
      const found = await withinTime(options, signal, (bound) => adapter.find?.(message, bound));
      if (found?.complete) return found.receipt;
      if (found) message = { ...message, opened: found.receipt };
    }
    if (delivery.seeks !== undefined && !message.opened) {
      if (isLate()) return 'lease over';
      message = await withinTime(options, signal, (bound) => seek({ ...delivery, message }, adapter, bound));
    }
    if (clock.now() > delivery.expiresAt) {
      return new DeliveryError({ message: expired(delivery), retryable: false, uncertain: false });
    }
    if (isLate()) return 'lease over';
    return await withinTime(options, signal, (bound) => adapter.send(message, bound));
  } catch (error) {
    if (error instanceof DeliveryError) return error;
    // A timeout, a stop, or an adapter that broke its contract: whether the message arrived is not known.
    return new DeliveryError({ message: describeError(error), retryable: true, uncertain: true, cause: error });
  }
}

/** Where no message is known, one may have been left under an id; where the adapter cannot take it away, it stays. */
async function takeAway({ message, seeks, uncertain }: ClaimedDelivery, adapter: Adapter, signal: AbortSignal): Promise<Receipt> {
  const known = message.replaces ?? message.opened;
  const soughtId = seeks ?? (uncertain ? message.id : undefined);
  const receipt = known ?? (soughtId && (await adapter.find?.({ ...message, id: soughtId }, signal))?.receipt);
  if (receipt) await adapter.remove?.(message, receipt, signal);
  return receipt || { id: message.id };
}

/** What an earlier answer has left, which this one takes the place of. */
async function seek({ message, seeks }: ClaimedDelivery, adapter: Adapter, signal: AbortSignal): Promise<OutboundMessage> {
  const left = seeks === undefined ? undefined : await adapter.find?.({ ...message, id: seeks }, signal);
  return left ? { ...message, opened: left.receipt, replaces: left.receipt } : message;
}

function expired({ message }: ClaimedDelivery): string {
  const tried = message.attempt > 1 ? `${message.attempt - 1} attempts failed` : 'it waited too long for its turn';
  return `It could not be delivered in time: ${tried} (delivery.expiryMinutes).`;
}
