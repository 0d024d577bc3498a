import { toConversationId } from '../../src/conversation-id.ts';
import type { Command } from '../../src/message.ts';
import { adapterName, toDestination } from './conversation.ts';
import { namedIn, toMarkdown } from './mrkdwn.ts';
import type { NameOf } from './mrkdwn.ts';

/** The slash commands of the app, as they are written: `/ask`. A workspace has one namespace for the commands of all its apps. */
export interface SlackCommands {
  /** `/ask why?` is a question; `/ask help` and `/ask reset` work too. `off` for none. */
  readonly command: string;
  readonly resetCommand?: string | undefined;
  readonly helpCommand?: string | undefined;
  /** Who sees the answer to a question: who asked, or everybody in the channel. */
  readonly commandReply: 'private' | 'public';
}

export const defaultCommands: SlackCommands = { command: '/ask', commandReply: 'private' };

/** These are for the words after any command of the app. */
const subcommand = /^\s*(?:(help|reset|memory)|(forget) (me))\s*$/i;

type Fields = Readonly<Record<string, unknown>>;

export interface CommandContext {
  readonly commands: SlackCommands;
  /** Slack does not tell when a command was given. */
  readonly receivedAt: number;
  readonly nameOf: NameOf | undefined;
  /** What keeps an address at which the command can be answered, so that it can be stored. */
  readonly seal?: ((url: string, place: CommandPlace) => string | undefined) | undefined;
}

export interface CommandPlace {
  readonly channel: string;
  readonly userId: string;
}

/**
 * A slash command stands outside of threads: what one person asks that way in one channel is one conversation, another one where only that person
 * sees the answers. What it says of itself (help, that it has reset) is for that person's eyes always.
 */
export function toCommand(body: Fields, { commands, receivedAt, nameOf, seal }: CommandContext): Command[] {
  const { command, channel_id: channel, user_id: userId, team_id: tenant, trigger_id: trigger } = body;
  const words = text(body['text']);
  const [, plain, forget, whom = ''] = subcommand.exec(words) ?? [];
  const word = plain ?? forget;
  const name = word?.toLowerCase() ?? nameFor(text(command), commands);
  if (name === '' || !isId(channel) || !isId(userId) || !isId(tenant) || !isId(trigger)) return [];
  const isPrivate = commands.commandReply === 'private';
  const ephemeral = isPrivate || name !== 'ask' || words.trim() === '';
  const respond = seal?.(text(body['response_url']), { channel, userId });
  return [
    {
      type: 'command',
      ...{ adapter: adapterName, tenant, eventId: `command:${trigger}`, name, sentAt: receivedAt },
      conversationId: toCommandConversationId({ tenant, channel, userId, isPrivate }),
      text: word === undefined ? toMarkdown(words, undefined, nameOf) : whom.toLowerCase(),
      ...(ephemeral ? { audience: 'author' as const } : {}),
      author: { id: userId, name: text(body['user_name']) || userId, isBot: false },
      destination: toDestination({
        ...{ channel, teamId: tenant, userId, named: namedIn(words, nameOf), ephemeral },
        ...(respond === undefined ? {} : { respond }),
      }),
    },
  ];
}

interface CommandConversation extends CommandPlace {
  readonly tenant: string;
  readonly isPrivate: boolean;
}

/** What was answered to one person alone is no context of what all can see. */
export function toCommandConversationId({ tenant, channel, userId, isPrivate }: CommandConversation): string {
  return toConversationId({ adapter: adapterName, tenant, path: [channel, userId, ...(isPrivate ? ['private'] : [])] });
}

/** What a slash command of the app means; one that is not configured keeps its name. */
function nameFor(given: string, { command, resetCommand, helpCommand }: SlackCommands): string {
  const name = given.toLowerCase();
  if (name === command) return 'ask';
  if (name === resetCommand) return 'reset';
  return name === helpCommand ? 'help' : given.replace(/^\//, '');
}

/** Ids go into keys and columns: anything longer is none of Slack's. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
