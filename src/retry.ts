import type { Clock } from './clock.ts';

/** The one retry policy: exponential backoff with full jitter, at least what the other side asked for, until an expiry. */
export interface RetryPolicy {
  readonly baseMs: number;
  readonly maxMs: number;
  /** No attempt starts later than this after the first one was due. */
  readonly expiryMs: number;
  readonly maxAttempts: number;
}

/**
 * How long to wait before the next attempt, in ms; undefined when there should be none.
 * Full jitter (a delay evenly distributed between 0 and the backoff) spreads a crowd that failed together.
 */
export function nextDelay(
  policy: RetryPolicy,
  failure: { readonly attempt: number; readonly firstDueAt: number; readonly retryAfterMs?: number | undefined },
  clock: Pick<Clock, 'now' | 'random'>,
): number | undefined {
  if (failure.attempt >= policy.maxAttempts) return undefined;
  const backoff = Math.min(policy.maxMs, policy.baseMs * 2 ** Math.min(failure.attempt - 1, 30));
  // A header that is no number has become NaN on its way: that asks for nothing.
  const delay = Math.max(Math.round(backoff * clock.random()), failure.retryAfterMs || 0);
  return clock.now() + delay > failure.firstDueAt + policy.expiryMs ? undefined : delay;
}
