import type { RateReport } from './headers.ts';

const minuteMs = 60_000;

/** A rate that the operator sets: it fills up evenly, to what one minute has. Times are by the monotonic clock. */
export function createSetRate(perMinute: number, startedAt: number) {
  let left = perMinute;
  let at = startedAt;

  function fill(now: number): void {
    left = Math.min(perMinute, left + ((now - at) * perMinute) / minuteMs);
    at = now;
  }

  return {
    /** Until so much may be used; 0 where it may be now. */
    waitMs: (amount: number, now: number): number => {
      fill(now);
      return Math.max(0, ((amount - left) * minuteMs) / perMinute);
    },
    /** Negative: what was reserved and not used. */
    use: (amount: number, now: number): void => {
      fill(now);
      left = Math.min(perMinute, left - amount);
    },
  };
}

export interface Learned {
  readonly report: RateReport;
  readonly at: number;
}

/** Until so much of a rate may be used, as the endpoint has last told it; 0 where it may be now. `underWay`: what is on its way there, and not part of that yet. */
export function waitForLearned(
  { report, at }: Learned,
  { amount, underWay, now }: { amount: number; underWay: number; now: number },
): number {
  const { remaining, limit, resetMs } = report;
  const untilReset = Math.max(0, resetMs - (now - at));
  if (limit === undefined) return untilReset === 0 || remaining - underWay >= amount ? 0 : untilReset;
  const perMs = resetMs === 0 ? Number.POSITIVE_INFINITY : (limit - remaining) / resetMs;
  const left = (untilReset === 0 ? limit : remaining + perMs * (now - at)) - underWay;
  const missing = amount - left;
  if (missing <= 0) return 0;
  return perMs > 0 && perMs < Number.POSITIVE_INFINITY ? missing / perMs : Math.max(untilReset, minuteMs / limit);
}
