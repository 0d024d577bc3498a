import type { InboundEvent, InboundMessage } from '../message.ts';

/** What is asked of Parley itself rather than of the model. */
export type ParleyCommand = { readonly name: 'help' } | { readonly name: 'reset' };

export interface CommandReply {
  readonly text: string;
  /** Whether what was said before no longer counts. */
  readonly reset: boolean;
}

/** The command in an event: a platform's slash command, or `/help` or `/reset` as the whole text of a message. */
export function parseCommand(event: InboundEvent): ParleyCommand | undefined {
  if (event.type === 'message') return toCommand(/^\s*\/([a-z]+)\s*$/i.exec(event.text)?.[1]);
  if (event.type !== 'command') return undefined;
  if (event.text.trim() !== '' && event.name !== 'help' && event.name !== 'reset') return undefined; // `/ask something`: a question
  return toCommand(event.name) ?? { name: 'help' };
}

function toCommand(name: string | undefined): ParleyCommand | undefined {
  const lower = name?.toLowerCase();
  return lower === 'help' || lower === 'reset' ? { name: lower } : undefined;
}

/** The question in an event that is no command of Parley's: a message as it is, a platform command's text as a message. */
export function toQuestion(event: InboundEvent): InboundMessage | undefined {
  if (event.type === 'message') return event;
  if (event.type !== 'command') return undefined;
  const { adapter, tenant, eventId, conversationId, sentAt, author, text, destination } = event;
  return {
    type: 'message',
    ...{ adapter, tenant, eventId, conversationId, sentAt, author, text, destination },
    messageId: eventId,
    attachments: [],
    addressed: true,
    isDirect: false,
  };
}

export function replyTo(command: ParleyCommand, botName: string): CommandReply {
  if (command.name === 'reset') return { text: 'Done. I start afresh: what was said here before no longer counts.', reset: true };
  return { text: helpText(botName), reset: false };
}

function helpText(botName: string): string {
  return [
    `I am ${botName}. Ask me anything in your own words; I remember what was said in this conversation.`,
    '',
    '- `/reset` makes me forget this conversation and start afresh.',
    '- `/help` shows this text.',
    '',
    'In a channel, mention me to begin; in a thread that I am part of, just write.',
  ].join('\n');
}
