import { DiscordjsErrorCodes } from 'discord.js';
import { AdapterError } from '../../src/errors.ts';

/** Close codes after which Discord takes no other connection until somebody has changed something. */
const fatalCloses: Readonly<Record<number, string | undefined>> = {
  4004: 'Discord refuses the bot token. Copy it again from the Developer Portal (your application, Bot, Reset Token) into DISCORD_TOKEN.',
  4010: 'Discord refuses the shard number of this process.',
  4011: 'Discord wants the bot to be split into more shards than it has. Restart Parley: it asks for the right number at each start.',
  4012: 'Discord takes version 10 of its gateway no more. Update Parley.',
  4013: 'Discord does not know one of the gateway intents. Update Parley.',
  4014:
    'Discord refuses the Message Content intent. Switch it on in the Developer Portal (your application, Bot, Privileged Gateway Intents), ' +
    'or set discord.messageContentIntent to false in parley.yaml: mentions, replies that ping and direct messages work without it.',
};

/** Undefined where reconnecting may help. */
export function fatalClose(code: number): AdapterError | undefined {
  const message = fatalCloses[code];
  return message === undefined ? undefined : new AdapterError(message);
}

/** Undefined where logging in again may help. */
export function fatalLogin(error: unknown): AdapterError | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === DiscordjsErrorCodes.TokenInvalid ? fatalClose(4004) : undefined;
}

/** Close codes that say that the session is gone. */
export const sessionLost: ReadonlySet<number> = new Set([4007, 4009]);
