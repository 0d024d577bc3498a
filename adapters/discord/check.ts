import type { CheckReport } from '../../src/adapter.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import type { Rest } from './rest.ts';

/** Flags of an application: the portal's switch for the Message Content intent, for small bots and for verified ones. */
const messageContentFlags = (1 << 18) | (1 << 19);

export interface CheckOptions {
  readonly rest: Rest;
  readonly messageContentIntent: boolean;
}

/** Whether Discord accepts the token and the portal allows the intent that is asked for. */
export async function checkDiscord({ rest, messageContentIntent }: CheckOptions, signal: AbortSignal): Promise<CheckReport> {
  const get = async (route: '/users/@me' | '/applications/@me'): Promise<Readonly<Record<string, unknown>>> => {
    try {
      return (await rest.call({ method: 'GET', route, signal })) as Record<string, unknown>; // Discord answers these with an object
    } catch (error) {
      if (isUnauthorized(error)) {
        throw new AdapterError(
          'Discord refuses the token: reset it on the page "Bot" of the developer portal and set DISCORD_TOKEN.',
        );
      }
      throw new AdapterError(`Discord cannot be reached: ${redact(describeError(error))}`, { cause: error });
    }
  };
  const { username } = await get('/users/@me');
  const { flags } = await get('/applications/@me');
  if (messageContentIntent && typeof flags === 'number' && (flags & messageContentFlags) === 0) {
    throw new AdapterError(
      'The token works, but the Message Content Intent is off: switch it on in the developer portal (Bot), or set discord.messageContentIntent to false.',
    );
  }
  return { detail: `the token works: the bot is ${String(username)}` };
}

function isUnauthorized(error: unknown): boolean {
  const causes = [error, error instanceof Error ? error.cause : undefined];
  return causes.some((each) => typeof each === 'object' && each !== null && 'status' in each && each.status === 401);
}
