import { DeliveryError } from '../../src/errors.ts';
import type { Destination } from '../../src/message.ts';
import { isRecord } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

/** A direct message to a person, whose channel may not be open yet. It carries no buttons. */
export function directTo(userId: string): Destination {
  return { directTo: userId, userId, buttons: 'none' };
}

export function isDirectTo(destination: Destination): boolean {
  return isSnowflake(destination['directTo']);
}

/** The channel of direct messages with a person: Discord gives the same one each time. Rejects with the SDK's error. */
export async function openDirectChannel(rest: Rest, userId: string, signal: AbortSignal): Promise<string> {
  const body = { recipient_id: userId };
  const channel = await rest.call({ method: 'POST', route: '/users/@me/channels', body, signal });
  if (isRecord(channel) && isSnowflake(channel['id'])) return channel['id'];
  throw new DeliveryError({ message: 'Discord opens no direct message to who asked.', retryable: false, uncertain: false });
}
