import type { Command, InboundEvent, InboundMessage } from '../message.ts';

/** What is asked of Parley itself rather than of the model; `summarise` of both. */
export type ParleyCommand =
  | { readonly name: 'help'; readonly unknown?: string }
  | { readonly name: 'reset' }
  | { readonly name: 'summarise' }
  | { readonly name: 'memory' }
  | { readonly name: 'remember'; readonly text: string }
  /** Erases nothing where it does not say whom. */
  | { readonly name: 'forget'; readonly isMeant: boolean };

export interface CommandReply {
  readonly text: string;
  /** Whether what was said before no longer counts. */
  readonly reset: boolean;
}

/**
 * The command in an event: a platform's slash command, or `/help`, `/reset` and the like as the whole text of a message, or what asks for the same in plain
 * words. `ask` with another text is a question and no command; a name that nobody knows gets the help text.
 */
export function parseCommand(event: InboundEvent): ParleyCommand | undefined {
  if (event.type === 'message') return parseTyped(event.text) ?? parsePlain(event.text);
  if (event.type !== 'command') return undefined;
  const name = event.name.toLowerCase();
  if (name === 'summarise') return { name };
  if (name === 'ask') return event.text.trim() === '' ? { name: 'help' } : undefined;
  return toTyped(name, event.text) ?? { name: 'help', unknown: event.name };
}

function parseTyped(text: string): ParleyCommand | undefined {
  const [, name = '', rest = ''] = /^\s*\/([a-z]+)(?:\s+([^]*))?$/i.exec(text) ?? [];
  const command = toTyped(name.toLowerCase(), rest.trim());
  // A sentence that begins with the name of a command asks something.
  return rest.trim() === '' || command?.name === 'remember' || command?.name === 'forget' ? command : undefined;
}

function toTyped(name: string, text: string): ParleyCommand | undefined {
  if (name === 'help' || name === 'reset' || name === 'memory') return { name };
  if (name === 'remember') return { name, text };
  return name === 'forget' ? { name, isMeant: toPlain(text) === 'me' } : undefined;
}

const askedMemory: ReadonlySet<string> = new Set([
  'what do you know about me',
  'what do you remember about me',
  'was weißt du über mich',
  'was weisst du über mich',
]);
const askedToForget: ReadonlySet<string> = new Set(['forget me', 'please forget me', 'vergiss mich', 'bitte vergiss mich']);

/** What is asked in plain words, where a message says nothing else. Of messages alone: what is asked by a command may be the words of somebody else. */
function parsePlain(text: string): ParleyCommand | undefined {
  if (text.length > 80) return undefined;
  const plain = toPlain(text);
  if (askedMemory.has(plain)) return { name: 'memory' };
  return askedToForget.has(plain) ? { name: 'forget', isMeant: true } : undefined;
}

function toPlain(text: string): string {
  return (
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).join(' ');
}

/** The question in an event: a message as it is, a platform command's text as a message. */
export function toQuestion(event: InboundEvent): InboundMessage | undefined {
  if (event.type === 'message') return event;
  return event.type === 'command' ? toMessage(event, event.text) : undefined;
}

/** What the command asks, as if its author had written it. */
export function toMessage(command: Command, text: string): InboundMessage {
  const { adapter, tenant, eventId, conversationId, sentAt, author, destination, audience } = command;
  return {
    type: 'message',
    ...{ adapter, tenant, eventId, conversationId, sentAt, author, text, destination },
    messageId: eventId,
    attachments: [],
    addressed: true,
    isDirect: false,
    ...(audience === undefined ? {} : { audience }),
  };
}

type Obeyed = Extract<ParleyCommand, { readonly name: 'help' | 'reset' }>;

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
    '- `/memory` shows what I remember of you beyond conversations, and `/remember TEXT` adds to it.',
    '- `/forget me` erases what I keep of you.',
    '- `/help` shows this text.',
    '',
    'In a channel, mention me to begin; in a thread that I am part of, just write.',
  ].join('\n');
}
