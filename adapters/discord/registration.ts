import type { AdapterContext } from '../../src/adapter.ts';
import type { Json } from '../../src/message.ts';
import { hashCommands } from './commands.ts';
import type { CommandDefinition } from './commands.ts';
import { refusalCode, toDeliveryError } from './delivery-error.ts';
import { isRecord, recordsOf } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

export interface RegistrationOptions {
  readonly rest: Rest;
  readonly context: AdapterContext;
  /** Asked for where it is left out. */
  readonly applicationId?: string | undefined;
  readonly definitions: readonly CommandDefinition[];
  /** Where they are registered; everywhere if there are none. */
  readonly guildIds: readonly string[];
  readonly signal: AbortSignal;
}

const stateKey = 'commands';
const maxAttempts = 6;
const firstPauseMs = 1000;
const unknownCommand = 10063;

interface Registered {
  readonly scope: string;
  readonly id: string;
}

/**
 * Brings the commands at Discord in step with those that Parley has, when they have changed. Each is created by itself, which replaces one of
 * the same name, and what Parley registered earlier and has no longer is deleted by its id. Discord's overwriting of all at once would
 * delete the commands of other code of the same application. Never rejects: without its commands the bot still answers mentions.
 */
export async function registerCommands(options: RegistrationOptions): Promise<void> {
  const { context, definitions, guildIds, signal } = options;
  const scopes = guildIds.length > 0 ? guildIds.map((id) => `/guilds/${id}`) : [''];
  const hash = hashCommands(definitions, scopes);
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      const before = parseState(await context.loadState(stateKey));
      if (before.hash === hash) return;
      const registered = await bringInStep(options, { scopes, before: before.registered });
      await context.accept([], {
        key: stateKey,
        value: { hash, registered: registered.map(({ scope, id }) => ({ scope, id })) },
      });
      context.log.info('Discord commands registered.', { commands: definitions.length, servers: guildIds.length || 'all' });
      return;
    } catch (cause) {
      const error = toDeliveryError(cause);
      if (signal.aborted) return;
      context.log.warn('Discord commands could not be registered.', { attempt, reason: error.message });
      if (!error.retryable || attempt === maxAttempts) return;
      await context.clock.sleep(Math.max(error.retryAfterMs ?? 0, firstPauseMs * 2 ** attempt), signal).catch(() => undefined);
    }
  }
}

async function bringInStep(
  { rest, applicationId, definitions, signal }: RegistrationOptions,
  { scopes, before }: { readonly scopes: readonly string[]; readonly before: readonly Registered[] },
): Promise<Registered[]> {
  const application = `/applications/${applicationId ?? (await readApplicationId(rest, signal))}` as const;
  const registered: Registered[] = [];
  for (const scope of scopes) {
    for (const body of definitions) {
      const made = await rest.call({ method: 'POST', route: `${application}${scope}/commands`, body, signal });
      if (isRecord(made) && isSnowflake(made['id'])) registered.push({ scope, id: made['id'] });
    }
  }
  const kept = new Set(registered.map(({ id }) => id));
  for (const { scope, id } of before.filter((earlier) => !kept.has(earlier.id))) {
    await rest.call({ method: 'DELETE', route: `${application}${scope}/commands/${id}`, signal }).catch((error: unknown) => {
      if (refusalCode(error) !== unknownCommand) throw error;
    });
  }
  return registered;
}

async function readApplicationId(rest: Rest, signal: AbortSignal): Promise<string> {
  const application = await rest.call({ method: 'GET', route: '/applications/@me', signal });
  if (isRecord(application) && isSnowflake(application['id'])) return application['id'];
  throw new Error('Discord does not say the application id: set DISCORD_APPLICATION_ID.');
}

function parseState(value: Json | undefined): { readonly hash: unknown; readonly registered: readonly Registered[] } {
  if (!isRecord(value)) return { hash: undefined, registered: [] };
  const registered = recordsOf(value['registered']).flatMap(({ scope, id }) =>
    typeof scope === 'string' && /^(?:\/guilds\/\d{1,20})?$/.test(scope) && isSnowflake(id) ? { scope, id } : [],
  );
  return { hash: value['hash'], registered };
}
