import { toConversationId } from '../../src/conversation-id.ts';
import type { Destination, OutboundMessage } from '../../src/message.ts';
import { isSnowflake } from './snowflake.ts';

/** The tenant of direct messages, which belong to no guild. */
const directTenant = '@me';

/** Channel types that matter here, by Discord's numbers. */
export const channelTypes = { text: 0, direct: 1, announcementThread: 10, publicThread: 11, privateThread: 12 } as const;

/** Channels that hold posts and nothing else: forums and media channels. */
export const postChannels: ReadonlySet<unknown> = new Set([15, 16]);

export interface Place {
  readonly channelId: string;
  readonly guildId?: string | undefined;
  /** Undefined where the platform did not say. */
  readonly channelType?: number | undefined;
}

/**
 * A direct message, a thread and a plain channel are one conversation each. A plain channel has one memory for everybody in it:
 * they read each other there, and each answer is a reply to the message that asked.
 */
export function conversationOf({ guildId, channelId }: Place): { readonly tenant: string; readonly conversationId: string } {
  const tenant = guildId ?? directTenant;
  return { tenant, conversationId: toConversationId({ adapter: 'discord', tenant, path: [channelId] }) };
}

export function isThread({ channelType }: Place): boolean {
  return channelType !== undefined && channelType >= channelTypes.announcementThread && channelType <= channelTypes.privateThread;
}

/** Where an answer goes: a channel, and in it the message that is replied to. `userId` is who asked, to be told elsewhere if it cannot go there. */
export function toDestination(
  place: Place,
  { replyTo, userId }: { readonly replyTo: string; readonly userId: string },
): Destination {
  return {
    channelId: place.channelId,
    ...(place.guildId === undefined ? {} : { guildId: place.guildId }),
    ...(place.channelType === undefined ? {} : { channelType: String(place.channelType) }),
    replyTo,
    userId,
  };
}

/** The place behind a destination; undefined where it is none of ours. */
export function parseDestination(destination: Destination): (Place & { readonly replyTo?: string | undefined }) | undefined {
  const { channelId, guildId, channelType, replyTo } = destination;
  if (!isSnowflake(channelId)) return undefined;
  return {
    channelId,
    guildId: isSnowflake(guildId) ? guildId : undefined,
    channelType: channelType !== undefined && /^\d{1,3}$/.test(channelType) ? Number(channelType) : undefined,
    replyTo: isSnowflake(replyTo) ? replyTo : undefined,
  };
}

/**
 * The message that an answer replies to: the question, and to that once. What goes on later, after somebody has decided about a call, goes to the
 * same place and replies to nothing: the reply is what an answer is found by.
 */
export function questionOf({ destination, inReplyTo }: Pick<OutboundMessage, 'destination' | 'inReplyTo'>): string | undefined {
  const { replyTo } = parseDestination(destination) ?? {};
  return replyTo === inReplyTo ? replyTo : undefined;
}
