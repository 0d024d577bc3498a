import type { Command, InboundEvent, InboundMessage } from '../message.ts';

/** What is asked of Parley itself rather than of the model; `summarise` of both. */
export type ParleyCommand =
  | { readonly name: 'help'; readonly unknown?: string }
  | { readonly name: 'reset' }
  | { readonly name: 'summarise' };

export interface CommandReply {
  readonly text: string;
  /** Whether what was said before no longer counts. */
  readonly reset: boolean;
}

/**
 * The command in an event: a platform's slash command, or `/help` or `/reset` as the whole text of a message. `ask` with a text is a question
 * and no command; a name that nobody knows gets the help text.
 */
export function parseCommand(event: InboundEvent): ParleyCommand | undefined {
  if (event.type === 'message') return toTyped(/^\s*\/([a-z]+)\s*$/i.exec(event.text)?.[1]);
  if (event.type !== 'command') return undefined;
  const name = event.name.toLowerCase();
  if (name === 'summarise') return { name };
  if (name === 'ask') return event.text.trim() === '' ? { name: 'help' } : undefined;
  return toTyped(name) ?? { name: 'help', unknown: event.name };
}

function toTyped(name: string | undefined): ParleyCommand | undefined {
  const lower = name?.toLowerCase();
  return lower === 'help' || lower === 'reset' ? { name: lower } : undefined;
}

/** The question in an event: a message as it is, a platform command's text as a message. */
export function toQuestion(event: InboundEvent): InboundMessage | undefined {
  if (event.type === 'message') return event;
  return event.type === 'command' ? toMessage(event, event.text) : undefined;
}

/** What the command asks, as if its author had written it. */
export function toMessage(command: Command, text: string): InboundMessage {
  const { adapter, tenant, eventId, conversationId, sentAt, author, destination } = command;
  return {
    type: 'message',
    ...{ adapter, tenant, eventId, conversationId, sentAt, author, text, destination },
    messageId: eventId,
    attachments: [],
    addressed: true,
    isDirect: false,
  };
}

type Obeyed = Exclude<ParleyCommand, { readonly name: 'summarise' }>;

export function replyTo(command: Obeyed, botName: string): CommandReply {
  if (command.name === 'reset') return { text: 'Done. I start afresh: what was said here before no longer counts.', reset: true };
  const unknown = command.unknown === undefined ? [] : [`I do not know the command \`${toCode(command.unknown)}\`.`, ''];
  return { text: [...unknown, helpText(botName)].join('\n'), reset: false };
}

/** The name comes from outside. */
function toCode(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}_-]/gu, '').slice(0, 32);
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
