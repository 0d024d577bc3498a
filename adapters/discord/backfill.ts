import { maxRecent } from '../../src/adapter.ts';
import type { AdapterContext } from '../../src/adapter.ts';
import { readMessagesAfter, readNewest } from './channel-messages.ts';
import type { ChannelMessage } from './channel-messages.ts';
import { channelTypes, parseDestination } from './conversation.ts';
import type { Place } from './conversation.ts';
import { toDeliveryError } from './delivery-error.ts';
import { recordsOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { compareSnowflakes, isSnowflake, toSnowflake } from './snowflake.ts';

export interface BackfillOptions {
  readonly rest: Rest;
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'recentConversations'>;
  /** Nothing older than this is fetched, in ms. */
  readonly backfillMs: number;
  readonly signal: AbortSignal;
  /** Takes dispatches `{ t, d }` as the gateway would have brought them; false when they cannot be saved now. */
  readonly save: (dispatches: readonly Fields[]) => Promise<boolean>;
}

interface Source {
  readonly place: Place;
  /** Only what is newer than this id. */
  readonly after: string;
}

/** By server, then by channel: what is known of the conversations from before the gap. */
type Known = ReadonlyMap<string | undefined, ReadonlyMap<string, Source>>;

const nothing: ReadonlyMap<string, Source> = new Map();

const maxPages = 5;
const parallel = 4;
const maxAttempts = 6;
/** Channels of a guild without a known conversation that are looked through, most recently used ones first. */
const maxOtherChannels = 50;
/** The moment of the last save is this machine's, ids carry the platform's time. */
const clockSkewMs = 60_000;
/** Types of channels that hold messages: text, voice, announcement, the threads, stage. */
const readable: ReadonlySet<unknown> = new Set([0, 2, 5, 10, 11, 12, 13]);

/**
 * Fetches what was said while no session listened: after a restart that came too late to resume, or a session that Discord dropped.
 * What was saved already arrives again and is recognised by its id. Edits and deletions of that time stay unknown.
 */
export class Backfill {
  readonly #options: BackfillOptions;
  #known: Promise<Known> | undefined;

  constructor(options: BackfillOptions) {
    this.#options = options;
  }

  /** Lets go of what is known of a gap: it is closed, or another begins. Until then it stays as it was before the gap. */
  reset(): void {
    this.#known = undefined;
  }

  /** Direct messages. False when something could not be saved. */
  async directMessages(): Promise<boolean> {
    return this.#fetchAll([...(await this.#knownIn(undefined)).values()]);
  }

  /**
   * A guild that has just shown itself, as GUILD_CREATE does: its channels say which message is their last, so that only those are read
   * in which something new stands. `since` (ms) bounds the channels in which there is no conversation yet.
   */
  async guild(guild: Fields, since: number | undefined): Promise<boolean> {
    const guildId = guild['id'];
    if (!isSnowflake(guildId)) return true;
    const known = await this.#knownIn(guildId);
    const listed = new Set<string>();
    const sources: Source[] = [];
    const others: (Source & { readonly last: string })[] = [];
    const earliest = this.#earliest(guild, since);
    for (const channel of [...recordsOf(guild['channels']), ...recordsOf(guild['threads'])]) {
      const { id, type, last_message_id: last } = channel;
      if (!isSnowflake(id) || !readable.has(type)) continue;
      const conversation = known.get(id);
      listed.add(id);
      const after = conversation?.after ?? earliest;
      if (after === undefined || !isSnowflake(last) || compareSnowflakes(last, after) <= 0) continue;
      const source = { place: { channelId: id, guildId, channelType: Number(type) }, after };
      if (conversation) sources.push(source);
      else others.push({ ...source, last });
    }
    others.sort((a, b) => compareSnowflakes(b.last, a.last));
    // What the guild did not list may still be readable: a private thread, for one.
    const unlisted = [...known.values()].filter(({ place }) => !listed.has(place.channelId));
    return this.#fetchAll([...sources, ...unlisted, ...others.slice(0, maxOtherChannels)]);
  }

  #earliest(guild: Fields, since: number | undefined): string | undefined {
    if (since === undefined) return undefined;
    const joinedAt = typeof guild['joined_at'] === 'string' ? Date.parse(guild['joined_at']) : 0;
    const { clock } = this.#options.context;
    return toSnowflake(
      Math.max(since - clockSkewMs, clock.now() - this.#options.backfillMs, Number.isFinite(joinedAt) ? joinedAt : 0),
    );
  }

  /** Of a server, or of direct messages. */
  async #knownIn(guildId: string | undefined): Promise<ReadonlyMap<string, Source>> {
    this.#known ??= this.#load().catch((error: unknown) => {
      this.#known = undefined;
      throw error;
    });
    return (await this.#known).get(guildId) ?? nothing;
  }

  async #load(): Promise<Known> {
    const { context, backfillMs } = this.#options;
    const conversations = await context.recentConversations(context.clock.now() - backfillMs);
    const byGuild = new Map<string | undefined, Map<string, Source>>();
    if (conversations.length >= maxRecent) {
      context.log.warn('More Discord conversations were active than can be looked through for missed messages.', {
        known: maxRecent,
      });
    }
    for (const { destination, newestMessageId: after } of conversations) {
      const place = parseDestination(destination);
      if (!place || !isSnowflake(after)) continue;
      const { guildId, channelId } = place;
      const channels = byGuild.get(guildId) ?? new Map<string, Source>();
      byGuild.set(guildId, channels);
      // A channel may hold several conversations: what one of them has is saved, the others' older messages included.
      const other = channels.get(channelId);
      if (!other || compareSnowflakes(after, other.after) > 0) channels.set(channelId, { place, after });
    }
    return byGuild;
  }

  /** A few channels at a time; false as soon as something cannot be saved. */
  async #fetchAll(sources: readonly Source[]): Promise<boolean> {
    const waiting = sources.values();
    let saved = true;
    const work = async (): Promise<void> => {
      for (const source of waiting) {
        if (!saved || this.#options.signal.aborted) return;
        if (!(await this.#fetch(source))) saved = false;
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, sources.length) }, work));
    return saved && !this.#options.signal.aborted;
  }

  async #fetch({ place, after }: Source): Promise<boolean> {
    const { rest, context, save, signal } = this.#options;
    const { channelId } = place;
    const found = await this.#patiently(channelId, () => readMessagesAfter(rest, { channelId, after, maxPages, signal }));
    if (!found) return true;
    const newest = found.complete ? [] : await this.#patiently(channelId, () => readNewest(rest, { channelId, signal }));
    if (!found.complete)
      context.log.warn('Discord channel was too busy to fetch everything that was missed.', { channelId, after });
    const messages = [...found.messages, ...(newest ?? [])];
    if (messages.length === 0) return true;
    context.log.info('Discord messages fetched that were missed.', { channelId, messages: messages.length });
    return save(messages.map((message) => toDispatch(message, place)));
  }

  /** Repeats what fails for the moment, with a pause; undefined for a channel that cannot be read. */
  async #patiently<T>(channelId: string, read: () => Promise<T>): Promise<T | undefined> {
    const { context, signal } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        return await read();
      } catch (cause) {
        const error = toDeliveryError(cause);
        if (!error.retryable || attempt === maxAttempts) {
          context.log.warn('Discord channel could not be read for missed messages.', { channelId, reason: error.message });
          return undefined;
        }
        await context.clock.sleep(Math.max(error.retryAfterMs ?? 0, 500 * 2 ** attempt), signal).catch(() => undefined);
      }
    }
    return undefined;
  }
}

/** REST leaves out what the gateway says beside the message: the guild and the kind of channel. */
function toDispatch({ fields }: ChannelMessage, { guildId, channelType }: Place): Fields {
  const where = guildId === undefined ? { channel_type: channelTypes.direct } : { guild_id: guildId, channel_type: channelType };
  return { t: 'MESSAGE_CREATE', d: { ...fields, ...where } };
}
