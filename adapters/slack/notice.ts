import type { Notice } from '../../src/adapter.ts';
import type { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { parseDestination, toDestination } from './conversation.ts';
import { isDeadTokenError, platformErrorOf } from './failure.ts';

/** What people are told of the refusals that come up in practice. */
const reasons: Readonly<Record<string, string>> = {
  channel_not_found: 'I cannot get into that channel: invite me to it',
  not_in_channel: 'I am not in that channel: invite me to it',
  is_archived: 'that channel is archived',
  restricted_action: 'I may not write in that channel',
  restricted_action_read_only_channel: 'that channel is read-only',
  restricted_action_thread_locked: 'that thread is locked',
  restricted_action_thread_only_channel: 'I may only write in threads there',
  thread_not_found: 'the thread is gone',
  msg_too_long: 'it is longer than Slack takes',
  msg_blocks_too_long: 'it is longer than Slack takes',
  missing_scope: 'I lack a permission that whoever runs me has to give me',
};

/** These say nothing about the place, only about the message: who asked can be told there, without a word of the answer. */
const aboutMessage = new Set(['msg_too_long', 'msg_blocks_too_long']);

/**
 * A direct message to who asked; where the answer itself was for a direct message, the same place if it still takes one. It tells that there is no
 * answer and why, and nothing of what the answer says.
 */
export function toNotice(message: OutboundMessage, error: DeliveryError): Notice | undefined {
  const destination = parseDestination(message.destination);
  if (!destination?.userId || destination.direct || isDeadTokenError(error.cause)) return undefined;
  const code = platformErrorOf(error.cause) ?? '';
  const { channel, threadTs, userId } = destination;
  const isDirect = channel.startsWith('D');
  if (isDirect && !aboutMessage.has(code)) return undefined;
  const where = isDirect ? 'here' : 'in the channel where you asked';
  const text = `Sorry, I could not give you my answer ${where}: ${reasons[code] ?? 'Slack did not take it'}. You can ask me again here.`;
  const place = isDirect ? { channel, ...(threadTs === undefined ? {} : { threadTs }) } : { channel: userId };
  return { text, destination: toDestination({ ...place, userId, direct: true }) };
}
