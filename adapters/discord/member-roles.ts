import { isRecord } from './record.ts';
import { isSnowflake } from './snowflake.ts';

/** A server has 250 roles at most. */
const maxRoles = 250;

/** The roles of an author in the server, which messages and interactions bring along; see https://docs.discord.com/developers/resources/guild#guild-member-object. */
export function toRoles(member: unknown): { readonly roles?: readonly string[] } {
  const roles: readonly unknown[] = isRecord(member) && Array.isArray(member['roles']) ? member['roles'] : [];
  const ids = roles.slice(0, maxRoles).filter(isSnowflake);
  return ids.length > 0 ? { roles: ids } : {};
}
