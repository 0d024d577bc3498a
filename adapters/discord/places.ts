import { withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { toDeliveryError } from './delivery-error.ts';
import { isRecord, recordsOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

export interface PlacesOptions {
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** A thread in a forum. */
export interface Post {
  readonly title: string;
  /** Who has posted it. */
  readonly ownerId: string | undefined;
  /** By their names. */
  readonly tags: readonly string[];
}

interface Thread {
  readonly name: string;
  readonly ownerId: string | undefined;
  readonly tagIds: readonly string[];
}

const maxKept = 10_000;
const timeoutMs = 2_000;
const maxAttempts = 3;
const pauseMs = 300;
const threadTypes: ReadonlySet<unknown> = new Set([10, 11, 12]);
const isChannel: ReadonlySet<unknown> = new Set(['THREAD_CREATE', 'THREAD_UPDATE', 'CHANNEL_CREATE', 'CHANNEL_UPDATE']);

/**
 * What the settings of a place need to know beside a message: under which channel a thread hangs, and who has which roles. Dispatches
 * tell both; after a resume, and of what REST brought, Discord is asked.
 */
export class Places {
  readonly #options: PlacesOptions;
  /** By channel: its parent if it is a thread, itself if not. */
  readonly #parents = new Map<string, string>();
  readonly #roles = new Map<string, ReadonlySet<unknown>>();
  readonly #threads = new Map<string, Thread>();
  /** By channel, and there by their ids. */
  readonly #tags = new Map<string, ReadonlyMap<string, string>>();

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Takes a dispatch `{ t, d }`. */
  learn({ t: type, d: data }: Fields): void {
    if (!isRecord(data)) return;
    if (type === 'GUILD_CREATE' || type === 'THREAD_LIST_SYNC') {
      for (const name of ['channels', 'threads']) for (const channel of recordsOf(data[name])) this.#learnChannel(channel);
    } else if (isChannel.has(type)) this.#learnChannel(data);
    else if (type === 'MESSAGE_CREATE' && isRecord(data['author'])) this.#learnRoles(data, data['author']['id']);
    else if (type === 'INTERACTION_CREATE') this.#learnPresser(data);
    else if (type === 'GUILD_MEMBER_UPDATE' && isRecord(data['user'])) {
      this.#learnRoles({ ...data, member: data }, data['user']['id']);
    }
  }

  /** The channel that a thread hangs under; a channel that is no thread itself. Undefined where Discord does not tell. */
  async parentOf(channelId: string): Promise<string | undefined> {
    const known = this.#parents.get(channelId);
    if (known !== undefined) return known;
    return this.#askParent(channelId);
  }

  /** Undefined for what is no thread, and where Discord does not tell. */
  async postOf(threadId: string): Promise<Post | undefined> {
    const parentId = this.#threads.has(threadId) ? this.#parents.get(threadId) : await this.#askParent(threadId);
    const thread = this.#threads.get(threadId);
    if (!thread || parentId === undefined) return undefined;
    if (thread.tagIds.length > 0 && !this.#tags.has(parentId)) await this.#askParent(parentId);
    const names = this.#tags.get(parentId);
    const tags = thread.tagIds.map((id) => names?.get(id)).filter((name) => name !== undefined);
    return { title: thread.name, ownerId: thread.ownerId, tags };
  }

  async #askParent(channelId: string): Promise<string | undefined> {
    const channel = await this.#ask(`/channels/${channelId}`);
    if (isRecord(channel)) this.#learnChannel(channel);
    return this.#parents.get(channelId);
  }

  /** Undefined where Discord does not tell. */
  async rolesOf(guildId: string, userId: string): Promise<ReadonlySet<unknown> | undefined> {
    const key = `${guildId}:${userId}`;
    const known = this.#roles.get(key);
    if (known) return known;
    const member = await this.#ask(`/guilds/${guildId}/members/${userId}`);
    if (isRecord(member)) this.#learnRoles({ guild_id: guildId, member }, userId);
    return this.#roles.get(key);
  }

  #learnPresser(data: Fields): void {
    if (isRecord(data['channel'])) this.#learnChannel(data['channel']);
    const user = isRecord(data['member']) ? data['member']['user'] : undefined;
    if (isRecord(user)) this.#learnRoles(data, user['id']);
  }

  #learnChannel(channel: Fields): void {
    const { id, type, parent_id: parentId, name, owner_id: ownerId, applied_tags: applied, available_tags: available } = channel;
    if (!isSnowflake(id)) return;
    if (!threadTypes.has(type)) {
      keep(this.#parents, id, id);
      if (Array.isArray(available)) keep(this.#tags, id, toTags(available));
      return;
    }
    if (!isSnowflake(parentId)) return;
    keep(this.#parents, id, parentId);
    // The channel in an interaction comes without most of it.
    if (typeof name !== 'string' || ownerId === undefined) return;
    const tagIds = Array.isArray(applied) ? applied.filter(isSnowflake) : [];
    keep(this.#threads, id, { name, ownerId: isSnowflake(ownerId) ? ownerId : undefined, tagIds });
  }

  #learnRoles({ guild_id: guildId, member }: Fields, userId: unknown): void {
    if (!isSnowflake(guildId) || !isSnowflake(userId) || !isRecord(member) || !Array.isArray(member['roles'])) return;
    keep(this.#roles, `${guildId}:${userId}`, new Set<unknown>(member['roles']));
  }

  /** Undefined where it is refused, or fails a few times. */
  async #ask(route: `/${string}`): Promise<unknown> {
    const { rest, clock, log, signal: parent } = this.#options;
    for (let attempt = 1; !parent.aborted; attempt += 1) {
      const { signal, clear } = withTimeout(clock, timeoutMs, parent);
      try {
        return await rest.call({ method: 'GET', route, signal });
      } catch (cause) {
        const error = toDeliveryError(cause);
        const { retryable, retryAfterMs = 0 } = error;
        if (!retryable || attempt === maxAttempts) {
          log.warn('Discord does not tell what the settings of a channel depend on.', { route, reason: describeError(error) });
          return undefined;
        }
        await clock.sleep(Math.min(timeoutMs, Math.max(retryAfterMs, pauseMs)), parent).catch(() => undefined);
      } finally {
        clear();
      }
    }
    return undefined;
  }
}

function toTags(available: readonly unknown[]): ReadonlyMap<string, string> {
  const tags = recordsOf(available).flatMap(({ id, name }) =>
    isSnowflake(id) && typeof name === 'string' ? [[id, name] as const] : [],
  );
  return new Map(tags);
}

function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  const [oldest] = map.keys();
  if (map.size >= maxKept && oldest !== undefined && !map.has(key)) map.delete(oldest);
  map.set(key, value);
}
