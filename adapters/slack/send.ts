import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import type { SlackCaller } from './client.ts';
import { openDirect } from './direct.ts';
import { isTs, parseDestination, peopleOf } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, rateLimitOf, toDeliveryError } from './failure.ts';
import type { Sighting } from './find.ts';
import { neutralise } from './format.ts';
import type { Past } from './past.ts';
import { createLeftovers } from './leftovers.ts';
import type { Leftovers } from './leftovers.ts';
import { toReceipt } from './limits.ts';
import { toMetadata } from './metadata.ts';
import type { Segment } from './segment.ts';
import type { Sessions } from './sessions.ts';
import type { Status } from './status.ts';
import { toContent } from './stream.ts';
import type { LiveStream } from './stream.ts';
import type { Streams } from './streams.ts';
import type { TaskChunk } from './tasks.ts';

export interface SenderOptions {
  readonly slack: SlackCaller;
  readonly streams: Streams;
  readonly look: (message: OutboundMessage, signal: AbortSignal) => Promise<Sighting>;
  readonly sessions: Pick<Sessions, 'end' | 'ended' | 'statusAtEnd'> | undefined;
  readonly status: Pick<Status, 'clear'>;
  readonly past: Past;
  /** Whether Slack shows previews of what is linked to. */
  readonly unfurl: boolean;
}

export interface Sender {
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined>;
  remove(message: OutboundMessage, receipt: Receipt, signal: AbortSignal): Promise<void>;
}

/**
 * One message, whatever has been shown of it already: nothing (post it), a stream that this process holds (add the rest and stop it), or
 * something that a crash or a lost answer left behind (stop it, and write the whole text over it). With the last part goes what streams have
 * shown beyond it.
 */
export function createSender(options: SenderOptions): Sender {
  const { slack, streams, sessions, status, unfurl } = options;
  const leftovers = createLeftovers(options);

  /** The answer stands there, or never will. */
  async function settle(message: OutboundMessage, signal: AbortSignal): Promise<void> {
    streams.forget(message);
    await sessions?.end(message);
    await status.clear(message.destination, signal);
  }

  function toJob(message: OutboundMessage, destination: SlackDestination, signal: AbortSignal): Job {
    const isLast = message.part === message.parts - 1;
    return {
      ...{ slack: slack.of(message), message, destination, unfurl, signal },
      text: neutralise(message.text, peopleOf(destination)),
      tasks: isLast ? (streams.of(message)?.closingTasks() ?? []) : [],
      sessionStatus: isLast ? sessions?.statusAtEnd(message.destination) : undefined,
      onSessionEnded: () => sessions?.ended(message.destination),
    };
  }

  async function sendNow(message: OutboundMessage, signal: AbortSignal): Promise<Receipt> {
    const given = parseDestination(message.destination);
    const destination = given && (await openDirect(slack, given, signal));
    if (!destination) {
      throw new DeliveryError({ message: 'The message has no Slack channel to go to.', retryable: false, uncertain: false });
    }
    const receipt = await deliver(toJob(message, destination, signal), { stream: streams.of(message), leftovers });
    if (message.part < message.parts - 1) return receipt;
    for (const ts of await leftovers.surplus(message, signal)) {
      await remove(slack.of(message), toReceipt(destination.channel, ts), signal);
    }
    await settle(message, signal);
    return receipt;
  }

  return {
    send: async (message, signal) => {
      try {
        return await sendNow(message, signal);
      } catch (error) {
        if (error instanceof DeliveryError && !error.retryable) await settle(message, signal);
        throw error;
      }
    },
    find: async (message, signal) => {
      const { channel, own, left } = await leftovers.look(message, signal);
      if (own === undefined) return left[0] === undefined ? undefined : { receipt: toReceipt(channel, left[0]), complete: false };
      if (message.part === message.parts - 1) {
        for (const ts of left) await remove(slack.of(message), toReceipt(channel, ts), signal);
        await settle(message, signal);
      }
      return { receipt: toReceipt(channel, own), complete: true };
    },
    remove: (message, receipt, signal) => remove(slack.of(message), receipt, signal),
  };
}

interface Shown {
  readonly stream: LiveStream | undefined;
  readonly leftovers: Leftovers;
}

async function deliver(job: Job, { stream, leftovers }: Shown): Promise<Receipt> {
  const { message, signal } = job;
  if (job.destination.ephemeral) return whisper(job);
  const held = stream?.segments[message.part];
  const opened = message.opened?.id ?? held?.ts;
  if (opened !== undefined) {
    const own = held?.ts === opened ? held : undefined;
    return (own && (await finish(job, own))) ?? complete(job, opened, own);
  }
  if (held?.standing !== 'unknown' && !leftovers.mayBe(message)) return post(job);
  const { own, left } = await leftovers.look(message, signal);
  if (own !== undefined) return toReceipt(job.destination.channel, own);
  return left[0] === undefined ? post(job) : complete(job, left[0], undefined);
}

interface Job {
  readonly slack: SlackCaller;
  readonly message: OutboundMessage;
  readonly destination: SlackDestination;
  readonly unfurl: boolean;
  /** As Slack is to get it. */
  readonly text: string;
  /** What the end of the stream is to tell of its steps, and of the session. */
  readonly tasks: readonly TaskChunk[];
  readonly sessionStatus: string | undefined;
  readonly onSessionEnded: () => void;
  readonly signal: AbortSignal;
}

async function post({ slack, message, destination, unfurl, text, signal }: Job): Promise<Receipt> {
  const method = 'chat.postMessage';
  const { channel, threadTs } = destination;
  const args = {
    channel,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    markdown_text: text,
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

/** For the eyes of who asked. Slack keeps no trace of it: there is nothing to look for, to change or to remove. */
async function whisper({ slack, destination, text, signal }: Job): Promise<Receipt> {
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

/** Ends the stream with what is missing; undefined where it does not show the beginning of the text any more, or did not take the end. */
async function finish(job: Job, segment: Segment): Promise<Receipt | undefined> {
  const { slack, message, destination, text, tasks, sessionStatus, signal } = job;
  if (segment.standing !== 'open' || segment.ts === undefined || !text.startsWith(segment.shown)) return undefined;
  const { channel } = destination;
  const rest = text.slice(segment.shown.length);
  const method = 'chat.stopStream';
  try {
    const session = sessionStatus === undefined ? {} : { session_status: sessionStatus };
    const args = { channel, ts: segment.ts, metadata: toMetadata(message), ...session, ...toContent({ piece: rest, tasks }) };
    await slack.call(method, args, signal);
    if (sessionStatus !== undefined) job.onSessionEnded();
    return toReceipt(channel, segment.ts);
  } catch (error) {
    if (rateLimitOf(error) !== undefined) throw toDeliveryError(error, { method, opened: true });
    segment.standing = platformErrorOf(error) === 'message_not_in_streaming_state' ? 'ended' : 'broken';
    return undefined;
  }
}

/** Writes the whole text over what stands there. */
async function complete(job: Job, ts: string, segment: Segment | undefined): Promise<Receipt> {
  const { slack, message, destination, text, signal } = job;
  const { channel } = destination;
  const hasEnded = segment?.standing === 'ended' || segment?.standing === 'stopped';
  if (!hasEnded) await stop(slack, { channel, ts }, signal);
  const method = 'chat.update';
  try {
    await slack.call(method, { channel, ts, markdown_text: text, metadata: toMetadata(message) }, signal);
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

function stillStreaming(cause: unknown): DeliveryError {
  const message = 'chat.update: the message is still streaming, and its stream could not be stopped.';
  return new DeliveryError({ message, retryable: true, uncertain: true, cause });
}
