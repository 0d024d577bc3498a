import type { FoundMessage } from '../../src/adapter.ts';
import type { OutboundMessage } from '../../src/message.ts';
import type { SlackCaller, SlackPlace, SlackResult } from './client.ts';
import { isTs, parseDestination, parseMessageEventId, toMillis, toTs } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { platformErrorOf, toDeliveryError } from './failure.ts';
import { toReceipt } from './limits.ts';
import { isRecord } from './receive.ts';
import { metadataType } from './send.ts';

export interface FinderOptions {
  readonly slack: SlackCaller;
  /** Who the bot is there; asks Slack where that is not known yet. */
  readonly identity: (place: SlackPlace, signal: AbortSignal) => Promise<{ readonly userId: string; readonly botId: string }>;
}

/** Slack gives some apps 15 at most, whatever is asked for. */
const pageSize = 200;
const maxPages = 30;
/** An answer covers what was said while a first attempt at it ran: the stream of that may be older than the newest question. */
const lookBackMs = 15 * 60_000;

/**
 * Looks in the thread for the message that carries the id. Failing that, the first part of an answer may have been left as a stream
 * that was never completed: of the bot's own messages the newest that was streamed and bears no id.
 */
export function createFinder({ slack, identity }: FinderOptions) {
  return async function find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> {
    const destination = parseDestination(message.destination);
    if (!destination) return undefined;
    const { channel, threadTs } = destination;
    const method = threadTs === undefined ? 'conversations.history' : 'conversations.replies';
    let orphan: string | undefined;
    try {
      const bot = await identity(message, signal);
      let cursor = '';
      for (let page = 0; page < maxPages; page += 1) {
        const answer = await slack.of(message).call(method, toQuery(message, destination, cursor), signal);
        for (const entry of messagesOf(answer)) {
          const oid = oidOf(entry);
          if (oid === message.id) return { receipt: toReceipt(channel, entry.ts), complete: true };
          // An answer that came later ends the search for what an earlier one has left: turns follow each other.
          if (oid !== undefined) orphan = undefined;
          const isOwn = entry['user'] === bot.userId || entry['bot_id'] === bot.botId;
          if (message.part === 0 && oid === undefined && isOwn && entry['streaming_state'] !== undefined) orphan = entry.ts;
        }
        cursor = nextCursor(answer);
        if (cursor === '') break;
      }
    } catch (error) {
      if (platformErrorOf(error) === 'thread_not_found') return undefined;
      throw toDeliveryError(error, { method, opened: true });
    }
    return orphan === undefined ? undefined : { receipt: toReceipt(channel, orphan), complete: false };
  };
}

function toQuery(message: OutboundMessage, { channel, threadTs }: SlackDestination, cursor: string) {
  return {
    channel,
    ...(threadTs === undefined ? {} : { ts: threadTs }),
    oldest: oldestOf(message),
    limit: pageSize,
    include_all_metadata: true,
    ...(cursor === '' ? {} : { cursor }),
  };
}

function oldestOf({ inReplyTo, createdAt }: OutboundMessage): string {
  const question = parseMessageEventId(inReplyTo);
  return toTs((question ? toMillis(question.ts) : createdAt) - lookBackMs);
}

type Entry = SlackResult & { readonly ts: string };

/** Slack puts the root of the thread before the replies, however old it is. */
function messagesOf({ messages }: SlackResult): Entry[] {
  if (!Array.isArray(messages)) return [];
  return messages.filter((entry: unknown): entry is Entry => isRecord(entry) && isTs(entry['ts']));
}

function oidOf({ metadata }: Entry): unknown {
  if (!isRecord(metadata) || metadata['event_type'] !== metadataType || !isRecord(metadata['event_payload'])) return undefined;
  return metadata['event_payload']['oid'];
}

function nextCursor({ response_metadata: metadata }: SlackResult): string {
  const cursor = isRecord(metadata) ? metadata['next_cursor'] : undefined;
  return typeof cursor === 'string' ? cursor : '';
}
