import type { Clock } from '../../clock.ts';
import { createSetRate, waitForLearned, type Learned } from './allowance.ts';
import { parseRateHeaders, type RateReport } from './headers.ts';

export interface RateLimits {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
}

/** A request that is on its way. */
export interface Sent {
  readonly tokens: number;
  /** Whether the endpoint has said what is left with it counted. */
  isKnown: boolean;
}

const longestPauseMs = 60_000;
/** Until one of them has an answer. */
const firstRequests = 20;

/** What may be asked of one endpoint now, by what is set and by what it has said. */
export function createRates({ requestsPerMinute, tokensPerMinute }: RateLimits, clock: Clock) {
  const startedAt = clock.monotonic();
  const requests = requestsPerMinute === undefined ? undefined : createSetRate(requestsPerMinute, startedAt);
  const tokens = tokensPerMinute === undefined ? undefined : createSetRate(tokensPerMinute, startedAt);
  const learned = new Map<RateReport['of'], Learned>();
  const underWay = new Set<Sent>();
  let pausedUntil = startedAt;
  let isMet = false;

  /** What is on its way and not part of what the endpoint has said. */
  function unknownOf(of: RateReport['of']): number {
    let sum = 0;
    for (const request of underWay) if (!request.isKnown) sum += of === 'requests' ? 1 : request.tokens;
    return sum;
  }

  return {
    countsTokens: (): boolean => tokens !== undefined || learned.has('tokens'),
    /** More than a minute ever has may have all of it. */
    mostTokens: (): number =>
      Math.min(tokensPerMinute ?? Number.POSITIVE_INFINITY, learned.get('tokens')?.report.limit ?? Number.POSITIVE_INFINITY),
    /** Nothing is known of the endpoint yet: a crowd at its door might be too many for it. */
    isHeldBack: (): boolean => !isMet && underWay.size >= firstRequests,
    /** Until so many requests with so many tokens in all may be made. */
    waitMs: (count: number, sum: number): number => {
      const now = clock.monotonic();
      let wait = Math.max(0, pausedUntil - now, requests?.waitMs(count, now) ?? 0, tokens?.waitMs(sum, now) ?? 0);
      for (const [of, known] of learned) {
        const amount = of === 'requests' ? count : sum;
        wait = Math.max(wait, waitForLearned(known, { amount, underWay: unknownOf(of), now }));
      }
      return wait;
    },
    begin: (request: Sent): void => {
      underWay.add(request);
      const now = clock.monotonic();
      requests?.use(1, now);
      tokens?.use(request.tokens, now);
    },
    learn: (request: Sent, headers: Pick<Headers, 'get'>): void => {
      isMet = true;
      request.isKnown = true;
      for (const report of parseRateHeaders(headers, clock.now())) learned.set(report.of, { report, at: clock.monotonic() });
    },
    /** `used`: tokens in the end; undefined where nobody knows. */
    end: (request: Sent, used: number | undefined): void => {
      isMet = true;
      underWay.delete(request);
      if (used !== undefined) tokens?.use(used - request.tokens, clock.monotonic());
    },
    pause: (ms: number): void => {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + Math.min(ms, longestPauseMs));
    },
  };
}
