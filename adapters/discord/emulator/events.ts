import { toChannel, toGatewayMessage, toGuild } from './payloads.ts';
import { intentBits } from './sessions.ts';
import type { GatewayEvent } from './sessions.ts';
import type { MessageChange, World, WorldChange } from './world.ts';

/** What the gateway tells about a change, and to whom. */
export function toEvent(world: World, change: WorldChange): GatewayEvent {
  switch (change.type) {
    case 'guild_joined':
      return aboutGuilds('GUILD_CREATE', change.guild.id, () => toGuild(world, change.guild));
    case 'guild_left':
      return aboutGuilds('GUILD_DELETE', change.guildId, () => ({ id: change.guildId }));
    case 'channel_created':
      return aboutGuilds('CHANNEL_CREATE', change.channel.guildId, () => toChannel(world, change.channel));
    case 'thread_created':
      return aboutGuilds('THREAD_CREATE', change.channel.guildId, () => ({
        ...toChannel(world, change.channel),
        newly_created: true,
      }));
    case 'thread_updated':
      return aboutGuilds('THREAD_UPDATE', change.channel.guildId, () => toChannel(world, change.channel));
    default:
      return aboutMessage(world, change);
  }
}

function aboutGuilds(type: string, guildId: string | undefined, data: () => object): GatewayEvent {
  return { type, intent: intentBits.guilds, guildId, data };
}

function aboutMessage(world: World, { type, message }: MessageChange): GatewayEvent {
  const { id, channelId, guildId } = message;
  const audience = { intent: guildId === undefined ? intentBits.directMessages : intentBits.guildMessages, guildId };
  if (type === 'deleted') {
    const data = { id, channel_id: channelId, ...(guildId === undefined ? {} : { guild_id: guildId }) };
    return { type: 'MESSAGE_DELETE', ...audience, data: () => data };
  }
  const name = type === 'created' ? 'MESSAGE_CREATE' : 'MESSAGE_UPDATE';
  return { type: name, ...audience, data: (view) => toGatewayMessage(world, message, view) };
}
