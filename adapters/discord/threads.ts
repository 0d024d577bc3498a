import type { Destination } from '../../src/message.ts';
import { channelTypes } from './conversation.ts';
import { refusalCode, unknownMessage } from './delivery-error.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

/** A thread that is to grow out of a message, whose id it will have. */
interface NewThread {
  readonly threadId: string;
  readonly parentId: string;
  readonly name: string;
}

const maxName = 90;
const maxKept = 5000;
/** A day: threads of which nobody thinks any more leave the list. */
export const archiveAfterMinutes = 1440;
const alreadyThere = 160004;
const unknownChannel = 10003;
/** No permission, a kind of channel without threads, too many active threads: the answer goes to the channel. */
const noThreadHere: ReadonlySet<unknown> = new Set([50013, 50024, 160006]);

/** In place of a destination in a channel: the thread that the answer opens, out of the question. */
export function inNewThread(
  { channelId = '', ...rest }: Destination,
  question: { messageId: string; text: string },
): Destination {
  const { replyTo: _, ...destination } = rest;
  const { messageId, text } = question;
  const channelType = String(channelTypes.publicThread);
  return { ...destination, channelId: messageId, channelType, threadParent: channelId, threadName: toThreadName(text) };
}

/** One line out of a question, without its quotations and its Markdown. */
export function toThreadName(text: string): string {
  const plain = text
    .replaceAll(/^>.*$/gm, ' ')
    .replaceAll(/[*_`~|#]+/g, ' ')
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  if (plain === '') return 'Question';
  if (plain.length <= maxName) return plain.toWellFormed();
  const cut = plain.slice(0, maxName);
  return `${cut.replace(/\s+\S*$/, '').toWellFormed()}…`;
}

/** The threads that answers open. Asking for one twice does no harm: Discord says that it is there. */
export class Threads {
  readonly #rest: Rest;
  readonly #opened = new Map<string, 'thread' | 'channel'>();

  constructor(rest: Rest) {
    this.#rest = rest;
  }

  /** The destination with its thread opened, or in the channel, as a reply, where none can be. Rejects with the SDK's error. */
  async open(destination: Destination, signal: AbortSignal): Promise<Destination> {
    const thread = parse(destination);
    if (!thread) return destination;
    const { threadId, parentId } = thread;
    const place = this.#opened.get(threadId) ?? (await this.#open(thread, signal));
    this.#keep(threadId, place);
    const { threadParent: _, threadName: __, ...plain } = destination;
    return place === 'thread' ? plain : { ...plain, channelId: parentId, channelType: '0', replyTo: threadId };
  }

  /** Where people look before the thread is there. */
  channelFor(destination: Destination): string | undefined {
    const thread = parse(destination);
    return thread && this.#opened.get(thread.threadId) !== 'thread' ? thread.parentId : destination['channelId'];
  }

  async #open({ threadId, parentId, name }: NewThread, signal: AbortSignal): Promise<'thread' | 'channel'> {
    const body = { name, auto_archive_duration: archiveAfterMinutes };
    try {
      await this.#rest.call({ method: 'POST', route: `/channels/${parentId}/messages/${threadId}/threads`, body, signal });
    } catch (error) {
      const code = refusalCode(error);
      if (noThreadHere.has(code)) return 'channel';
      // The thread of a question that was deleted stays.
      if (code === unknownMessage) return this.#look(threadId, signal);
      if (code !== alreadyThere) throw error;
    }
    return 'thread';
  }

  async #look(threadId: string, signal: AbortSignal): Promise<'thread' | 'channel'> {
    try {
      await this.#rest.call({ method: 'GET', route: `/channels/${threadId}`, signal });
      return 'thread';
    } catch (error) {
      if (refusalCode(error) !== unknownChannel) throw error;
      return 'channel';
    }
  }

  #keep(threadId: string, place: 'thread' | 'channel'): void {
    const [oldest] = this.#opened.keys();
    if (this.#opened.size >= maxKept && oldest !== undefined) this.#opened.delete(oldest);
    this.#opened.set(threadId, place);
  }
}

function parse({ channelId, threadParent, threadName }: Destination): NewThread | undefined {
  if (!isSnowflake(channelId) || !isSnowflake(threadParent)) return undefined;
  return { threadId: channelId, parentId: threadParent, name: threadName ?? 'Question' };
}
