import { DeliveryError } from '../../src/errors.ts';

/** A little more than Discord says, as its clock and ours run apart. */
const marginMs = 50;
const maxEntries = 5000;

/**
 * Discord's rate limits, from the headers of its answers. The SDK keeps them too, but by waiting: even where it is told to refuse
 * instead, it sets the timer first, and after a long limit that timer keeps the process from ending. So the headers stay here, and
 * what would break a limit fails at once with the time to wait.
 */
export class RateLimits {
  readonly #now: () => number;
  /** Until when a route is closed, in ms of the monotonic clock. `*` is all of them. */
  readonly #closedUntil = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Throws a DeliveryError where the route is closed: nothing has been sent then. */
  check(route: string): void {
    if (this.#closedUntil.size === 0) return;
    const now = this.#now();
    const until = Math.max(this.#closedUntil.get(route) ?? 0, this.#closedUntil.get('*') ?? 0);
    if (until > now) throw tooFast(until - now);
    this.#closedUntil.delete(route);
    if (this.#closedUntil.size > maxEntries) this.#prune(now);
  }

  /** Learns from an answer. Throws a DeliveryError where it is a 429. */
  learn(route: string, status: number, header: (name: string) => string | undefined): void {
    const resetAfterMs = toMs(header('x-ratelimit-reset-after'));
    if (status === 429) {
      const waitMs = Math.max(toMs(header('retry-after')), resetAfterMs) + marginMs;
      this.#closedUntil.set(header('x-ratelimit-global') === undefined ? route : '*', this.#now() + waitMs);
      throw tooFast(waitMs);
    }
    if (header('x-ratelimit-remaining') === '0') this.#closedUntil.set(route, this.#now() + resetAfterMs + marginMs);
  }

  #prune(now: number): void {
    for (const [route, until] of this.#closedUntil) if (until <= now) this.#closedUntil.delete(route);
  }
}

function tooFast(waitMs: number): DeliveryError {
  const message = 'Discord asks to slow down (rate limit).';
  return new DeliveryError({ message, retryable: true, uncertain: false, retryAfterMs: Math.ceil(waitMs) });
}

/** Seconds in a header, with or without a fraction. */
function toMs(seconds: string | undefined): number {
  const value = Number(seconds);
  return Number.isFinite(value) && value > 0 ? value * 1000 : 0;
}
