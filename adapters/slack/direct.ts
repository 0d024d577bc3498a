import type { SlackCaller } from './client.ts';
import type { SlackDestination } from './conversation.ts';
import { toDeliveryError } from './failure.ts';
import { isRecord } from './receive.ts';

/** Slack makes the direct messages with a person at the first call, and names them at every other. */
export async function openDirect(
  slack: SlackCaller,
  destination: SlackDestination,
  signal: AbortSignal,
): Promise<SlackDestination> {
  if (!destination.direct || !/^[UW]/.test(destination.channel)) return destination;
  const method = 'conversations.open';
  try {
    const { channel } = await slack.call(method, { users: destination.channel }, signal);
    if (!isRecord(channel) || typeof channel['id'] !== 'string') throw new TypeError('it was answered without a channel');
    return { ...destination, channel: channel['id'] };
  } catch (error) {
    throw toDeliveryError(error, { method });
  }
}
