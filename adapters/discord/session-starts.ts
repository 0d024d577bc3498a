import type { AdapterContext } from '../../src/adapter.ts';
import { describeError } from '../../src/errors.ts';
import { isRecord } from './record.ts';
import type { Rest } from './rest.ts';

export interface SessionStartsOptions {
  readonly context: Pick<AdapterContext, 'clock' | 'log'>;
  readonly rest: Pick<Rest, 'call'>;
  /** Called when a session has to wait for a start. */
  readonly onWait: () => void;
}

/** Between two sessions that are begun in one bucket. */
const paceMs = 5_000;
const maxPauseMs = 60_000;
/** Fewer than these are worth a line in the log: something makes the bot begin again and again. */
const few = 20;

/**
 * How many sessions may be begun, and how many at once: https://docs.discord.com/developers/events/gateway#session-start-limit. Whoever goes on
 * beyond the first loses the token; beyond the second the session is refused. A session that is resumed counts for neither.
 */
export class SessionStarts {
  readonly #options: SessionStartsOptions;
  #noted: unknown;
  #remaining = Number.POSITIVE_INFINITY;
  #resetAt = 0;
  #maxConcurrency = 1;
  /** Whether what was said of them may be out of date: something has begun since, here or elsewhere. */
  #isStale = false;
  #isWaiting = false;
  /** By bucket: when the next one may be begun, and who stands in line for it. */
  readonly #nextAt = new Map<number, number>();
  readonly #lines = new Map<number, Promise<unknown>>();

  constructor(options: SessionStartsOptions) {
    this.#options = options;
  }

  /** `session_start_limit` of GET /gateway/bot. What has been said before, and is said again, is no news. */
  note(limit: unknown): void {
    if (limit === this.#noted || !isRecord(limit)) return;
    const { remaining, reset_after: resetAfterMs, max_concurrency: maxConcurrency } = limit;
    if (typeof remaining !== 'number') return;
    const { clock, log } = this.#options.context;
    this.#noted = limit;
    this.#isStale = false;
    this.#remaining = remaining;
    this.#resetAt = clock.now() + (typeof resetAfterMs === 'number' ? resetAfterMs : maxPauseMs);
    if (typeof maxConcurrency === 'number' && maxConcurrency >= 1) this.#maxConcurrency = maxConcurrency;
    if (remaining > 0 && remaining < few)
      log.warn('few Discord sessions are left to be begun', { remaining, resetAt: this.#resetText() });
  }

  /** For people: why nothing is begun now. */
  get trouble(): string | undefined {
    return this.#isWaiting ? `no session is left to be begun: Discord gives new ones at ${this.#resetText()}` : undefined;
  }

  /** Resolves when there is a start left. Discord is asked first, and again while there is none. Rejects when the signal aborts. */
  async available(signal: AbortSignal): Promise<void> {
    if (this.#isStale) await this.#ask(signal);
    await this.#untilLeft(signal);
  }

  /** Resolves when this shard may identify, and counts that. Rejects when the signal aborts. */
  async take(shardId: number, signal: AbortSignal): Promise<void> {
    const bucket = shardId % this.#maxConcurrency;
    const before = this.#lines.get(bucket) ?? Promise.resolve();
    const mine = before.then(() => this.#takeNext(bucket, signal));
    this.#lines.set(
      bucket,
      mine.catch(() => undefined),
    );
    return mine;
  }

  async #takeNext(bucket: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.context;
    signal.throwIfAborted();
    const left = (this.#nextAt.get(bucket) ?? 0) - clock.now();
    if (left > 0) await clock.sleep(left, signal);
    await this.#untilLeft(signal);
    this.#nextAt.set(bucket, clock.now() + paceMs);
    this.#remaining -= 1;
    this.#isStale = true;
  }

  async #untilLeft(signal: AbortSignal): Promise<void> {
    for (let attempt = 1; this.#remaining <= 0; attempt += 1) await this.#wait(attempt, signal);
    this.#isWaiting = false;
  }

  async #wait(attempt: number, signal: AbortSignal): Promise<void> {
    const { context, onWait } = this.#options;
    const { clock, log } = context;
    if (!this.#isWaiting) log.error('no Discord session is left to be begun; waiting', { resetAt: this.#resetText() });
    this.#isWaiting = true;
    onWait();
    const pauseMs = Math.min(maxPauseMs, 500 * 2 ** Math.min(attempt, 10));
    await clock.sleep(pauseMs, signal);
    await this.#ask(signal);
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { context, rest } = this.#options;
    try {
      const gateway = await rest.call({ method: 'GET', route: '/gateway/bot', signal });
      if (isRecord(gateway)) this.note(gateway['session_start_limit']);
    } catch (error) {
      signal.throwIfAborted();
      context.log.debug('Discord does not say how many sessions may be begun.', { reason: describeError(error) });
    }
  }

  #resetText(): string {
    return new Date(this.#resetAt).toISOString();
  }
}
