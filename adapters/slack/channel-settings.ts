import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { SlackCaller } from './client.ts';
import { isCredentialError, platformErrorOf } from './failure.ts';
import { isRecord } from './receive.ts';

/** What the operator has set for one channel. */
export interface SlackChannel {
  /** `mention`: answers mentions only. `follow`: also what is said in a conversation that it takes part in. `off`: answers nothing. */
  readonly mode?: 'mention' | 'follow' | 'off' | undefined;
  /** Who may ask; everybody where it is left out. Ids of people and of user groups. */
  readonly allow?:
    | { readonly users?: readonly string[] | undefined; readonly groups?: readonly string[] | undefined }
    | undefined;
  /** Where answers stand. */
  readonly reply?: 'thread' | 'channel' | 'ephemeral' | undefined;
}

/** By id (`C0123456789`) or name (`general`) of the channel. */
export type SlackChannels = Readonly<Record<string, SlackChannel>>;

export interface ChannelLookupOptions {
  readonly channels: SlackChannels;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

export function namesGroups(channels: SlackChannels): boolean {
  return Object.values(channels).some(({ allow }) => allow?.groups !== undefined);
}

/** `unknown`: Slack does not tell what the channel is called, so that which settings it has cannot be known. */
export type FoundChannel = { readonly key: string; readonly settings: SlackChannel } | 'unknown' | undefined;

export interface ChannelLookup {
  /** The settings for the channel. Rejects where Slack cannot be asked for the moment. */
  find(channelId: string, slack: SlackCaller): Promise<FoundChannel>;
  /** Whether the person belongs to one of these user groups. Where Slack does not tell, nobody does. */
  isInGroup(userId: string, groups: readonly string[], slack: SlackCaller): Promise<boolean>;
}

const idPattern = /^[CG][A-Z0-9]{6,}$/;
/** Channels are renamed, and people join groups. */
const keptForMs = 10 * 60_000;
const timeoutMs = 2_000;
const maxKept = 2_000;

/** Names in the settings are looked up when something is said in a channel: before it is decided who may ask there. */
export function createChannelLookup({ channels, clock, log, stopping }: ChannelLookupOptions): ChannelLookup {
  const byKey = new Map(Object.entries(channels).map(([key, settings]) => [key.replace(/^#/, ''), { key, settings }]));
  const hasNames = [...byKey.keys()].some((key) => !idPattern.test(key));
  const ask = createCache({ clock, stopping });

  async function nameOf(channelId: string, slack: SlackCaller): Promise<string | undefined> {
    return ask(`channel:${channelId}`, async (signal) => {
      try {
        const { channel } = await slack.call('conversations.info', { channel: channelId }, signal);
        return isRecord(channel) && typeof channel['name'] === 'string' ? channel['name'] : '';
      } catch (error) {
        if (!isCredentialError(error) && platformErrorOf(error) !== 'channel_not_found') throw error;
        const remedy =
          'name the channels by their ids in slack.channels, or give the app the scopes channels:read and groups:read';
        log.error('slack does not tell the name of a channel; nobody is answered there', {
          channelId,
          error: describeError(error),
          remedy,
        });
        return undefined;
      }
    });
  }

  async function membersOf(group: string, slack: SlackCaller): Promise<ReadonlySet<unknown>> {
    return ask(`group:${group}`, async (signal) => {
      try {
        const { users } = await slack.call('usergroups.users.list', { usergroup: group }, signal);
        return new Set<unknown>(Array.isArray(users) ? users : []);
      } catch (error) {
        const remedy =
          'check the ids of user groups (slack.channels.NAME.allow.groups, tools.allow, tools.approvers.slack), and give the app the scope usergroups:read';
        log.error('slack does not tell who is in a user group; it counts for nobody', {
          group,
          error: describeError(error),
          remedy,
        });
        return new Set<unknown>();
      }
    });
  }

  return {
    find: async (channelId, slack) => {
      const own = byKey.get(channelId);
      if (own || !hasNames || !idPattern.test(channelId)) return own;
      const name = await nameOf(channelId, slack);
      return name === undefined ? 'unknown' : byKey.get(name);
    },
    isInGroup: async (userId, groups, slack) => {
      for (const group of groups) if ((await membersOf(group, slack)).has(userId)) return true;
      return false;
    },
  };
}

/** What Slack said lately. What fails is asked anew. */
function createCache({ clock, stopping }: Pick<ChannelLookupOptions, 'clock' | 'stopping'>) {
  const kept = new Map<string, { readonly value: unknown; readonly until: number }>();

  return async function ask<Value>(key: string, request: (signal: AbortSignal) => Promise<Value>): Promise<Value> {
    const known = kept.get(key);
    if (known && known.until > clock.now()) return known.value as Value; // kept under a key of its own kind
    const { signal, clear } = withTimeout(clock, timeoutMs, stopping);
    try {
      const value = await request(signal);
      const [oldest] = kept.keys();
      if (kept.size >= maxKept && oldest !== undefined) kept.delete(oldest);
      kept.set(key, { value, until: clock.now() + keptForMs });
      return value;
    } finally {
      clear();
    }
  };
}
