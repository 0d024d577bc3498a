/** How much of a source is taken: on average `requests` in `perSeconds`, and that many at once. */
export interface RateLimit {
  readonly requests: number;
  readonly perSeconds: number;
}

/** Takes one from the allowance; returns 0, or after how many whole seconds there is one again. */
export type TakeOne = (nowMs: number) => number;

/** A bucket that holds `requests` and fills evenly. */
export function createRateLimiter({ requests, perSeconds }: RateLimit): TakeOne {
  const perMs = requests / (perSeconds * 1000);
  let left = requests;
  let at = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    left = Math.min(requests, left + Math.max(0, nowMs - at) * perMs);
    at = nowMs;
    if (left < 1) return Math.ceil((1 - left) / perMs / 1000);
    left -= 1;
    return 0;
  };
}
