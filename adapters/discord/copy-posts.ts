import type { FoundMessage } from '../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { toDeliveryError } from './delivery-error.ts';
import { isRecord, textOf } from './record.ts';
import type { Rest } from './rest.ts';
import { compareSnowflakes, toSnowflake } from './snowflake.ts';
import { archiveAfterMinutes, toThreadName } from './threads.ts';

interface Posting {
  readonly rest: Rest;
  readonly message: OutboundMessage;
  readonly signal: AbortSignal;
}

const clockSkewMs = 60_000;
const suppressEmbeds = 4;

/** The message begins a post of a forum or media channel, whose id is that of its thread. */
export async function openPost({ rest, message, signal }: Posting): Promise<Receipt> {
  const body = {
    name: nameOf(message),
    auto_archive_duration: archiveAfterMinutes,
    message: { content: message.text, allowed_mentions: { parse: [] }, flags: suppressEmbeds },
  };
  try {
    const post = await rest.call({ method: 'POST', route: `/channels/${channelOf(message)}/threads`, body, signal });
    const id = isRecord(post) ? textOf(post['id']) : undefined;
    if (id === undefined) throw new TypeError('Discord answered a new post without an id.');
    return toReceipt(id);
  } catch (error) {
    throw toDeliveryError(error);
  }
}

/** Posts bear no nonce: it is the bot's own, in that channel, younger than the answer, of this name, and begins with this text. */
export async function findPost(
  search: Posting & { readonly guildId: string; readonly userId: string | undefined },
): Promise<FoundMessage | undefined> {
  const { rest, message, guildId, userId, signal } = search;
  try {
    const answer = await rest.call({ method: 'GET', route: `/guilds/${guildId}/threads/active`, signal });
    const threads: unknown = isRecord(answer) ? answer['threads'] : undefined;
    const since = toSnowflake(message.createdAt - clockSkewMs);
    for (const thread of Array.isArray(threads) ? threads : []) {
      if (!isRecord(thread) || thread['parent_id'] !== channelOf(message) || thread['name'] !== nameOf(message)) continue;
      const id = textOf(thread['id']);
      if (id === undefined || (userId !== undefined && thread['owner_id'] !== userId) || compareSnowflakes(id, since) < 0)
        continue;
      const first = await rest.call({ method: 'GET', route: `/channels/${id}/messages/${id}`, signal });
      if (isRecord(first) && textOf(first['content'])?.trim() === message.text.trim())
        return { receipt: toReceipt(id), complete: true };
    }
    return undefined;
  } catch (error) {
    throw toDeliveryError(error);
  }
}

function nameOf({ text }: OutboundMessage): string {
  return toThreadName(
    text
      .split('\n', 1)[0]
      ?.replace(/\]\(\S*\)/, '')
      .replaceAll('[', '') ?? '',
  );
}

function channelOf({ destination }: OutboundMessage): string {
  return destination['channelId'] ?? '';
}

function toReceipt(id: string): Receipt {
  return { id, channelId: id, forum: 'true' };
}
