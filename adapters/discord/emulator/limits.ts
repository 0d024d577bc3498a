import type { Clock } from '../../../src/clock.ts';
import { rateLimited } from './reply.ts';
import type { Reply } from './reply.ts';

export interface LimitOptions {
  readonly clock: Clock;
  /** On posts in one channel, and on edits there, each by itself. */
  readonly messageLimit?: Limit | undefined;
  /** On all calls of the bot together, those with an interaction's token apart: 50 a second on the platform. */
  readonly globalLimit?: Limit | undefined;
}

export interface Limit {
  readonly count: number;
  readonly perMs: number;
}

export interface Verdict {
  readonly refused?: Reply;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface LimitedCall {
  /** Method and pattern. */
  readonly name: string;
  readonly channelId: string;
  readonly byToken: boolean;
}

const limitedRoutes = new Set(['POST /channels/:id/messages', 'PATCH /channels/:id/messages/:id']);

/** https://docs.discord.com/developers/topics/rate-limits: a bucket per route and channel, told by headers, and one limit over all. */
export function createLimits({ clock, messageLimit, globalLimit }: LimitOptions): (call: LimitedCall) => Verdict {
  const inAll = createWindows(clock, globalLimit);
  const inBucket = createWindows(clock, messageLimit);
  return ({ name, channelId, byToken }) => {
    const all = byToken ? undefined : inAll('');
    if (all && all.left < 0) return { refused: rateLimited(all.seconds, { global: true }) };
    const bucket = limitedRoutes.has(name) ? inBucket(`${name} ${channelId}`) : undefined;
    if (!bucket || !messageLimit) return {};
    if (bucket.left < 0) return { refused: rateLimited(bucket.seconds, { global: false }) };
    return {
      headers: {
        'X-RateLimit-Limit': String(messageLimit.count),
        'X-RateLimit-Remaining': String(bucket.left),
        'X-RateLimit-Reset-After': bucket.seconds.toFixed(3),
        'X-RateLimit-Bucket': 'channel-messages',
      },
    };
  };
}

/** Counts in windows that begin with their first call; `left` below zero is one too many. */
function createWindows(clock: Clock, limit: Limit | undefined) {
  const windows = new Map<string, { until: number; used: number }>();
  return (key: string): { readonly left: number; readonly seconds: number } | undefined => {
    if (!limit) return undefined;
    const now = clock.now();
    const current = windows.get(key);
    const window = current && current.until > now ? current : { until: now + limit.perMs, used: 0 };
    windows.set(key, window);
    if (window.used < limit.count) window.used += 1;
    else return { left: -1, seconds: (window.until - now) / 1_000 };
    return { left: limit.count - window.used, seconds: (window.until - now) / 1_000 };
  };
}
