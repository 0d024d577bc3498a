import { DiscordjsErrorCodes } from 'discord.js';
import { AdapterError } from '../../src/errors.ts';

/** Close codes after which Discord takes no other connection until somebody has changed something. */
const fatalCloses: Readonly<Record<number, string | undefined>> = {
  4004: 'Discord refuses the bot token. Copy it again from the Developer Portal (your application, Bot, Reset Token) into DISCORD_TOKEN.',
  4012: 'Discord takes version 10 of its gateway no more. Update Parley.',
  4013:
    'Discord does not know one of the gateway intents. Update Parley; until then discord.messageContentIntent: false in parley.yaml asks ' +
    'for fewer of them.',
  4014:
    'Discord refuses the Message Content intent. Switch it on in the Developer Portal (your application, Bot, Privileged Gateway Intents), ' +
    'or set discord.messageContentIntent to false in parley.yaml: mentions, replies that ping and direct messages work without it.',
};

/** Close codes that say that the bot is to be split into another number of shards: Discord says which when it is asked. */
export const wrongShards: ReadonlySet<number> = new Set([4010, 4011]);

/** Discord has refused a number of shards and names it again. */
export function shardsRefused(count: number): AdapterError {
  const shards = count === 1 ? '1 shard' : `${count} shards`;
  return new AdapterError(
    `Discord refuses the ${shards} that it recommends for this bot (close code 4010 or 4011). Restart Parley in a while, and check that ` +
      'DISCORD_TOKEN is that of the right application; if that does not help, only the support of Discord can.',
  );
}

/** Undefined where reconnecting may help. */
export function fatalClose(code: number): AdapterError | undefined {
  const message = fatalCloses[code];
  return message === undefined ? undefined : new AdapterError(message);
}

/** Undefined where logging in again may help. */
export function fatalLogin(error: unknown): AdapterError | undefined {
  if (error instanceof AdapterError) return error;
  const { code, status } = error instanceof Error ? (error as { code?: unknown; status?: unknown }) : {}; // of the SDK
  return code === DiscordjsErrorCodes.TokenInvalid || status === 401 ? fatalClose(4004) : undefined;
}

/** Close codes that say that the session is gone. */
export const sessionLost: ReadonlySet<number> = new Set([4007, 4009]);
