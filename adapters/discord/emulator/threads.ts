import { toChannel } from './payloads.ts';
import { invalidField, ok, refusal } from './reply.ts';
import type { Reply } from './reply.ts';
import { isPostChannel } from './world.ts';
import type { EmulatedChannel, World } from './world.ts';

/**
 * What the bot may do in archived and in locked threads (https://docs.discord.com/developers/topics/threads). A message opens an archived thread again
 * unless it is locked; in a locked one only who may manage threads can write, edit or change anything; only active threads are edited.
 */
export const bits = {
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  attachFiles: 1n << 15n,
  manageThreads: 1n << 34n,
  createThreads: 1n << 35n,
  sendInThreads: 1n << 38n,
} as const;

/** Of the bot: what its role has, without what the channel denies it. Threads go by their channel. */
export function may(world: World, { id, parentId, guildId }: EmulatedChannel, permission: bigint): boolean {
  if (guildId === undefined) return true;
  return (world.botPermissions & ~(world.denied.get(parentId ?? id) ?? 0n) & permission) !== 0n;
}

function isClosed(world: World, channel: EmulatedChannel): boolean {
  return world.locked.has(channel.id) && !may(world, channel, bits.manageThreads);
}

/** Why no message may be posted there. */
export function postRefusal(world: World, channel: EmulatedChannel): Reply | undefined {
  if (!may(world, channel, bits.viewChannel)) return refusal(50001);
  if (isClosed(world, channel)) return refusal(160005);
  if (!may(world, channel, channel.parentId === undefined ? bits.sendMessages : bits.sendInThreads)) return refusal(50013);
  return isPostChannel(channel) ? refusal(50024) : undefined;
}

/** Why a message there may not be edited. */
export function editRefusal(world: World, channel: EmulatedChannel): Reply | undefined {
  if (world.archived.has(channel.id)) return refusal(50083);
  return isClosed(world, channel) ? refusal(160005) : undefined;
}

/** Why a message there may not be deleted: what is locked has to be active for that. */
export function removeRefusal(world: World, channel: EmulatedChannel): Reply | undefined {
  return world.archived.has(channel.id) && isClosed(world, channel) ? refusal(160005) : undefined;
}

/** PATCH of a thread. */
export function modifyThread(world: World, channel: EmulatedChannel, body: Readonly<Record<string, unknown>>): Reply {
  const { applied_tags: tags, archived } = body;
  if (isClosed(world, channel)) return refusal(50013);
  if (world.archived.has(channel.id) && archived !== false) return refusal(50083);
  if (Array.isArray(tags)) {
    const isOwner = (channel.ownerId ?? world.bot.id) === world.bot.id;
    if (!isOwner && !may(world, channel, bits.manageThreads)) return refusal(50013);
    if (tags.length > 5) return invalidField('applied_tags', 'BASE_TYPE_MAX_LENGTH', 'Must be 5 or fewer in length.');
    world.tag(channel, tags.map(String));
  }
  if (archived === false) world.setArchived(channel, false);
  return ok(toChannel(world, channel));
}
