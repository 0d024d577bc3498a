import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { isTs } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, toDeliveryError } from './failure.ts';
import { toReceipt } from './limits.ts';
import type { Responder } from './respond.ts';

export interface WhisperJob {
  readonly slack: SlackCaller;
  readonly message: OutboundMessage;
  readonly destination: SlackDestination;
  /** As Slack is to get it. */
  readonly text: string;
  readonly signal: AbortSignal;
}

/** The bot is not there, or Slack does not say that there is such a place. */
const notThere = new Set(['not_in_channel', 'channel_not_found', 'user_not_in_channel']);

/**
 * For the eyes of who asked. Slack keeps no trace of it: there is nothing to look for, to change or to remove, and where it is not certain that it
 * arrived it is sent again. The answer to a command goes by the address that came with it, while that is good (30 minutes, 5 messages), then as
 * an ephemeral message of the bot, and where the bot is not in the channel as a direct message.
 */
export async function whisper(job: WhisperJob, { responder, direct }: Ways): Promise<Receipt> {
  const { message, destination, text, signal } = job;
  const { channel, userId, respond } = destination;
  if (respond === undefined || userId === undefined) return postEphemeral(job);
  const response = { place: { channel, userId }, content: toResponseContent(text), isPrivate: true };
  if (await responder.respond(respond, response, signal)) return toReceipt(channel, `response:${message.id}`);
  try {
    return await postEphemeral(job);
  } catch (error) {
    if (!isNotThere(error)) throw error;
    return direct({ channel: userId, userId, direct: true });
  }
}

export interface Ways {
  readonly responder: Responder;
  /** Posts it there. */
  readonly direct: (destination: SlackDestination) => Promise<Receipt>;
}

/**
 * The public answer to a command in a channel that the bot is not in. Nobody can look there for what may have arrived, so that is not sent again: it
 * becomes a dead letter.
 */
export async function announce(job: WhisperJob, responder: Responder): Promise<Receipt | undefined> {
  const { message, destination, text, signal } = job;
  const { channel, userId, respond } = destination;
  if (respond === undefined || userId === undefined) return undefined;
  const response = { place: { channel, userId }, content: toResponseContent(text), isPrivate: false };
  try {
    const isShown = await responder.respond(respond, response, signal);
    return isShown ? toReceipt(channel, `response:${message.id}`) : undefined;
  } catch (error) {
    if (!(error instanceof DeliveryError) || !error.uncertain) throw error;
    throw new DeliveryError({ message: error.message, retryable: false, uncertain: true, cause: error });
  }
}

export function isNotThere(error: unknown): boolean {
  const code = error instanceof DeliveryError ? platformErrorOf(error.cause) : undefined;
  return code !== undefined && notThere.has(code);
}

async function postEphemeral({ slack, destination, text, signal }: WhisperJob): Promise<Receipt> {
  const method = 'chat.postEphemeral';
  const { channel, threadTs, userId } = destination;
  const thread = threadTs === undefined ? {} : { thread_ts: threadTs };
  try {
    const { message_ts: ts } = await slack.call(method, { channel, user: userId, ...thread, markdown_text: text }, signal);
    if (!isTs(ts)) throw new TypeError('it was answered without a message_ts');
    return toReceipt(channel, ts);
  } catch (error) {
    throw toDeliveryError(error, { method });
  }
}

function toResponseContent(text: string) {
  return { text, blocks: [{ type: 'markdown', text }] };
}
