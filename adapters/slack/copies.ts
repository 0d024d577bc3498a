import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { DeliveryError } from '../../src/errors.ts';
import { toThreadConversationId } from './conversation.ts';
import { toDeliveryError } from './failure.ts';
import type { Sender } from './send.ts';

/** Of the configured token; undefined where there is none. */
type OwnTeam = (signal: AbortSignal) => Promise<string | undefined>;

/** Copies of answers stand in the thread that the first of them has opened. */
export function withCopies(sender: Sender, team: OwnTeam): Sender {
  async function place(message: OutboundMessage, signal: AbortSignal): Promise<OutboundMessage> {
    const { thread } = message;
    if (thread === undefined) return message;
    if (thread === 'lost') {
      const text = 'The message that opened the thread for this is not known: it could not be posted, or is too old.';
      throw new DeliveryError({ message: text, retryable: false, uncertain: false });
    }
    const tenant = message.tenant || (await ownTeam(signal));
    if (thread === 'opens') return { ...message, tenant };
    return { ...message, tenant, destination: { ...message.destination, threadTs: thread.id } };
  }

  async function ownTeam(signal: AbortSignal): Promise<string> {
    const own = await team(signal).catch((error: unknown) => {
      throw toDeliveryError(error, { method: 'auth.test' });
    });
    if (own !== undefined) return own;
    const text = 'Which workspace this belongs to is not said: set team beside the channel (webhooks.NAME.post.slack.team).';
    throw new DeliveryError({ message: text, retryable: false, uncertain: false });
  }

  /** With the conversation that the thread is, for who asks in it. */
  function opened({ thread, tenant, destination }: OutboundMessage, receipt: Receipt): Receipt {
    if (thread !== 'opens') return receipt;
    const conversationId = toThreadConversationId({ tenant, channel: destination['channel'] ?? '', threadTs: receipt.id });
    return { ...receipt, conversationId };
  }

  return {
    send: async (message, signal) => {
      const placed = await place(message, signal);
      return opened(placed, await sender.send(placed, signal));
    },
    find: async (message, signal) => {
      const placed = await place(message, signal);
      const found = await sender.find(placed, signal);
      return found && { ...found, receipt: opened(placed, found.receipt) };
    },
    remove: (message, receipt, signal) => sender.remove(message, receipt, signal),
  };
}
