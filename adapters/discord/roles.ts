import type { AdapterContext } from '../../src/adapter.ts';
import { withTimeout } from '../../src/clock.ts';
import { toDeliveryError } from './delivery-error.ts';
import { isRecord, recordsOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

export interface BotRolesOptions {
  readonly rest: Pick<Rest, 'call'>;
  readonly context: Pick<AdapterContext, 'clock' | 'log'>;
}

/** What follows the mention waits for the answer. */
const timeoutMs = 5_000;
/** Discord that fails is left alone for so long, twice as long after each failure, an hour at most. */
const firstPauseMs = 60_000;
const longestPauseMs = 3_600_000;

interface Failure {
  readonly count: number;
  /** When it may be asked again, in ms of the monotonic clock. */
  readonly retryAt: number;
}

/**
 * The roles that stand for the bot alone. Discord makes one in every server, with the bot's name, and people pick it by mistake when
 * they mean to mention the bot. GUILD_CREATE names it; after a resume none comes, and the first mention of a role asks for it.
 */
export class BotRoles {
  readonly ids = new Set<string>();
  readonly #options: BotRolesOptions;
  readonly #known = new Set<string>();
  /** By guild. */
  readonly #failures = new Map<string, Failure>();

  constructor(options: BotRolesOptions) {
    this.#options = options;
  }

  /** From GUILD_CREATE and GUILD_ROLE_CREATE. */
  learn(dispatch: Fields, userId: string): void {
    const { t: type, d: data } = dispatch;
    if (!isRecord(data)) return;
    if (type === 'GUILD_CREATE' && isSnowflake(data['id'])) this.#learnGuild(data['id'], data['roles'], userId);
    if (type === 'GUILD_ROLE_CREATE' && isRecord(data['role'])) this.#learnRole(data['role'], userId);
  }

  /** Whether a message mentions a role in a guild whose roles nobody has named yet, and which may be asked for. */
  isUnsure(dispatch: Fields): boolean {
    const { t: type, d: data } = dispatch;
    if (type !== 'MESSAGE_CREATE' || !isRecord(data) || !Array.isArray(data['mention_roles'])) return false;
    const { guild_id: guildId, mention_roles: mentioned } = data;
    if (mentioned.length === 0 || !isSnowflake(guildId) || this.#known.has(guildId)) return false;
    return this.#options.context.clock.monotonic() >= (this.#failures.get(guildId)?.retryAt ?? 0);
  }

  /**
   * Asks once per guild, and after a failure at a later mention again. Until that works a mention of the role is not recognised: the person can
   * mention the bot itself.
   */
  async ask(
    dispatch: Fields,
    { userId, signal: parent }: { readonly userId: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const guildId = isRecord(dispatch['d']) ? dispatch['d']['guild_id'] : undefined;
    if (!isSnowflake(guildId)) return;
    const { rest, context } = this.#options;
    const { signal, clear } = withTimeout(context.clock, timeoutMs, parent);
    try {
      this.#learnGuild(guildId, await rest.call({ method: 'GET', route: `/guilds/${guildId}/roles`, signal }), userId);
    } catch (cause) {
      if (!parent.aborted) this.#putOff(guildId, cause);
    } finally {
      clear();
    }
  }

  #putOff(guildId: string, cause: unknown): void {
    const { clock, log } = this.#options.context;
    const { message: reason, retryAfterMs = 0 } = toDeliveryError(cause);
    const { count } = this.#failures.get(guildId) ?? { count: 0 };
    const pauseMs = Math.max(retryAfterMs, Math.min(longestPauseMs, firstPauseMs * 2 ** count));
    this.#failures.set(guildId, { count: count + 1, retryAt: clock.monotonic() + pauseMs });
    log.warn('Discord roles of a server could not be read: mentions of the bot by its role are not recognised there for now.', {
      guildId,
      reason,
      pauseMs,
    });
  }

  #learnGuild(guildId: string, roles: unknown, userId: string): void {
    this.#known.add(guildId);
    this.#failures.delete(guildId);
    for (const role of recordsOf(roles)) this.#learnRole(role, userId);
  }

  #learnRole(role: Fields, userId: string): void {
    if (isRecord(role['tags']) && role['tags']['bot_id'] === userId && isSnowflake(role['id'])) this.ids.add(role['id']);
  }
}
