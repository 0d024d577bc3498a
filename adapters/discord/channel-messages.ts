import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { compareSnowflakes, isSnowflake } from './snowflake.ts';

const pageSize = 100;

/** A message of the API as far as it is used here; all of it stays in `fields`. */
export interface ChannelMessage {
  readonly id: string;
  readonly authorId: string | undefined;
  readonly content: string;
  /** Discord promises it in the answer to a post and in the gateway's event only. */
  readonly nonce: string | undefined;
  readonly repliesTo: string | undefined;
  readonly fields: Fields;
}

export function parseChannelMessage(value: unknown): ChannelMessage | undefined {
  if (!isRecord(value) || !isSnowflake(value['id'])) return undefined;
  const { id, author, nonce, message_reference: reference } = value;
  return {
    id,
    authorId: isRecord(author) ? textOf(author['id']) : undefined,
    content: textOf(value['content']) ?? '',
    nonce: nonce === undefined || nonce === null ? undefined : (textOf(nonce) ?? JSON.stringify(nonce)),
    repliesTo: isRecord(reference) ? textOf(reference['message_id']) : undefined,
    fields: value,
  };
}

export interface MessageRange {
  readonly channelId: string;
  /** Only what is newer than this id. */
  readonly after: string;
  readonly maxPages: number;
  readonly signal: AbortSignal;
}

export interface MessagesAfter {
  /** Oldest first. */
  readonly messages: readonly ChannelMessage[];
  /** Whether the pages reached to the present. */
  readonly complete: boolean;
}

/** Reads a channel from a message on, oldest first, a bounded number of pages. Rejects with the SDK's error. */
export async function readMessagesAfter(rest: Rest, range: MessageRange): Promise<MessagesAfter> {
  const messages: ChannelMessage[] = [];
  let { after } = range;
  for (let page = 0; page < range.maxPages; page += 1) {
    const found = await readPage(rest, range, new URLSearchParams({ after, limit: String(pageSize) }));
    messages.push(...found);
    after = found.at(-1)?.id ?? after;
    if (found.length < pageSize) return { messages, complete: true };
  }
  return { messages, complete: false };
}

/** The newest page of a channel, oldest first. */
export function readNewest(rest: Rest, range: Pick<MessageRange, 'channelId' | 'signal'>): Promise<ChannelMessage[]> {
  return readPage(rest, range, new URLSearchParams({ limit: String(pageSize) }));
}

async function readPage(
  rest: Rest,
  range: Pick<MessageRange, 'channelId' | 'signal'>,
  query: URLSearchParams,
): Promise<ChannelMessage[]> {
  const answer = await rest.call({ method: 'GET', route: `/channels/${range.channelId}/messages`, query, signal: range.signal });
  return recordsOf(answer)
    .flatMap((value) => parseChannelMessage(value) ?? [])
    .toSorted((a, b) => compareSnowflakes(a.id, b.id));
}
