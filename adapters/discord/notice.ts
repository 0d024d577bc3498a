import type { Notice } from '../../src/adapter.ts';
import type { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { parseDestination } from './conversation.ts';
import { deliveryCode, invalidForm } from './delivery-error.ts';
import { directTo, isDirectTo } from './direct.ts';
import { isSnowflake } from './snowflake.ts';

/** What people are told of the refusals that come up in practice. */
const reasons: Readonly<Record<number, string | undefined>> = {
  10003: 'the channel or thread is gone',
  50001: 'I cannot see that channel',
  50013: 'I may not write there',
  50008: 'the channel takes no messages',
  50083: 'the thread is archived',
  160005: 'the thread is locked',
  [invalidForm]: 'Discord does not take its text',
};

const unauthorized = 401;

/**
 * A direct message to who asked; where they asked by direct message, the same place if it still takes one. It tells that there is no answer and
 * why, and nothing of what the answer says.
 */
export function toNotice(message: OutboundMessage, error: DeliveryError): Notice | undefined {
  const place = parseDestination(message.destination);
  const { userId } = message.destination;
  const code = deliveryCode(error) ?? 0;
  if (!place || isDirectTo(message.destination) || !isSnowflake(userId) || code === unauthorized) return undefined;
  const isDirect = place.guildId === undefined;
  // What says nothing about the place, only about the message, can be said there.
  if (isDirect && code !== invalidForm) return undefined;
  const where = isDirect ? 'here' : 'in the channel where you asked';
  const reason = reasons[code] ?? 'Discord did not take it';
  const text = `Sorry, I could not give you my answer ${where}: ${reason}. You can ask me again here.`;
  return { text, destination: directTo(userId) };
}
