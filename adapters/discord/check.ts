import type { CheckReport } from '../../src/adapter.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { checkServers } from './check-servers.ts';
import { defineCommands } from './commands.ts';
import type { CommandOptions } from './commands.ts';
import type { FeatureOptions } from './features.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';

/** Flags of an application: the portal's switch for the Message Content intent, for small bots and for verified ones. */
const messageContentFlags = (1 << 18) | (1 << 19);

export interface CheckOptions extends FeatureOptions, CommandOptions {
  readonly rest: Rest;
  readonly commandGuilds: readonly string[];
  readonly publicKey?: string | undefined;
}

/** Whether Discord accepts the token, and the application, its commands and its permissions are as the configuration needs them. */
export async function checkDiscord(options: CheckOptions, signal: AbortSignal): Promise<CheckReport> {
  try {
    const user = await read(options, '/users/@me', signal);
    const application = await read(options, '/applications/@me', signal);
    refuseWrongApplication(options, application);
    const { detail, warnings } = await checkServers({ ...options, features: options, userId: String(user['id']), signal });
    const commands = await checkCommands(options, application, signal);
    return {
      detail: `the token works: the bot is ${String(user['username'])}; ${detail}; ${commands.detail}`,
      warnings: [...checkEndpoint(options, application), ...(commands.warnings ?? []), ...warnings],
    };
  } catch (error) {
    if (error instanceof AdapterError) throw error;
    if (isUnauthorized(error)) {
      throw new AdapterError(
        'Discord refuses the token: reset it on the page "Bot" of the developer portal and set DISCORD_TOKEN.',
      );
    }
    throw new AdapterError(`Discord cannot be reached: ${redact(describeError(error))}`, { cause: error });
  }
}

async function read({ rest }: CheckOptions, route: '/users/@me' | '/applications/@me', signal: AbortSignal): Promise<Fields> {
  const answer = await rest.call({ method: 'GET', route, signal });
  return isRecord(answer) ? answer : {};
}

function refuseWrongApplication(
  { gateway, messageContentIntent, publicKey }: CheckOptions,
  { flags, verify_key: key }: Fields,
): void {
  if (gateway && messageContentIntent && typeof flags === 'number' && (flags & messageContentFlags) === 0) {
    throw new AdapterError(
      'The token works, but the Message Content Intent is off: switch it on in the developer portal (Bot), or set discord.messageContentIntent to false.',
    );
  }
  if (publicKey !== undefined && typeof key === 'string' && key.toLowerCase() !== publicKey.toLowerCase()) {
    throw new AdapterError(
      'DISCORD_PUBLIC_KEY is not the public key of the application that the token belongs to: copy it from the page "General Information".',
    );
  }
}

/** Discord brings interactions by HTTP alone as soon as it has an address for them. */
function checkEndpoint({ gateway, publicKey }: CheckOptions, { interactions_endpoint_url: url }: Fields): string[] {
  const isSet = typeof url === 'string' && url !== '';
  if (isSet && publicKey === undefined) {
    return [
      'The application has an Interactions Endpoint URL, and commands go there: set DISCORD_PUBLIC_KEY, or remove the URL ("General Information").',
    ];
  }
  if (!isSet && !gateway) {
    return [
      'No command can arrive: set "Interactions Endpoint URL" ("General Information") to your public address and /discord/interactions.',
    ];
  }
  return [];
}

/** Before the first start none is there, which is as it should be. */
async function checkCommands(options: CheckOptions, { id }: Fields, signal: AbortSignal): Promise<CheckReport> {
  if (!options.commands) return { detail: 'no commands' };
  const wanted = defineCommands(options).map(({ name }) => name);
  const scopes = options.commandGuilds.length > 0 ? options.commandGuilds.map((guild) => `/guilds/${guild}`) : [''];
  const missing: string[] = [];
  for (const scope of scopes) {
    const route = `/applications/${String(id)}${scope}/commands` as const;
    const known = recordsOf(await options.rest.call({ method: 'GET', route, signal })).map(({ name }) => textOf(name));
    missing.push(...wanted.filter((name) => !known.includes(name)));
  }
  const isNew = missing.length === wanted.length * scopes.length;
  if (isNew) return { detail: 'its commands are registered when Parley starts' };
  const detail = `${wanted.length} commands`;
  if (missing.length === 0) return { detail };
  return { detail, warnings: [`Commands are missing: ${[...new Set(missing)].join(', ')}. Start Parley once to register them.`] };
}

function isUnauthorized(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  return causes.some((each) => typeof each === 'object' && each !== null && 'status' in each && each.status === 401);
}
