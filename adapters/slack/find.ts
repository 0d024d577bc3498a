import type { OutboundMessage } from '../../src/message.ts';
import type { SlackCaller, SlackPlace, SlackResult } from './client.ts';
import { isTs, parseDestination, parseMessageEventId, toMillis, toTs } from './conversation.ts';
import type { SlackDestination } from './conversation.ts';
import { openDirect } from './direct.ts';
import { platformErrorOf, toDeliveryError } from './failure.ts';
import { fileNameOf } from './answer-file.ts';
import { oidOf } from './metadata.ts';
import { isRecord } from './receive.ts';

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

/** What stands in the thread of an answer. */
export interface Sighting {
  /** Where was looked. */
  readonly channel: string;
  /** `ts` of the message that carries the id. */
  readonly own: string | undefined;
  /** Id of the file that has its name. */
  readonly file: string | undefined;
  /** Of a file that could not be shared, the messages that hold its text instead: `ts` by their id. */
  readonly pieces: ReadonlyMap<string, string>;
  /** Messages that streams have left behind, which bear no id, after the newest one that does: in order, the first parts first. */
  readonly orphans: readonly string[];
}

/**
 * Looks in the thread for the message that carries the id. Failing that, a stream may have left messages that were never completed: of the
 * bot's own the ones that were streamed and bear no id. An answer that came later ends the search for what an earlier one has left, as turns
 * follow each other; and later parts find theirs behind an earlier one of the same answer.
 */
export function createFinder({ slack, identity }: FinderOptions) {
  return async function look(message: OutboundMessage, signal: AbortSignal): Promise<Sighting> {
    const given = parseDestination(message.destination);
    if (!given || given.ephemeral) return nothing;
    const destination = await openDirect(slack, given, signal);
    const method = destination.threadTs === undefined ? 'conversations.history' : 'conversations.replies';
    const asked = parseMessageEventId(message.inReplyTo)?.ts ?? '0';
    let mayAdopt = message.part === 0;
    let own: string | undefined;
    let orphans: string[] = [];
    let file: string | undefined;
    const pieces = new Map<string, string>();
    const name = fileNameOf(message);
    try {
      const bot = await identity(message, signal);
      for await (const entry of pages({ caller: slack.of(message), method, message, destination }, signal)) {
        const oid = oidOf(entry['metadata']);
        if (oid === message.id) own = entry.ts;
        if (typeof oid === 'string' && oid.startsWith(`${message.id}-`)) pieces.set(oid, entry.ts);
        if (oid !== undefined) {
          orphans = [];
          mayAdopt ||= Number(entry.ts) > Number(asked);
        }
        const isOwn = entry['user'] === bot.userId || entry['bot_id'] === bot.botId;
        if (isOwn) file ??= fileIn(entry, name);
        if (mayAdopt && oid === undefined && isOwn && entry['streaming_state'] !== undefined) orphans.push(entry.ts);
      }
    } catch (error) {
      if (platformErrorOf(error) === 'thread_not_found') return nothing;
      throw toDeliveryError(error, { method, opened: true });
    }
    return { channel: destination.channel, own, file, pieces, orphans };
  };
}

const nothing: Sighting = { channel: '', own: undefined, file: undefined, pieces: new Map(), orphans: [] };

interface Search {
  readonly caller: SlackCaller;
  readonly method: string;
  readonly message: OutboundMessage;
  readonly destination: SlackDestination;
}

async function* pages({ caller, method, message, destination }: Search, signal: AbortSignal): AsyncGenerator<Entry> {
  let cursor = '';
  for (let page = 0; page < maxPages; page += 1) {
    const answer = await caller.call(method, toQuery(message, destination, cursor), signal);
    yield* messagesOf(answer);
    cursor = nextCursor(answer);
    if (cursor === '') return;
  }
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

/** The id of the file of this name that the message holds. */
function fileIn({ files }: Entry, name: string): string | undefined {
  const found: unknown = Array.isArray(files)
    ? files.find((file: unknown) => isRecord(file) && file['name'] === name)
    : undefined;
  return isRecord(found) && typeof found['id'] === 'string' ? found['id'] : undefined;
}

/** Slack puts the root of the thread before the replies, however old it is. */
function messagesOf({ messages }: SlackResult): Entry[] {
  if (!Array.isArray(messages)) return [];
  return messages.filter((entry: unknown): entry is Entry => isRecord(entry) && isTs(entry['ts']));
}

function nextCursor({ response_metadata: metadata }: SlackResult): string {
  const cursor = isRecord(metadata) ? metadata['next_cursor'] : undefined;
  return typeof cursor === 'string' ? cursor : '';
}
