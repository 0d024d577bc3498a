import { isMissing, permissionsOf } from './features.ts';
import type { FeatureOptions } from './features.ts';
import { parseMember, permissionsIn } from './permissions.ts';
import type { Member } from './permissions.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

export interface ServerCheckOptions {
  readonly rest: Rest;
  readonly features: FeatureOptions;
  readonly userId: string;
  readonly signal: AbortSignal;
}

/** A few requests each. */
const maxServers = 5;
const maxChannels = 100;
const maxWarnings = 10;
/** Text, announcements, forum. */
const talkative: ReadonlySet<unknown> = new Set([0, 5, 15]);

export interface ServersReport {
  readonly detail: string;
  readonly warnings: readonly string[];
}

/** In which channels of the first few servers the bot lacks a permission that it needs. Rejects with the SDK's error. */
export async function checkServers(options: ServerCheckOptions): Promise<ServersReport> {
  const { rest, signal } = options;
  const query = new URLSearchParams({ limit: '200' });
  const servers = recordsOf(await rest.call({ method: 'GET', route: '/users/@me/guilds', query, signal }));
  if (servers.length === 0) {
    return {
      detail: 'it is in no server',
      warnings: ['The bot is in no server yet: invite it with the link of "parley discord invite".'],
    };
  }
  const lacks: string[] = [];
  let channels = 0;
  let hidden = 0;
  for (const { id, name } of servers.slice(0, maxServers)) {
    if (!isSnowflake(id)) continue;
    const found = await checkServer(options, id);
    channels += found.channels;
    hidden += found.hidden;
    lacks.push(...found.lacks.map((lack) => `${lack} (server ${textOf(name) ?? id})`));
  }
  const shown = lacks
    .slice(0, maxWarnings)
    .map((lack) => `The bot lacks ${lack}: give it to its role there, or invite it again.`);
  if (lacks.length > maxWarnings) shown.push(`The bot lacks permissions in ${lacks.length - maxWarnings} channels more.`);
  const looked = servers.length > maxServers ? `, ${maxServers} of them looked at` : '';
  const unseen = hidden === 0 ? '' : `, ${hidden} of which it cannot see`;
  return { detail: `${servers.length} servers${looked}, ${channels} channels${unseen}`, warnings: shown };
}

async function checkServer({ rest, features, userId, signal }: ServerCheckOptions, guildId: string) {
  const get = (route: `/${string}`): Promise<unknown> => rest.call({ method: 'GET', route, signal });
  const guild = await get(`/guilds/${guildId}`);
  const member = await get(`/guilds/${guildId}/members/${userId}`);
  const channels = recordsOf(await get(`/guilds/${guildId}/channels`))
    .filter(({ type }) => talkative.has(type))
    .slice(0, maxChannels);
  const me = isRecord(guild) ? parseMember(member, { guild, roles: recordsOf(guild['roles']), userId }) : undefined;
  const lacks: string[] = [];
  let hidden = 0;
  for (const channel of me ? channels : []) {
    const missing = me ? missingIn(channel, me, features) : [];
    // A channel that it cannot see is one that it was kept out of.
    if (missing.includes('ViewChannel')) hidden += 1;
    else if (missing.length > 0) lacks.push(`${missing.join(', ')} in #${textOf(channel['name']) ?? String(channel['id'])}`);
  }
  return { channels: channels.length, hidden, lacks };
}

function missingIn(channel: Fields, me: Member, features: FeatureOptions) {
  const granted = permissionsIn(channel, me);
  return permissionsOf(features).filter((name) => isMissing(name, granted));
}
