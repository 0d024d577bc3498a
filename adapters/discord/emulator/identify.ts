import type { Clock } from '../../../src/clock.ts';
import { intentBits, knownIntents } from './sessions.ts';

/** How many sessions the bot may still begin today: https://docs.discord.com/developers/events/gateway#session-start-limit. */
export interface SessionStarts {
  readonly total: number;
  remaining: number;
  /** ms until `remaining` is what it was at first; nothing here lets that time pass. */
  readonly resetAfterMs: number;
  /** How many shards may identify within five seconds, by their number; undefined where that is not kept. */
  readonly maxConcurrency: number | undefined;
}

/** How the bot is to be split: https://docs.discord.com/developers/events/gateway#sharding. */
export interface Sharding {
  /** What `GET /gateway/bot` recommends. */
  recommended: number;
  /** Fewer shards than this are refused, as they are where there are too many guilds for them. */
  required: number;
}

export interface IdentifyOptions {
  readonly clock: Clock;
  readonly token: string;
  /** Whether the portal's switch for the MESSAGE_CONTENT intent is on. */
  readonly messageContent: boolean;
  readonly starts: SessionStarts;
  readonly sharding: Sharding;
}

/** What comes of an IDENTIFY: a session, a close code with its reason, or op 9. */
export type Identified =
  | { readonly type: 'session'; readonly intents: number; readonly shard: readonly [id: number, count: number] }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'invalid session' };

const identifyWindowMs = 5_000;

/** Judges each IDENTIFY, and counts it. */
export function createIdentifier({ clock, token, messageContent, starts, sharding }: IdentifyOptions) {
  /** By the remainder of the shard's number: when one was last heard. */
  const last = new Map<number, number>();

  function isTooSoon(shardId: number): boolean {
    if (starts.maxConcurrency === undefined) return false;
    const group = shardId % starts.maxConcurrency;
    const now = clock.monotonic();
    const before = last.get(group);
    last.set(group, now);
    return before !== undefined && now - before < identifyWindowMs;
  }

  return (data: Readonly<Record<string, unknown>>): Identified => {
    const intents = data['intents'];
    if (data['token'] !== token) return closed(4004, 'Authentication failed.');
    if (typeof intents !== 'number' || (intents & ~knownIntents) !== 0) return closed(4013, 'Invalid intent(s).');
    if ((intents & intentBits.messageContent) !== 0 && !messageContent) return closed(4014, 'Disallowed intent(s).');
    const shard = toShard(data['shard']);
    if (!shard) return closed(4010, 'Invalid shard.');
    if (shard[1] < sharding.required) return closed(4011, 'Sharding required.');
    // Whoever goes on beyond the limit gets a new token from Discord, by mail.
    if (starts.remaining <= 0) return closed(4004, 'Authentication failed.');
    starts.remaining -= 1;
    return isTooSoon(shard[0]) ? { type: 'invalid session' } : { type: 'session', intents, shard };
  };
}

function closed(code: number, reason: string): Identified {
  return { type: 'closed', code, reason };
}

/** [id, count]; absent means the only shard. Undefined where it makes no sense. */
export function toShard(value: unknown): readonly [number, number] | undefined {
  if (value === undefined) return [0, 1];
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [id, count] = value.map(Number);
  return id !== undefined && count !== undefined && id >= 0 && id < count ? [id, count] : undefined;
}
