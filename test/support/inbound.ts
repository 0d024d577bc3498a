import { toConversationId } from '../../src/conversation-id.ts';
import type {
  Action,
  Command,
  Feedback,
  InboundMessage,
  MessageDelete,
  MessageEdit,
  Stop,
  StopTarget,
} from '../../src/message.ts';

export const testTenant = 'T1';

/** The id of the conversation that tests call by this short name. */
export function conversationIdOf(name: string, adapter = 'fake'): string {
  return toConversationId({ adapter, tenant: testTenant, path: [name] });
}

type MessageData = Partial<InboundMessage> & { readonly in?: string; readonly by?: string };

let count = 0;

/** A question to the bot, sent when the fake clock starts. `in` names its conversation, `by` its author. */
export function createMessage(text: string, { in: name = 'c1', by = 'ann', ...data }: MessageData = {}): InboundMessage {
  count += 1;
  const adapter = data.adapter ?? 'fake';
  const eventId = data.eventId ?? `E${count}`;
  return {
    type: 'message',
    adapter,
    tenant: testTenant,
    eventId,
    conversationId: conversationIdOf(name, adapter),
    sentAt: Date.UTC(2026, 5, 1),
    messageId: `M-${eventId}`,
    author: { id: by, name: by, isBot: false },
    text,
    attachments: [],
    addressed: true,
    isDirect: false,
    destination: { place: name },
    ...data,
  };
}

/** A command by the platform's own means. */
export function createCommand(
  name: string,
  text = '',
  { in: place = 'c1', by = 'ann' }: { in?: string; by?: string } = {},
): Command {
  const { adapter, tenant, eventId, conversationId, sentAt, author, destination } = createMessage(text, { in: place, by });
  return { type: 'command', name, text, adapter, tenant, eventId, conversationId, sentAt, author, destination };
}

export function createEdit(of: InboundMessage, text: string): MessageEdit {
  const { adapter, tenant, eventId, conversationId, sentAt, messageId } = of;
  count += 1;
  return { type: 'edit', eventId: `${eventId}-edit-${count}`, adapter, tenant, conversationId, sentAt, messageId, text };
}

export function createDelete(of: InboundMessage): MessageDelete {
  const { adapter, tenant, eventId, conversationId, sentAt, messageId } = of;
  return { type: 'delete', eventId: `${eventId}-delete`, adapter, tenant, conversationId, sentAt, messageId };
}

/** Somebody judges a message of the bot. */
export function createFeedback({ in: place = 'c1', ...data }: Partial<Feedback> & { readonly in?: string }): Feedback {
  const { adapter, tenant, eventId, conversationId, sentAt, author } = createMessage('', { in: place });
  const base = { adapter, tenant, eventId: `feedback:${eventId}`, conversationId, sentAt, author };
  return { type: 'feedback', rating: 'good', messageId: '', ...base, ...data };
}

/** Somebody wants no answer any more in this conversation. */
export function createStop(name = 'c1', by = 'ann'): Stop {
  const { adapter, tenant, eventId, conversationId, sentAt, author } = createMessage('', { in: name, by });
  return { type: 'stop', eventId: `stop:${eventId}`, adapter, tenant, conversationId, sentAt, author };
}

type TargetData = Partial<StopTarget> & { readonly in?: string; readonly by?: string };

/** Somebody presses Stop under this answer: a message of the bot, or a part of that id. */
export function createStopOf({ in: name, by, ...target }: TargetData): Stop {
  return { ...createStop(name, by), target: { messageId: '', isModerator: false, ...target } };
}

/** Somebody presses "Answer again" under the message of the bot with this id. */
export function createRegenerate(
  messageId: string,
  { in: name = 'c1', by = 'ann', ...data }: Partial<Action> & { in?: string; by?: string } = {},
): Action {
  const { eventId, adapter, tenant, conversationId, author, destination } = createMessage('', { in: name, by });
  const sentAt = Date.UTC(2026, 5, 2);
  return {
    type: 'action',
    ...{ name: 'regenerate', value: '', eventId: `press:${eventId}`, adapter, tenant, conversationId, sentAt, author, messageId },
    destination: { ...destination, seenBy: by },
    ...data,
  };
}

/** Somebody presses a button under a request for approval; with whatever authority they have. */
export function createDecision(
  name: 'approve' | 'decline',
  approvalId: string,
  data: Partial<Action> & { in?: string; by?: string } = {},
): Action {
  return createRegenerate('P1', { name, value: approvalId, ...data });
}
