import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';

export interface Bot {
  readonly userId: string;
  /** Roles that stand for the bot alone: the platform makes one in every guild, and people pick it by mistake. */
  readonly roleIds?: ReadonlySet<string>;
  /** Whether other bots are answered. */
  readonly hearsBots?: boolean | undefined;
  /** What a message replies to and is to be quoted, oldest first; the message that Discord brings along where it is not known. */
  readonly repliedTo?: ((message: Fields) => readonly Fields[] | undefined) | undefined;
}

/** Longer quotations of other people's messages are cut. */
const maxQuote = 1000;

/**
 * The text of a message as a person reads it: mentions of the bot removed, other people by name, custom emoji by name.
 * A forwarded message, and the messages of other people that are replied to, stand before it as quotations, because that is
 * what the question is about.
 */
export function toText(message: Fields, bot: Bot): string {
  const own = resolveTokens(message, bot);
  const quotes = [...recordsOf(message['message_snapshots']).map(({ message: snapshot }) => snapshot), ...repliedTo(message, bot)]
    .filter(isRecord)
    .map((quoted) => toQuote(quoted, bot))
    .filter((quote) => quote !== '');
  return [...quotes, own].join('\n\n').trim();
}

export function authorName(message: Fields): string {
  const member = isRecord(message['member']) ? message['member'] : {};
  const author = isRecord(message['author']) ? message['author'] : {};
  return textOf(member['nick']) ?? nameOf(author);
}

/** The messages that are replied to, without the bot's own: those are in the transcript already. */
function repliedTo(message: Fields, bot: Bot): readonly Fields[] {
  const referenced = bot.repliedTo?.(message) ?? [message['referenced_message']];
  return referenced.filter(isRecord).filter(({ author }) => isRecord(author) && author['id'] !== bot.userId);
}

function toQuote(message: Fields, bot: Bot): string {
  const text = resolveTokens(message, bot);
  if (text === '') return '';
  const cut = text.length > maxQuote ? `${text.slice(0, maxQuote).toWellFormed()} […]` : text;
  const speaker = isRecord(message['author']) ? `${nameOf(message['author'])}: ` : '';
  return `> ${(speaker + cut).replaceAll('\n', '\n> ')}`;
}

/** Mentions of people (1) and roles (2), custom emoji (3). A mention that stands among blanks takes one of them along. */
const tokens = /<@!?(\d{1,20})>[ \t]?|<@&(\d{1,20})>[ \t]?|<a?:(\w{1,64}):\d{1,20}>/g;

function resolveTokens(message: Fields, bot: Bot): string {
  const content = textOf(message['content']) ?? '';
  if (!content.includes('<')) return content.trim();
  return content
    .replaceAll(tokens, (whole: string, ...[userId, roleId, emoji]: (string | undefined)[]) => {
      if (userId === bot.userId || (roleId !== undefined && bot.roleIds?.has(roleId))) return '';
      if (emoji !== undefined) return `:${emoji}:`;
      const name = userId === undefined ? undefined : mentionedName(message, userId);
      return name === undefined ? whole : `@${name}${/[ \t]$/.exec(whole)?.[0] ?? ''}`;
    })
    .trim();
}

function mentionedName(message: Fields, userId: string): string | undefined {
  const user = recordsOf(message['mentions']).find(({ id }) => id === userId);
  if (!user) return undefined;
  const member = isRecord(user['member']) ? user['member'] : {};
  return textOf(member['nick']) ?? nameOf(user);
}

function nameOf(user: Fields): string {
  return textOf(user['global_name']) ?? textOf(user['username']) ?? 'somebody';
}
