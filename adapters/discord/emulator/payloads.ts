import { mentionsEveryone, roleMentions, userMentions } from './mentions.ts';
import { channelTypes } from './world.ts';
import type { EmulatedChannel, EmulatedGuild, EmulatedMessage, EmulatedUser, World } from './world.ts';

/** Turns what the world holds into the objects of Discord's API. */

export function toUser(user: EmulatedUser): object {
  return {
    id: user.id,
    username: user.username,
    global_name: user.isBot ? null : user.globalName,
    discriminator: '0',
    avatar: null,
    ...(user.isBot ? { bot: true } : {}),
  };
}

export function toChannel(world: World, channel: EmulatedChannel): object {
  const recipient = channel.recipientId === undefined ? undefined : world.users.get(channel.recipientId);
  const base = { id: channel.id, type: channel.type, last_message_id: [...channel.messages.keys()].at(-1) ?? null, flags: 0 };
  if (channel.type === channelTypes.direct) return { ...base, recipients: recipient ? [toUser(recipient)] : [] };
  const inGuild = {
    ...base,
    guild_id: channel.guildId,
    name: channel.name,
    parent_id: channel.parentId ?? null,
    rate_limit_per_user: 0,
  };
  if (channel.parentId === undefined) {
    const plain = { ...inGuild, position: 0, permission_overwrites: toOverwrites(world, channel), nsfw: false, topic: null };
    return channel.tags ? { ...plain, available_tags: channel.tags.map((tag) => ({ ...tag, moderated: false })) } : plain;
  }
  const metadata = {
    archived: world.archived.has(channel.id),
    auto_archive_duration: 1440,
    archive_timestamp: toTime(0),
    locked: world.locked.has(channel.id),
  };
  const tags = channel.appliedTags ? { applied_tags: channel.appliedTags } : {};
  return {
    ...inGuild,
    ...tags,
    owner_id: channel.ownerId ?? world.bot.id,
    message_count: channel.messages.size,
    member_count: 1,
    thread_metadata: metadata,
  };
}

function toOverwrites(world: World, { id, guildId = '' }: EmulatedChannel): object[] {
  const deny = world.denied.get(id);
  const role = world.guilds.get(guildId)?.botRoleId;
  return deny === undefined || role === undefined ? [] : [{ id: role, type: 0, allow: '0', deny: deny.toString() }];
}

export function toGuild(world: World, guild: EmulatedGuild): object {
  const own = [...world.channels.values()].filter((channel) => channel.guildId === guild.id);
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.id,
    unavailable: false,
    joined_at: toTime(guild.joinedAt),
    large: false,
    member_count: world.users.size,
    roles: toRoles(world, guild),
    channels: own.filter((channel) => channel.parentId === undefined).map((channel) => toChannel(world, channel)),
    threads: own
      .filter((channel) => channel.parentId !== undefined && !world.archived.has(channel.id))
      .map((channel) => toChannel(world, channel)),
    members: [{ ...toMember(world.bot, guild), user: toUser(world.bot) }],
    emojis: [],
    stickers: [],
    features: [],
    voice_states: [],
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
    preferred_locale: 'en-US',
  };
}

export function toRoles(world: World, guild: EmulatedGuild): object[] {
  const role = { color: 0, hoist: false, position: 0, permissions: '0', mentionable: false, flags: 0 };
  return [
    { ...role, id: guild.id, name: '@everyone', managed: false },
    {
      ...role,
      permissions: world.botPermissions.toString(),
      id: guild.botRoleId,
      name: world.bot.globalName,
      managed: true,
      tags: { bot_id: world.bot.id },
    },
  ];
}

export function toMember(user: EmulatedUser, guild: EmulatedGuild): object {
  const { roles = [] } = user;
  return {
    nick: user.nick ?? null,
    roles: [...(user.isBot ? [guild.botRoleId] : []), ...roles],
    joined_at: toTime(guild.joinedAt),
    deaf: false,
    mute: false,
    flags: 0,
  };
}

/**
 * A message as REST answers with it. Without the MESSAGE_CONTENT intent content, attachments, embeds and components are
 * blank, except in the app's own messages, in direct messages and where the app is mentioned.
 */
export function toMessage(world: World, message: EmulatedMessage, view: { readonly contentAllowed: boolean }): object {
  const channel = world.channels.get(message.channelId);
  const mentioned = mentionedUsers(world, message);
  const readable =
    view.contentAllowed || message.author === world.bot || channel?.type === channelTypes.direct || mentioned.includes(world.bot);
  const repliedTo = message.replyTo === undefined ? undefined : channel?.messages.get(message.replyTo);
  return {
    id: message.id,
    channel_id: message.channelId,
    author: toUser(message.author),
    content: readable ? message.content : '',
    timestamp: toTime(message.createdAt),
    edited_timestamp: message.editedAt === undefined ? null : toTime(message.editedAt),
    tts: false,
    mention_everyone: mentionsEveryone(message.content),
    mentions: mentioned.map(toUser),
    mention_roles: roleMentions(message.content),
    attachments: readable ? message.attachments.map((attachment, index) => toAttachment(message, attachment, index)) : [],
    embeds: [],
    components: message.components ?? [],
    pinned: false,
    type: message.replyTo === undefined ? 0 : 19,
    flags: message.flags,
    ...(message.interaction ? toInteraction(world, message.interaction) : {}),
    ...(message.replyTo === undefined ? {} : { message_reference: toReference(message) }),
    ...(message.replyTo === undefined ? {} : { referenced_message: repliedTo ? toReplied(world, repliedTo, view) : null }),
  };
}

/** What is replied to says what it replies to itself, but does not bring that along. */
function toReplied(world: World, message: EmulatedMessage, view: { readonly contentAllowed: boolean }): object {
  const plain = toMessage(world, { ...message, replyTo: undefined }, view);
  return message.replyTo === undefined ? plain : { ...plain, type: 19, message_reference: toReference(message) };
}

/** A message as the gateway brings it: MESSAGE_CREATE and MESSAGE_UPDATE say more than REST does. */
export function toGatewayMessage(world: World, message: EmulatedMessage, view: { readonly contentAllowed: boolean }): object {
  const guild = message.guildId === undefined ? undefined : world.guilds.get(message.guildId);
  return {
    ...toMessage(world, message, view),
    channel_type: world.channels.get(message.channelId)?.type,
    ...(guild ? { guild_id: guild.id, member: toMember(message.author, guild) } : {}),
    ...(message.nonce === undefined ? {} : { nonce: message.nonce }),
  };
}

function mentionedUsers(world: World, message: EmulatedMessage): EmulatedUser[] {
  // A reply that notifies its addressee lists them among the mentions although the text does not name them.
  const ids = new Set([...userMentions(message.content), ...message.pings]);
  return [...ids].flatMap((id) => world.users.get(id) ?? []);
}

function toInteraction(world: World, { id, userId }: NonNullable<EmulatedMessage['interaction']>): object {
  const user = world.users.get(userId);
  const metadata = { id, type: 2, ...(user ? { user: toUser(user) } : {}), authorizing_integration_owners: {} };
  return { application_id: world.bot.id, webhook_id: world.bot.id, interaction_metadata: metadata };
}

function toReference(message: EmulatedMessage): object {
  return {
    type: 0,
    message_id: message.replyTo,
    channel_id: message.channelId,
    ...(message.guildId ? { guild_id: message.guildId } : {}),
  };
}

function toAttachment(message: EmulatedMessage, attachment: EmulatedMessage['attachments'][number], index: number): object {
  const { id = `${message.id}${index}`, filename, contentType, size, url } = attachment;
  return { id, filename, content_type: contentType, size, url, proxy_url: url };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000+00:00');
}
