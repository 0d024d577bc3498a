import type { OutboundMessage } from '../../src/message.ts';
import { readMessagesAfter } from './channel-messages.ts';
import type { ChannelMessage } from './channel-messages.ts';
import { parseDestination, questionOf } from './conversation.ts';
import { isRecord, textOf } from './record.ts';
import type { Rest } from './rest.ts';
import { compareSnowflakes, toSnowflake } from './snowflake.ts';

export interface Search {
  readonly rest: Rest;
  readonly message: OutboundMessage;
  /** The bot's own user id, if it is known. */
  readonly userId: string | undefined;
  readonly signal: AbortSignal;
}

/** The clocks of the platform and of this machine may differ by this much. */
const clockSkewMs = 60_000;
const maxPages = 5;

/**
 * The bot's message in the channel that an earlier attempt at sending `message` has left there.
 *
 * The nonce decides where history shows it. Discord promises nonces in the answer to a post and in the gateway's event, and says
 * nothing about history, so there are two more marks. The first part of an answer is a reply to the question, and the bot replies
 * to a question once: that finds a message which a stream had only begun, too. The later parts are known by their whole text; as
 * an earlier answer may say the same, only where they can stand: behind the part before them, and not before the commit.
 *
 * An answer is younger than its question, and that is where the search for its first part starts; a stream may have opened the
 * message long before the answer was committed. Where too much has been said since the question, it goes on from the commit.
 * Rejects with the SDK's error.
 */
export async function findMessage(search: Search): Promise<ChannelMessage | undefined> {
  const { rest, message, signal } = search;
  const { channelId } = parseDestination(message.destination) ?? {};
  const replyTo = questionOf(message);
  if (channelId === undefined) return undefined;
  const sinceCommit = toSnowflake(message.createdAt - clockSkewMs);
  const userId = search.userId ?? (await ownId(rest, signal));
  const wanted = { message, userId, replyTo: message.part === 0 ? replyTo : undefined, sinceCommit };
  const start = message.after?.id ?? replyTo ?? sinceCommit;
  const first = await readMessagesAfter(rest, { channelId, after: start, maxPages, signal });
  const found = pick(first.messages, wanted);
  if (found || first.complete) return found;
  const last = first.messages.at(-1)?.id ?? sinceCommit;
  const after = compareSnowflakes(last, sinceCommit) > 0 ? last : sinceCommit;
  const second = await readMessagesAfter(rest, { channelId, after, maxPages, signal });
  return pick(second.messages, wanted);
}

/** Whether two texts are one message: Discord trims what it is given, and drops characters that it does not like to show. */
export function sameText(a: string, b: string): boolean {
  return a === b || bare(a) === bare(b);
}

function bare(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, '');
}

interface Wanted {
  readonly message: OutboundMessage;
  readonly userId: string | undefined;
  readonly replyTo: string | undefined;
  /** No message that the commit was followed by has a smaller id. */
  readonly sinceCommit: string;
}

/** The best match: by nonce before anything else. */
function pick(
  messages: readonly ChannelMessage[],
  { message, userId, replyTo, sinceCommit }: Wanted,
): ChannelMessage | undefined {
  const own = messages.filter(({ authorId }) => authorId !== undefined && authorId === userId);
  const byNonce = own.find(({ nonce }) => nonce === message.id || nonce === `${message.id}r`);
  if (byNonce) return byNonce;
  const unnamed = own.filter(({ nonce }) => nonce === undefined);
  const reply = replyTo === undefined ? undefined : unnamed.find(({ repliesTo }) => repliesTo === replyTo);
  // What replies to another question is another answer, even if it says the same.
  const isLikely = ({ id, repliesTo }: ChannelMessage): boolean =>
    repliesTo === undefined && (message.after !== undefined || compareSnowflakes(id, sinceCommit) > 0);
  return reply ?? unnamed.find((found) => isLikely(found) && sameText(found.content, message.text));
}

async function ownId(rest: Rest, signal: AbortSignal): Promise<string | undefined> {
  const user = await rest.call({ method: 'GET', route: '/users/@me', signal });
  return isRecord(user) ? textOf(user['id']) : undefined;
}
