import type { FoundMessage } from '../../src/adapter.ts';
import { isEndOfMessages, isFile, isSeveral, toFileReceipt, toPiecesReceipt } from './answer-file.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { toButtonBlocks } from './buttons.ts';
import type { ButtonBlock, SlackButton } from './buttons.ts';
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
import { toMessageContent } from './message-content.ts';
import { toMetadata } from './metadata.ts';
import type { Responder } from './respond.ts';
import type { Segment } from './segment.ts';
import { sendFile } from './send-file.ts';
import type { Sessions } from './sessions.ts';
import type { Status } from './status.ts';
import { toContent } from './stream.ts';
import type { LiveStream } from './stream.ts';
import type { Streams } from './streams.ts';
import { remove, removeReplaced, stop } from './take-away.ts';
import type { TaskChunk } from './tasks.ts';
import type { ShareFile } from './upload.ts';
import { announce, isNotThere, whisper } from './whisper.ts';

export interface SenderOptions {
  readonly slack: SlackCaller;
  readonly streams: Streams;
  readonly look: (message: OutboundMessage, signal: AbortSignal) => Promise<Sighting>;
  readonly sessions: Pick<Sessions, 'end' | 'ended' | 'statusAtEnd'> | undefined;
  readonly status: Pick<Status, 'clear'>;
  readonly past: Past;
  /** Whether Slack shows previews of what is linked to. */
  readonly unfurl: boolean;
  /** What stands under the last part of an answer. */
  readonly buttons: readonly SlackButton[];
  readonly responder: Responder;
  readonly share: ShareFile;
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
  const { slack, streams, sessions, status, responder, share } = options;
  const toJob = createJobs(options);
  const leftovers = createLeftovers(options);

  /** The answer stands there, or never will. */
  async function settle(message: OutboundMessage, signal: AbortSignal): Promise<void> {
    streams.forget(message);
    await sessions?.end(message);
    await status.clear(message.destination, signal);
  }

  async function sendNow(message: OutboundMessage, signal: AbortSignal): Promise<Receipt> {
    const given = parseDestination(message.destination);
    const destination = given && (await openDirect(slack, given, signal));
    if (!destination) {
      throw new DeliveryError({ message: 'The message has no Slack channel to go to.', retryable: false, uncertain: false });
    }
    const job = toJob(message, destination, signal);
    const shown = { stream: streams.of(message), leftovers, responder, share };
    const receipt = await deliver(job, shown).catch((error: unknown) => {
      if (job.blocks.length === 0 || !refusesBlocks(error)) throw error;
      return deliver({ ...job, blocks: [] }, shown); // An answer without buttons is better than none.
    });
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
      const sighting = await leftovers.look(message, signal);
      const { channel, left } = sighting;
      const receipt = ownIn(sighting);
      if (!receipt) return left[0] === undefined ? undefined : { receipt: toReceipt(channel, left[0]), complete: false };
      if (message.replaces && (isSeveral(message.replaces) || isSeveral(receipt))) {
        await removeReplaced(slack.of(message), { replaced: message.replaces, receipt }, signal);
      }
      if (message.part === message.parts - 1) {
        for (const ts of left) await remove(slack.of(message), toReceipt(channel, ts), signal);
        await settle(message, signal);
      }
      return { receipt, complete: true };
    },
    remove: (message, receipt, signal) => remove(slack.of(message), receipt, signal),
  };
}

interface Shown {
  readonly stream: LiveStream | undefined;
  readonly leftovers: Leftovers;
  readonly responder: Responder;
  readonly share: ShareFile;
}

function refusesBlocks(error: unknown): boolean {
  const code = error instanceof DeliveryError ? platformErrorOf(error.cause) : undefined;
  return code !== undefined && /^(?:invalid_blocks|invalid_blocks_format|msg_blocks_too_long|block_mismatch)$/.test(code);
}

async function deliver(job: Job, { stream, leftovers, responder, share }: Shown): Promise<Receipt> {
  const { message, signal } = job;
  if (job.destination.ephemeral) {
    return whisper(job, {
      responder,
      direct: async (place) => post({ ...job, blocks: [], destination: await openDirect(job.slack, place, job.signal) }),
    });
  }
  const { replaces: replaced } = message;
  if (isFile(message) || (replaced && isSeveral(replaced))) {
    const receipt = isFile(message) ? await shareOrPost(job, { share, leftovers, responder }) : await post(job);
    if (replaced) await removeReplaced(job.slack, { replaced, receipt }, signal);
    return receipt;
  }
  const held = stream?.segments[message.part];
  const opened = message.opened?.id ?? held?.ts;
  if (opened !== undefined) {
    const own = held?.ts === opened ? held : undefined;
    return (own && (await finish(job, own))) ?? complete(job, opened, own);
  }
  if (held?.standing !== 'unknown' && !leftovers.mayBe(message)) return postOrAnnounce(job, responder);
  const { own, left } = await leftovers.look(message, signal);
  if (own !== undefined) return toReceipt(job.destination.channel, own);
  return left[0] === undefined ? post(job) : complete(job, left[0], undefined);
}

function shareOrPost(job: Job, { share, leftovers, responder }: Omit<Shown, 'stream'>): Promise<Receipt> {
  const { message, destination } = job;
  const one = async (text: string, id: string): Promise<string> => {
    const piece = { ...job, blocks: [], message: { ...message, id }, text: neutralise(text, peopleOf(destination)) };
    return (await postOrAnnounce(piece, responder)).id;
  };
  return sendFile(job, { share, look: leftovers.look, post: one });
}

/** What stands there of this part; undefined where it is not all of it. */
function ownIn({ channel, own, file, pieces }: Sighting): Receipt | undefined {
  if (file !== undefined) return toFileReceipt(channel, file);
  if (own === undefined) return undefined;
  return pieces.size === 0 ? toReceipt(channel, own) : toPiecesReceipt(channel, [...pieces.values(), own]);
}

async function postOrAnnounce(job: Job, responder: Responder): Promise<Receipt> {
  if (job.destination.respond === undefined) return post(job);
  try {
    return await post(job);
  } catch (error) {
    const receipt = isNotThere(error) ? await announce(job, responder) : undefined;
    if (!receipt) throw error;
    return receipt;
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
  /** What stands there is an earlier answer, and no stream. */
  readonly isRevised: boolean;
  /** What the end of the stream is to tell of its steps, and of the session. */
  readonly tasks: readonly TaskChunk[];
  readonly sessionStatus: string | undefined;
  readonly onSessionEnded: () => void;
  readonly signal: AbortSignal;
}

function createJobs({ slack, streams, sessions, unfurl, buttons }: SenderOptions) {
  return (message: OutboundMessage, destination: SlackDestination, signal: AbortSignal): Job => {
    const isLast = isEndOfMessages(message);
    return {
      ...{ slack: slack.of(message), message, destination, unfurl, signal },
      text: neutralise(message.text, peopleOf(destination)),
      // Under a copy nobody has asked anything.
      blocks: destination.direct || message.thread !== undefined ? [] : toButtonBlocks(message, buttons),
      isRevised: message.replaces !== undefined,
      tasks: isLast ? (streams.of(message)?.closingTasks() ?? []) : [],
      sessionStatus: isLast ? sessions?.statusAtEnd(message.destination) : undefined,
      onSessionEnded: () => sessions?.ended(message.destination),
    };
  };
}

async function post({ slack, message, destination, unfurl, text, blocks, signal }: Job): Promise<Receipt> {
  const method = 'chat.postMessage';
  const { channel, threadTs } = destination;
  const args = {
    channel,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...toMessageContent(text, blocks),
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

/** Ends the stream with what is missing; undefined where it does not show the beginning of the text any more, or did not take the end. */
async function finish(job: Job, segment: Segment): Promise<Receipt | undefined> {
  const { slack, message, destination, text, blocks, tasks, sessionStatus, signal } = job;
  if (segment.standing !== 'open' || segment.ts === undefined || !text.startsWith(segment.shown)) return undefined;
  const { channel } = destination;
  const rest = text.slice(segment.shown.length);
  const method = 'chat.stopStream';
  try {
    const session = sessionStatus === undefined ? {} : { session_status: sessionStatus };
    const under = blocks.length === 0 ? {} : { blocks };
    const end = { ...session, ...under, ...toContent({ piece: rest, tasks }) };
    const args = { channel, ts: segment.ts, metadata: toMetadata(message), ...end };
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
  const { slack, message, destination, text, blocks, isRevised, signal } = job;
  const { channel } = destination;
  const hasEnded = isRevised || segment?.standing === 'ended' || segment?.standing === 'stopped';
  if (!hasEnded) await stop(slack, { channel, ts }, signal);
  const method = 'chat.update';
  try {
    const content = toMessageContent(text, blocks, isRevised);
    await slack.call(method, { channel, ts, ...content, metadata: toMetadata(message) }, signal);
    return toReceipt(channel, ts);
  } catch (error) {
    const refusal = platformErrorOf(error);
    if (refusal === 'message_not_found') return post(job);
    if (refusal === 'cant_update_message' || refusal === 'edit_window_closed') return replace(job, ts);
    if (refusal === 'streaming_state_conflict' && !hasEnded) throw stillStreaming(error);
    if (refusal === 'streaming_state_conflict') return complete({ ...job, isRevised: false }, ts, undefined); // Then it is to be stopped after all.
    throw toDeliveryError(error, { method, opened: true });
  }
}

/** For a message that can no longer be changed. Two answers are better than half of one, so the old one is taken away last. */
async function replace(job: Job, ts: string): Promise<Receipt> {
  const receipt = await post(job);
  await remove(job.slack, toReceipt(job.destination.channel, ts), job.signal).catch(() => undefined);
  return receipt;
}

function stillStreaming(cause: unknown): DeliveryError {
  const message = 'chat.update: the message is still streaming, and its stream could not be stopped.';
  return new DeliveryError({ message, retryable: true, uncertain: true, cause });
}
