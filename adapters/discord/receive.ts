import { toConversationId } from '../../src/conversation-id.ts';
import type { Attachment, InboundEvent, InboundMessage, Installation } from '../../src/message.ts';
import { channelTypes, conversationOf, isThread, toDestination } from './conversation.ts';
import type { Place } from './conversation.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import { isSnowflake, snowflakeTime } from './snowflake.ts';
import { toRoles } from './member-roles.ts';
import { authorName, toText } from './text.ts';
import type { Bot } from './text.ts';

export interface Receiver extends Bot {
  /** Of the gateway: together with a sequence number it names a dispatch for ever. */
  readonly sessionId: string;
  /** ms since 1970. */
  readonly now: number;
  /** Whether what does not speak to the bot in a plain channel is to be handed on. */
  readonly hears?: ((place: Place) => boolean) | undefined;
}

/** A guild that was joined longer ago than this only shows itself again, as every guild does after each start. */
const newGuildMs = 60 * 60_000;

/** Message types that a person wrote: plain and reply. All others are the platform's own notices. */
const personal: ReadonlySet<unknown> = new Set([0, 19]);

/** What a gateway dispatch `{ t, s, d }` means for Parley: mostly nothing, seldom more than one event. Never throws, whatever comes. */
export function toEvents(dispatch: unknown, receiver: Receiver): InboundEvent[] {
  if (!isRecord(dispatch) || !isRecord(dispatch['d'])) return [];
  const { t: type, d: data } = dispatch;
  if (type === 'MESSAGE_CREATE') return toMessage(data, receiver);
  if (type === 'MESSAGE_UPDATE') return toEdit(data, receiver);
  if (type === 'MESSAGE_DELETE') return toDeletes(data, [data['id']], receiver);
  if (type === 'MESSAGE_DELETE_BULK') return toDeletes(data, Array.isArray(data['ids']) ? data['ids'] : [], receiver);
  if (type === 'GUILD_CREATE') return toInstall(data, receiver);
  if (type === 'GUILD_DELETE') return toUninstall(data, dispatch['s'], receiver);
  return [];
}

function toMessage(data: Fields, receiver: Receiver): InboundMessage[] {
  const written = toWritten(data, receiver);
  if (!written) return [];
  const { id, place, authorId, isBot } = written;
  const isDirect = place.guildId === undefined;
  const addressed = speaksTo(data, receiver);
  if (isBot && !addressed) return [];
  // In a plain channel people talk to each other: what does not speak to the bot is none of its business.
  if (!addressed && !isThread(place) && !receiver.hears?.(place)) return [];
  const text = toText(data, receiver);
  const attachments = toAttachments(data);
  // Without the message content intent the talk between others arrives blank.
  if (!addressed && text === '' && attachments.length === 0) return [];
  const replyTo = isRecord(data['message_reference']) ? data['message_reference']['message_id'] : undefined;
  return [
    {
      type: 'message',
      adapter: 'discord',
      ...conversationOf(place),
      eventId: id,
      messageId: id,
      sentAt: snowflakeTime(id),
      author: { id: authorId, name: authorName(data), isBot, ...toRoles(data['member']) },
      text,
      attachments,
      addressed,
      isDirect,
      ...(data['type'] === 19 && isSnowflake(replyTo) ? { replyTo } : {}),
      destination: toDestination(place, { replyTo: id, userId: authorId }),
    },
  ];
}

function toEdit(data: Fields, receiver: Receiver): InboundEvent[] {
  const written = toWritten(data, receiver);
  const editedAt = textOf(data['edited_timestamp']);
  // An update without this time is the platform's own: a link preview was added, a thread was opened on it.
  if (!written || editedAt === undefined) return [];
  const sentAt = Date.parse(editedAt);
  const { id, place } = written;
  return [
    {
      type: 'edit',
      adapter: 'discord',
      ...conversationOf(place),
      eventId: `${id}:edit:${editedAt.slice(0, 40)}`,
      messageId: id,
      sentAt: Number.isFinite(sentAt) ? sentAt : receiver.now,
      text: toText(data, receiver),
    },
  ];
}

function toDeletes(data: Fields, ids: readonly unknown[], receiver: Receiver): InboundEvent[] {
  const place = toPlace(data);
  if (!place) return [];
  return ids.filter(isSnowflake).map((id) => ({
    type: 'delete',
    adapter: 'discord',
    ...conversationOf(place),
    eventId: `${id}:delete`,
    messageId: id,
    // Discord does not say when.
    sentAt: receiver.now,
  }));
}

function toInstall(data: Fields, receiver: Receiver): Installation[] {
  const { id } = data;
  const joinedAt = Date.parse(textOf(data['joined_at']) ?? '');
  if (!isSnowflake(id) || data['unavailable'] === true || !(receiver.now - joinedAt < newGuildMs)) return [];
  return [{ type: 'install', adapter: 'discord', ...guildOf(id), eventId: `install:${id}:${joinedAt}`, sentAt: joinedAt }];
}

function toUninstall(data: Fields, sequence: unknown, receiver: Receiver): Installation[] {
  const { id } = data;
  // With `unavailable` there is an outage, and the bot is still a member.
  if (!isSnowflake(id) || data['unavailable'] !== undefined) return [];
  const eventId = `uninstall:${id}:${receiver.sessionId}:${typeof sequence === 'number' ? sequence : 0}`;
  return [{ type: 'uninstall', adapter: 'discord', ...guildOf(id), eventId, sentAt: receiver.now }];
}

function guildOf(id: string): { readonly tenant: string; readonly conversationId: string } {
  return { tenant: id, conversationId: toConversationId({ adapter: 'discord', tenant: id, path: ['guild'] }) };
}

/** A message that somebody else wrote; undefined for the bot's own, webhooks' and the platform's, and for other bots' unless they are heard. */
function toWritten(
  data: Fields,
  bot: Bot,
): { readonly id: string; readonly place: Place; readonly authorId: string; readonly isBot: boolean } | undefined {
  const { id, author } = data;
  const place = toPlace(data);
  if (!isSnowflake(id) || !place || !isRecord(author) || !isSnowflake(author['id'])) return undefined;
  if (author['id'] === bot.userId || (author['bot'] === true && !bot.hearsBots) || author['system'] === true) return undefined;
  if (textOf(data['webhook_id']) !== undefined || !personal.has(data['type'])) return undefined;
  return { id, place, authorId: author['id'], isBot: author['bot'] === true };
}

/** Undefined where the message stands in a place that is none of ours. */
export function toPlace(data: Fields): Place | undefined {
  const { channel_id: channelId, guild_id: guildId, channel_type: channelType } = data;
  if (!isSnowflake(channelId) || (guildId !== undefined && !isSnowflake(guildId))) return undefined;
  const type = typeof channelType === 'number' && Number.isInteger(channelType) ? channelType : undefined;
  // An ephemeral message in a guild comes without its guild and is not a direct one.
  if (guildId === undefined && type !== undefined && type !== channelTypes.direct) return undefined;
  return { channelId, guildId, channelType: type };
}

/** Whether a message speaks to the bot: in direct messages each; in a guild by a mention of it or of its own role, or as a reply to what it said. */
export function speaksTo(data: Fields, bot: Bot): boolean {
  if (data['guild_id'] === undefined) return true;
  if (recordsOf(data['mentions']).some(({ id }) => id === bot.userId)) return true;
  const roles = data['mention_roles'];
  if (bot.roleIds && Array.isArray(roles) && roles.some((id) => typeof id === 'string' && bot.roleIds?.has(id))) return true;
  const repliedTo = data['referenced_message'];
  return isRecord(repliedTo) && isRecord(repliedTo['author']) && repliedTo['author']['id'] === bot.userId;
}

function toAttachments(data: Fields): Attachment[] {
  return recordsOf(data['attachments']).map(({ filename, content_type: mimeType, size, url }) => ({
    name: textOf(filename) ?? 'attachment',
    mimeType: textOf(mimeType) ?? 'application/octet-stream',
    ...(typeof size === 'number' && Number.isFinite(size) && size > 0 ? { sizeBytes: size } : {}),
    ...(typeof url === 'string' ? { url } : {}),
  }));
}
