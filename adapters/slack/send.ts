import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { toButtonBlocks } from './buttons.ts';
import type { ButtonBlock, SlackButton } from './buttons.ts';
import type { SlackCaller } from './client.ts';
import { isTs, parseDestination, peopleOf } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, rateLimitOf, toDeliveryError } from './failure.ts';
import { neutralise } from './format.ts';
import { toReceipt } from './limits.ts';
import { isRecord } from './receive.ts';
import type { Responder } from './respond.ts';
import type { LiveStream } from './stream.ts';
import type { Streams } from './streams.ts';
import { announce, isNotThere, whisper } from './whisper.ts';

export interface SenderOptions {
  readonly slack: SlackCaller;
  readonly streams: Streams;
  readonly find: (message: OutboundMessage, signal: AbortSignal) => Promise<FoundMessage | undefined>;
  /** Whether Slack shows previews of what is linked to. */
  readonly unfurl: boolean;
  /** What stands under the last part of an answer. */
  readonly buttons: readonly SlackButton[];
  readonly responder: Responder;
}

export interface Sender {
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  remove(message: OutboundMessage, receipt: Receipt, signal: AbortSignal): Promise<void>;
}

/** Tells which message of ours it is: opaque, because every app in the channel can read it. */
export const metadataType = 'parley_reply';

/**
 * One message, whatever has been shown of it already: nothing (post it), a stream that this process holds (add the rest and stop it), or
 * something that a crash or a lost answer left behind (stop it, and write the whole text over it).
 */
export function createSender({ slack, streams, find, unfurl, buttons, responder }: SenderOptions): Sender {
  async function deliver(job: Job, stream: LiveStream | undefined): Promise<Receipt> {
    const { message, signal } = job;
    if (job.destination.ephemeral) {
      return whisper(job, {
        responder,
        direct: async (place) => post({ ...job, blocks: [], destination: await openDirect(job.slack, place, job.signal) }),
      });
    }
    const opened = message.opened?.id ?? stream?.ts;
    if (opened !== undefined) {
      const held = stream?.ts === opened ? stream : undefined;
      return (held && (await finish(job, held))) ?? complete(job, opened, held);
    }
    if (stream?.standing !== 'unknown') return job.destination.respond === undefined ? post(job) : postOrAnnounce(job);
    const found = await find(message, signal);
    if (found?.complete) return found.receipt;
    return found ? complete(job, found.receipt.id, undefined) : post(job);
  }

  async function postOrAnnounce(job: Job): Promise<Receipt> {
    try {
      return await post(job);
    } catch (error) {
      const receipt = isNotThere(error) ? await announce(job, responder) : undefined;
      if (!receipt) throw error;
      return receipt;
    }
  }

  return {
    send: async (message, signal) => {
      const given = parseDestination(message.destination);
      const destination = given && (await openDirect(slack, given, signal));
      if (!destination) {
        throw new DeliveryError({ message: 'The message has no Slack channel to go to.', retryable: false, uncertain: false });
      }
      const job = {
        slack: slack.of(message),
        message,
        destination,
        unfurl,
        text: neutralise(message.text, peopleOf(destination)),
        blocks: destination.direct ? [] : toButtonBlocks(message, buttons),
        signal,
      };
      const stream = streams.get(message.id);
      const receipt = await deliver(job, stream).catch((error: unknown) => {
        if (job.blocks.length === 0 || !refusesBlocks(error)) throw error;
        return deliver({ ...job, blocks: [] }, stream); // An answer without buttons is better than none.
      });
      streams.forget(message.id);
      return receipt;
    },
    remove: (message, receipt, signal) => remove(slack.of(message), receipt, signal),
  };
}

function refusesBlocks(error: unknown): boolean {
  const code = error instanceof DeliveryError ? platformErrorOf(error.cause) : undefined;
  return code !== undefined && /^(?:invalid_blocks|invalid_blocks_format|msg_blocks_too_long|block_mismatch)$/.test(code);
}

/** Slack makes the direct messages with a person at the first call, and names them at every other. */
export async function openDirect(
  slack: SlackCaller,
  destination: SlackDestination,
  signal: AbortSignal,
): Promise<SlackDestination> {
  if (!destination.direct || !/^[UW]/.test(destination.channel)) return destination;
  const method = 'conversations.open';
  try {
    const { channel } = await slack.call(method, { users: destination.channel }, signal);
    if (!isRecord(channel) || typeof channel['id'] !== 'string') throw new TypeError('it was answered without a channel');
    return { ...destination, channel: channel['id'] };
  } catch (error) {
    throw toDeliveryError(error, { method });
  }
}

interface Job {
  readonly slack: SlackCaller;
  readonly message: OutboundMessage;
  readonly destination: SlackDestination;
  readonly unfurl: boolean;
  /** As Slack is to get it. */
  readonly text: string;
  /** What stands under it. */
  readonly blocks: readonly ButtonBlock[];
  readonly signal: AbortSignal;
}

async function post({ slack, message, destination, unfurl, text, blocks, signal }: Job): Promise<Receipt> {
  const method = 'chat.postMessage';
  const { channel, threadTs } = destination;
  const args = {
    channel,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...toContent(text, blocks),
    metadata: toMetadata(message),
    unfurl_links: unfurl,
    unfurl_media: unfurl,
  };
  try {
    const { ts } = await slack.call(method, args, signal);
    if (!isTs(ts)) throw new TypeError('it was answered without a ts');
    return toReceipt(channel, ts);
  } catch (error) {
    throw toDeliveryError(error, { method });
  }
}

/** Slack takes Markdown by itself, or blocks and a text for where they cannot be shown: notifications and screen readers. */
function toContent(text: string, blocks: readonly ButtonBlock[]): Record<string, unknown> {
  if (blocks.length === 0) return { markdown_text: text };
  const summary = text.length > maxSummary ? `${text.slice(0, maxSummary).toWellFormed()}…` : text;
  return { text: summary, blocks: [{ type: 'markdown', text }, ...blocks] };
}

/** Slack cuts a `text` that is longer than it likes. */
const maxSummary = 3_000;

/** Ends the stream with what is missing; undefined where it does not show the beginning of the text any more, or did not take the end. */
async function finish(
  { slack, message, destination, text, blocks, signal }: Job,
  stream: LiveStream,
): Promise<Receipt | undefined> {
  if (stream.standing !== 'open' || stream.ts === undefined || !text.startsWith(stream.shown)) return undefined;
  const { channel } = destination;
  const rest = text.slice(stream.shown.length);
  const method = 'chat.stopStream';
  try {
    const under = blocks.length === 0 ? {} : { blocks };
    const args = { channel, ts: stream.ts, metadata: toMetadata(message), ...under };
    await slack.call(method, rest === '' ? args : { ...args, markdown_text: rest }, signal);
    return toReceipt(channel, stream.ts);
  } catch (error) {
    if (rateLimitOf(error) !== undefined) throw toDeliveryError(error, { method, opened: true });
    stream.standing = platformErrorOf(error) === 'message_not_in_streaming_state' ? 'ended' : 'broken';
    return undefined;
  }
}

/** Writes the whole text over what stands there. */
async function complete(job: Job, ts: string, stream: LiveStream | undefined): Promise<Receipt> {
  const { slack, message, destination, text, blocks, signal } = job;
  const { channel } = destination;
  const hasEnded = stream?.standing === 'ended';
  if (!hasEnded) await stop(slack, { channel, ts }, signal);
  const method = 'chat.update';
  try {
    await slack.call(method, { channel, ts, ...toContent(text, blocks), metadata: toMetadata(message) }, signal);
    return toReceipt(channel, ts);
  } catch (error) {
    const refusal = platformErrorOf(error);
    if (refusal === 'message_not_found') return post(job);
    if (refusal === 'cant_update_message' || refusal === 'edit_window_closed') return replace(job, ts);
    if (refusal === 'streaming_state_conflict' && !hasEnded) throw stillStreaming(error);
    if (refusal === 'streaming_state_conflict') return complete(job, ts, undefined); // Then it is to be stopped after all.
    throw toDeliveryError(error, { method, opened: true });
  }
}

/** For a message that can no longer be changed. Two answers are better than half of one, so the old one is taken away last. */
async function replace(job: Job, ts: string): Promise<Receipt> {
  const receipt = await post(job);
  await remove(job.slack, toReceipt(job.destination.channel, ts), job.signal).catch(() => undefined);
  return receipt;
}

/** A stream that is open takes no update. That it was not open is as good; any other trouble shows in the update itself. */
async function stop(slack: SlackCaller, message: { channel: string; ts: string }, signal: AbortSignal): Promise<void> {
  const method = 'chat.stopStream';
  try {
    await slack.call(method, message, signal);
  } catch (error) {
    if (rateLimitOf(error) !== undefined) throw toDeliveryError(error, { method, opened: true });
  }
}

async function remove(slack: SlackCaller, { id: ts, channel = '' }: Receipt, signal: AbortSignal): Promise<void> {
  const method = 'chat.delete';
  try {
    await slack.call(method, { channel, ts }, signal).catch(async (error: unknown) => {
      if (platformErrorOf(error) !== 'cant_delete_message') throw error;
      await stop(slack, { channel, ts }, signal); // It cannot be deleted while it streams.
      await slack.call(method, { channel, ts }, signal);
    });
  } catch (error) {
    if (platformErrorOf(error) !== 'message_not_found') throw toDeliveryError(error, { method });
  }
}

function toMetadata({ id }: OutboundMessage) {
  return { event_type: metadataType, event_payload: { oid: id } };
}

function stillStreaming(cause: unknown): DeliveryError {
  const message = 'chat.update: the message is still streaming, and its stream could not be stopped.';
  return new DeliveryError({ message, retryable: true, uncertain: true, cause });
}
