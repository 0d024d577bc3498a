import type { Clock } from '../../../src/clock.ts';
import type { EventBody } from './payloads.ts';

/** Why an attempt was not acknowledged, in the platform's words. */
export type FailureReason = 'http_timeout' | 'http_error' | 'connection_failed';

export interface Attempt {
  readonly delivery: Delivery;
  /** 0 for the first. */
  readonly retryNum: number;
  readonly retryReason: FailureReason | undefined;
  /** What the acknowledgement held. */
  readonly onResponse: (response: unknown) => void;
}

/** Undefined when it was acknowledged; `no_connection` when there was nobody to send it to, which counts as no attempt. */
export type Transport = (attempt: Attempt) => Promise<FailureReason | 'no_connection' | undefined>;

/** One event on its way to the bot. */
export interface Delivery {
  readonly id: string;
  readonly kind: 'event' | 'command' | 'interactive';
  /** What it tells of, as in `app_mention` or `message_changed`. */
  readonly type: string;
  readonly body: EventBody;
  /** `ts` of the message that it is about. */
  readonly messageTs: string | undefined;
  readonly attempts: number;
  readonly isAcknowledged: boolean;
  /** What the acknowledgement of a command or an interaction held. */
  readonly response: unknown;
  /** True once the bot has acknowledged it; false when the emulator stops before. */
  readonly acknowledged: Promise<boolean>;
}

export type DeliveryListener = (delivery: Delivery, phase: 'sending' | 'acknowledged' | 'failed') => void;

export interface DeliveriesOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Before the first, second and further repetition. After the last the delivery waits for `retryPending`. */
  readonly retryDelaysMs: readonly number[];
  readonly onDelivery: DeliveryListener;
}

interface Entry extends Delivery {
  attempts: number;
  isAcknowledged: boolean;
  response: unknown;
  readonly settle: (acknowledged: boolean) => void;
  isUnderWay: boolean;
  reason: FailureReason | undefined;
  cancelRetry: (() => void) | undefined;
}

/**
 * Sends every event until it is acknowledged: at once, then after each delay. What is given up is kept: a person's message is not lost
 * because the bot was away for longer.
 */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #waiting = new Set<Entry>();
  #stopped = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  add({ id, kind, type, body, messageTs }: Pick<Delivery, 'id' | 'kind' | 'type' | 'body' | 'messageTs'>): Delivery {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const state = {
      attempts: 0,
      isAcknowledged: false,
      response: undefined,
      isUnderWay: false,
      reason: undefined,
      cancelRetry: undefined,
    };
    const entry: Entry = { id, kind, type, body, messageTs, ...state, acknowledged: promise, settle: resolve };
    this.#waiting.add(entry);
    void this.#attempt(entry);
    return entry;
  }

  /** Not acknowledged yet. */
  pending(): readonly Delivery[] {
    return [...this.#waiting];
  }

  /** Sends everything that waits once more, without waiting for its time. */
  retryPending(): void {
    for (const entry of this.#waiting) {
      entry.cancelRetry?.();
      entry.cancelRetry = undefined;
      if (!entry.isUnderWay) void this.#attempt(entry);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const entry of this.#waiting) {
      entry.cancelRetry?.();
      entry.settle(false);
    }
    this.#waiting.clear();
  }

  async #attempt(entry: Entry): Promise<void> {
    const { transport, onDelivery } = this.#options;
    entry.isUnderWay = true;
    onDelivery(entry, 'sending');
    const onResponse = (response: unknown): void => {
      entry.response = response;
    };
    const outcome = await transport({ delivery: entry, retryNum: entry.attempts, retryReason: entry.reason, onResponse });
    entry.isUnderWay = false;
    if (this.#stopped || outcome === 'no_connection') return;
    entry.attempts += 1;
    entry.reason = outcome;
    if (outcome === undefined) {
      entry.isAcknowledged = true;
      this.#waiting.delete(entry);
      entry.settle(true);
      onDelivery(entry, 'acknowledged');
      return;
    }
    onDelivery(entry, 'failed');
    this.#scheduleRetry(entry);
  }

  #scheduleRetry(entry: Entry): void {
    // A person whose command or press fails is told so at once.
    if (entry.kind !== 'event') {
      this.#waiting.delete(entry);
      entry.settle(false);
      return;
    }
    const delayMs = this.#options.retryDelaysMs[entry.attempts - 1];
    if (delayMs === undefined) return;
    entry.cancelRetry = this.#options.clock.after(delayMs, () => {
      entry.cancelRetry = undefined;
      void this.#attempt(entry);
    });
  }
}
