import { isRecord, recordsOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

/**
 * The roles that stand for the bot alone. Discord makes one in every server, with the bot's name, and people pick it by mistake when
 * they mean to mention the bot. GUILD_CREATE names it; after a resume none comes, and the first mention of a role asks for it.
 */
export class BotRoles {
  readonly ids = new Set<string>();
  readonly #rest: Rest;
  readonly #known = new Set<string>();

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** From GUILD_CREATE and GUILD_ROLE_CREATE. */
  learn(dispatch: Fields, userId: string): void {
    const { t: type, d: data } = dispatch;
    if (!isRecord(data)) return;
    if (type === 'GUILD_CREATE' && isSnowflake(data['id'])) this.#learnGuild(data['id'], data['roles'], userId);
    if (type === 'GUILD_ROLE_CREATE' && isRecord(data['role'])) this.#learnRole(data['role'], userId);
  }

  /** Whether a message mentions a role in a guild whose roles nobody has named yet. */
  isUnsure(dispatch: Fields): boolean {
    const { t: type, d: data } = dispatch;
    if (type !== 'MESSAGE_CREATE' || !isRecord(data) || !Array.isArray(data['mention_roles'])) return false;
    return data['mention_roles'].length > 0 && isSnowflake(data['guild_id']) && !this.#known.has(data['guild_id']);
  }

  /** Asks once per guild. Where that fails a mention of the role is not recognised: the person can mention the bot itself. */
  async ask(dispatch: Fields, options: { readonly userId: string; readonly signal: AbortSignal }): Promise<void> {
    const guildId = isRecord(dispatch['d']) ? dispatch['d']['guild_id'] : undefined;
    if (!isSnowflake(guildId)) return;
    const roles = await this.#rest
      .call({ method: 'GET', route: `/guilds/${guildId}/roles`, signal: options.signal })
      .catch(() => undefined);
    this.#learnGuild(guildId, roles, options.userId);
  }

  #learnGuild(guildId: string, roles: unknown, userId: string): void {
    this.#known.add(guildId);
    for (const role of recordsOf(roles)) this.#learnRole(role, userId);
  }

  #learnRole(role: Fields, userId: string): void {
    if (isRecord(role['tags']) && role['tags']['bot_id'] === userId && isSnowflake(role['id'])) this.ids.add(role['id']);
  }
}
