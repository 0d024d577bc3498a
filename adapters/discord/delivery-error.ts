import { DiscordAPIError, HTTPError } from 'discord.js';
import { DeliveryError, describeError } from '../../src/errors.ts';
import { isRecord } from './record.ts';

/** Discord's JSON error codes that something depends on. */
export const unknownMessage = 10008;
/** Too many edits of messages that are older than an hour. */
export const tooManyOldEdits = 30046;
export const archivedThread = 50083;
export const lockedThread = 160005;
export const invalidForm = 50035;

/** The JSON error code that Discord refused a call with; undefined where it did not refuse. */
export function refusalCode(error: unknown): number | undefined {
  return error instanceof DiscordAPIError && typeof error.code === 'number' ? error.code : undefined;
}

/** The code that Discord refused a delivery with, or 401 for the bot itself; undefined where it did not refuse. */
export function deliveryCode({ cause }: DeliveryError): number | undefined {
  return isRecord(cause) && typeof cause['code'] === 'number' ? cause['code'] : undefined;
}

/**
 * What an error of the SDK means for the delivery: whether to try again, when, and whether the platform may have done it all
 * the same. The SDK's errors about a request carry that request, and with it what people wrote: they are not kept as the cause.
 */
export function toDeliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  if (error instanceof DiscordAPIError) return refused(error);
  if (error instanceof HTTPError) {
    return new DeliveryError({ message: `Discord answered with HTTP ${error.status}.`, retryable: true, uncertain: true });
  }
  const uncertain = !neverSent.has(connectionCode(error));
  return new DeliveryError({
    message: `Discord could not be reached: ${describeError(error)}`,
    retryable: true,
    uncertain,
    cause: error,
  });
}

/** Failures to connect: no byte of the request can have arrived. */
const neverSent: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function connectionCode(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** Codes that pass by themselves: channel write limit, too many edits of an old message, overload. */
const passing: ReadonlySet<number> = new Set([20016, 20028, 20029, 30046, 40062, 40333, 130000]);

const advice: Readonly<Record<number, string | undefined>> = {
  10003: 'The channel is gone, or the bot is no longer a member of its server: nothing to do unless it should be invited again.',
  10008: 'The message is gone.',
  20026: 'Discord has restricted the bot: see the Developer Portal.',
  40001: 'Set DISCORD_TOKEN to the bot token from the Developer Portal (your application, Bot).',
  50001: 'Give the bot the permission View Channel in this channel, or invite it again.',
  50007: 'The person takes no direct messages from this server, or has blocked the bot.',
  50008: 'The channel takes no text.',
  50013: 'Give the bot Send Messages, Send Messages in Threads and Read Message History in this channel.',
  50083: 'The thread is archived: reopen it.',
  160005: 'The thread is locked: unlock it, or give the bot Manage Threads.',
};

function refused(error: DiscordAPIError): DeliveryError {
  const code = refusalCode(error) ?? 0;
  if (error.status === 401) {
    const message =
      'Discord refuses the bot token. Set DISCORD_TOKEN to the one in the Developer Portal (your application, Bot).';
    return new DeliveryError({ message, retryable: false, uncertain: false, cause: { code: 401 } });
  }
  const retryable = passing.has(code) || error.status === 408 || error.status === 429;
  const help = advice[code];
  const message = `Discord refused: ${error.message} (${code}).${help === undefined ? '' : ` ${help}`}`;
  return new DeliveryError({ message, retryable, uncertain: false, cause: { code } });
}
