import type { SaidInThread } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { Command } from '../../src/message.ts';
import { parseChannelMessage, readMessagesAfter } from './channel-messages.ts';
import { parseDestination } from './conversation.ts';
import { toDeliveryError } from './delivery-error.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';
import { authorName, toText } from './text.ts';

export interface ReadThreadOptions {
  readonly rest: Rest;
  readonly command: Command;
  readonly signal: AbortSignal;
}

/** The message that "Summarise" was used on and the hundred after it, oldest first. Rejects with a DeliveryError. */
export async function readThread({ rest, command, signal }: ReadThreadOptions): Promise<SaidInThread[]> {
  const { channelId } = parseDestination(command.destination) ?? {};
  const { targetId, applicationId = '' } = command.destination;
  if (channelId === undefined || !isSnowflake(targetId)) {
    throw new DeliveryError({ message: 'The command names no message.', retryable: false, uncertain: false });
  }
  try {
    const target = await rest.call({ method: 'GET', route: `/channels/${channelId}/messages/${targetId}`, signal });
    const { messages } = await readMessagesAfter(rest, { channelId, after: targetId, maxPages: 1, signal });
    const all = [parseChannelMessage(target), ...messages];
    const said = all.flatMap((message) =>
      message ? { author: authorName(message.fields), text: toText(message.fields, { userId: applicationId }) } : [],
    );
    return said.filter(({ text }) => text !== '');
  } catch (error) {
    throw toDeliveryError(error);
  }
}
