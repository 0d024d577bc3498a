import type { FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { conversationOf, postChannels } from './conversation.ts';
import { toDeliveryError } from './delivery-error.ts';
import { findPost, openPost } from './copy-posts.ts';
import { isRecord, textOf } from './record.ts';
import type { Rest } from './rest.ts';
import { inNewThread } from './threads.ts';

interface Sending {
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined>;
}

interface Channel {
  readonly guildId: string;
  /** Whether it holds posts and nothing else. */
  readonly isForum: boolean;
}

/** Copies of answers stand in the thread that the first of them has opened: under a message of a channel, or as the post of a forum. */
export function withCopies(sender: Sending, { rest, userId }: { rest: Rest; userId: () => string | undefined }): Sending {
  async function look(message: OutboundMessage, signal: AbortSignal): Promise<Channel> {
    const channelId = message.destination['channelId'] ?? '';
    try {
      const channel = await rest.call({ method: 'GET', route: `/channels/${channelId}`, signal });
      if (!isRecord(channel)) throw new TypeError('Discord did not say what the channel is.');
      return { guildId: textOf(channel['guild_id']) ?? '', isForum: postChannels.has(channel['type']) };
    } catch (error) {
      throw toDeliveryError(error);
    }
  }

  function opened(message: OutboundMessage, { guildId }: Channel, receipt: Receipt): Receipt {
    const { conversationId } = conversationOf({ guildId, channelId: receipt.id });
    return {
      ...receipt,
      guildId,
      conversationId,
      name:
        message.text
          .split('\n', 1)[0]
          ?.replace(/\]\(\S*\)/, '')
          .replaceAll('[', '') ?? '',
    };
  }

  return {
    async send(message, signal) {
      if (message.thread !== 'opens') return sender.send(inThread(message), signal);
      const channel = await look(message, signal);
      if (!channel.isForum) return opened(message, channel, await sender.send(message, signal));
      return opened(message, channel, await openPost({ rest, message, signal }));
    },
    async find(message, signal) {
      if (message.thread !== 'opens') return sender.find(inThread(message), signal);
      const channel = await look(message, signal);
      const found = channel.isForum
        ? await findPost({ rest, message, guildId: channel.guildId, userId: userId(), signal })
        : await sender.find(message, signal);
      return found && { ...found, receipt: opened(message, channel, found.receipt) };
    },
  };
}

function inThread(message: OutboundMessage): OutboundMessage {
  const { thread, destination } = message;
  if (thread === undefined || thread === 'opens') return message;
  if (thread === 'lost') {
    const text = 'The message that opened the thread for this is not known: it could not be posted, or is too old.';
    throw new DeliveryError({ message: text, retryable: false, uncertain: false });
  }
  const { guildId = '', forum, name = '' } = thread;
  const place = { ...destination, guildId };
  if (forum === 'true') return { ...message, destination: { ...place, channelId: thread.id, channelType: '11' } };
  return { ...message, destination: inNewThread(place, { messageId: thread.id, text: name }) };
}
