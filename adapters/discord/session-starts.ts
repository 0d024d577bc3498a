import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { isRecord } from './record.ts';
import type { Rest } from './rest.ts';

export interface SessionStartsOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends what is being asked. */
  readonly signal: AbortSignal;
  /** Discord did not say how many are left. */
  readonly onRefused: (error: unknown) => void;
  /** There are none left for now. */
  readonly onWaiting: () => void;
}

/** `session_start_limit` of `GET /gateway/bot`: https://docs.discord.com/developers/events/gateway#session-start-limit. */
interface Limit {
  readonly total: number;
  readonly remaining: number;
  /** ms since 1970. */
  readonly resetsAt: number;
  /** How many shards may identify at once: those with the same remainder by it take turns. */
  readonly concurrency: number;
  /** On the monotonic axis, in ms. */
  readonly learnedAt: number;
}

/** What Discord said longer ago is asked again: another process may begin sessions with the same token. */
const freshMs = 5_000;
/** Discord's five seconds, by the time of arrival, which is not that of sending. */
const identifyEveryMs = 5_500;
const askAgainMs = 60_000;
const failurePauseMs = 2_000;
const maxResetMs = 7 * 24 * 60 * 60_000;
/** Of the total: with fewer left, each session that begins is worth a warning. */
const lowShare = 0.1;

/**
 * Keeps within the sessions that Discord lets the bot begin, over all shards and for as long as the adapter lives: so many a day (who goes
 * on gets a new token), and so many within five seconds. A session that is resumed costs none, and waits for nothing here.
 */
export class SessionStarts {
  readonly #options: SessionStartsOptions;
  /** Shards that may begin a session and have not identified yet. */
  readonly #reserved = new Set<number>();
  readonly #waiting = new Set<number>();
  /** By the remainder of the shard's number: when the next one may identify, on the monotonic axis. */
  readonly #nextAt = new Map<number, number>();
  #limit: Limit | undefined;
  /** Since the limit was learned, and those that were reserved then. */
  #taken = 0;
  #asking: Promise<void> | undefined;

  constructor(options: SessionStartsOptions) {
    this.#options = options;
  }

  /** For people: why shards are not connected, where it is for this limit. */
  get trouble(): string | undefined {
    return this.#waiting.size > 0 && this.#limit ? describe(this.#limit) : undefined;
  }

  /** What `GET /gateway/bot` has answered. */
  learn(information: unknown): void {
    const { clock } = this.#options;
    this.#limit = parseLimit(information, clock);
    this.#taken = this.#reserved.size;
  }

  /** Resolves once the shard may begin a session. That stays so until it identifies, however many connections it takes. Rejects when aborted. */
  async reserve(shardId: number, signal: AbortSignal): Promise<void> {
    try {
      while (!this.#take(shardId)) {
        await this.#look(shardId, signal);
        signal.throwIfAborted();
      }
    } finally {
      this.#waiting.delete(shardId);
    }
  }

  /** To be called right before the shard identifies: resolves when it is its turn. Rejects when aborted. */
  async identify(shardId: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const group = shardId % (this.#limit?.concurrency ?? 1);
    const now = clock.monotonic();
    const at = Math.max(now, this.#nextAt.get(group) ?? now);
    this.#nextAt.set(group, at + identifyEveryMs);
    if (at > now) await clock.sleep(at - now, signal);
    this.#reserved.delete(shardId);
  }

  #take(shardId: number): boolean {
    const { log } = this.#options;
    if (this.#reserved.has(shardId)) return true;
    const left = this.#left();
    if (!this.#limit || left === undefined || left < 1) return false;
    this.#taken += 1;
    this.#reserved.add(shardId);
    const { total, resetsAt } = this.#limit;
    if (left <= total * lowShare) {
      const fields = { shard: shardId, left: left - 1, total, resetsAt: new Date(resetsAt).toISOString() };
      log.warn('Discord lets the bot begin few sessions more.', fields);
    }
    return true;
  }

  /** Undefined where that is not known, or not any more. */
  #left(): number | undefined {
    if (!this.#limit || this.#options.clock.monotonic() - this.#limit.learnedAt > freshMs) return undefined;
    return this.#limit.remaining - this.#taken;
  }

  /** Asks how many are left; where there were none a moment ago, after a pause. */
  async #look(shardId: number, signal: AbortSignal): Promise<void> {
    const { clock, log, onWaiting } = this.#options;
    const left = this.#left();
    if (this.#limit && left !== undefined && left < 1) {
      if (!this.#waiting.has(shardId))
        log.error('A Discord session cannot begin.', { shard: shardId, reason: describe(this.#limit) });
      this.#waiting.add(shardId);
      onWaiting();
      await clock.sleep(Math.min(askAgainMs, Math.max(1_000, this.#limit.resetsAt - clock.now())), signal);
    }
    await (this.#asking ??= this.#ask().finally(() => (this.#asking = undefined)));
  }

  async #ask(): Promise<void> {
    const { rest, clock, log, signal, onRefused } = this.#options;
    try {
      this.learn(await rest.call({ method: 'GET', route: '/gateway/bot', signal }));
    } catch (error) {
      signal.throwIfAborted();
      log.warn('Discord does not say how many sessions may begin.', { reason: describeError(error) });
      onRefused(error);
      await clock.sleep(failurePauseMs, signal);
    }
  }
}

function describe({ total, resetsAt }: Limit): string {
  const until = new Date(resetsAt).toISOString();
  return (
    `Discord lets the bot begin ${total} sessions a day, and all are used up: the next one can begin at ${until}. ` +
    'Something begins sessions again and again: is another program using the same DISCORD_TOKEN?'
  );
}

/** What is missing or makes no sense is no limit. */
function parseLimit(information: unknown, clock: Clock): Limit {
  const given = isRecord(information) ? information['session_start_limit'] : undefined;
  const limit = isRecord(given) ? given : {};
  const resetMs = Math.min(toCount(limit['reset_after']) ?? 0, maxResetMs);
  return {
    total: toCount(limit['total']) ?? 1_000,
    remaining: toCount(limit['remaining']) ?? Number.POSITIVE_INFINITY,
    resetsAt: clock.now() + resetMs,
    concurrency: Math.max(1, toCount(limit['max_concurrency']) ?? 1),
    learnedAt: clock.monotonic(),
  };
}

function toCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
