import { bits } from './threads.ts';
import { channelTypes } from './world.ts';
import type {
  EmulatedAttachment,
  EmulatedChannel,
  EmulatedMessage,
  EmulatedUser,
  MessageChange,
  NewUser,
  World,
} from './world.ts';

export interface Saying {
  /** The home channel by default. */
  readonly channelId?: string;
  /** Name of the person; `Ada` by default. */
  readonly user?: string;
  readonly text: string;
  /** Puts a mention of the bot before the text. */
  readonly mention?: boolean;
  /** Id of the message that is replied to. */
  readonly replyTo?: string;
  /** Whether a reply notifies its addressee; true by default, as in the clients. */
  readonly ping?: boolean;
  readonly attachments?: readonly EmulatedAttachment[];
}

/** A new post in a forum. */
export interface Posting {
  readonly title: string;
  readonly text: string;
  /** Name of the person; `Ada` by default. */
  readonly user?: string;
  /** By their names. */
  readonly tags?: readonly string[];
  /** Whether its message is told before its thread. */
  readonly messageFirst?: boolean;
}

function idsOf({ tags = [] }: EmulatedChannel, names: readonly string[]): readonly string[] {
  return tags.filter(({ name }) => names.includes(name)).map(({ id }) => id);
}

/** What counts when a person is named for the first time. */
export type UserOptions = Pick<NewUser, 'nick' | 'isBot' | 'roles' | 'permissions'>;

/** What people do and see. */
export function people(world: World, home: () => { readonly guildId: string; readonly channelId: string }) {
  const byName = new Map<string, EmulatedUser>();
  const user = (name: string, options: UserOptions = {}): EmulatedUser => {
    const known = byName.get(name) ?? world.addUser({ name, ...options });
    byName.set(name, known);
    return known;
  };
  return {
    user,
    guild: ({ name = 'Guild' }: { name?: string } = {}) => world.addGuild(name),
    botRoleId: (guildId: string) => world.guilds.get(guildId)?.botRoleId ?? '',
    leaveGuild: (guildId: string) => world.removeGuild(guildId),
    channel: ({ guildId = home().guildId, name = 'channel' }: { guildId?: string; name?: string } = {}) =>
      world.addChannel({ guildId, name, type: channelTypes.text }),
    thread: ({
      channelId = home().channelId,
      name = 'thread',
      messageId,
    }: { channelId?: string; name?: string; messageId?: string } = {}) => {
      const thread = {
        name,
        type: channelTypes.publicThread,
        guildId: world.channels.get(channelId)?.guildId,
        parentId: channelId,
      };
      return world.addChannel(messageId === undefined ? thread : { ...thread, id: messageId });
    },
    ...forums(world, { user, home }),
    ...moderation(world, user),
    channelOf: (id: string) => world.channels.get(id),
    directMessage: (name: string) => world.directChannel(user(name).id),
    say: ({
      channelId = home().channelId,
      user: name = 'Ada',
      text,
      mention = false,
      replyTo,
      ping = true,
      attachments,
    }: Saying) => {
      open(world, { channelId, user: user(name) });
      return world.post({
        channelId,
        author: user(name),
        content: mention ? `<@${world.bot.id}> ${text}` : text,
        replyTo,
        attachments,
        allowedMentions: { parse: ['users', 'roles', 'everyone'], replied_user: ping },
      });
    },
    edit: (message: EmulatedMessage, content: string) => world.edit(message, { content }),
    remove: (message: EmulatedMessage) => world.remove(message),
    messages: (channelId: string) => [...(world.channels.get(channelId)?.messages.values() ?? [])],
    onMessage: (listener: (change: MessageChange) => void) =>
      world.onChange((change) => {
        if ('message' in change) listener(change);
      }),
  };
}

interface Cast {
  readonly user: (name: string) => EmulatedUser;
  readonly home: () => { readonly guildId: string };
}

/** Whoever writes in an archived thread opens it again. Throws for a locked one, unless the person may manage threads. */
function open(world: World, { channelId, user }: { readonly channelId: string; readonly user: EmulatedUser }): void {
  const channel = world.channels.get(channelId);
  if (!channel) return;
  if (world.locked.has(channelId) && (BigInt(user.permissions ?? 0) & bits.manageThreads) === 0n)
    throw new RangeError('Nobody can write in a locked thread who may not manage threads.');
  world.setArchived(channel, false);
}

/** What people who run a server do. */
function moderation(world: World, user: (name: string) => EmulatedUser) {
  return {
    deny: (channelId: string, permissions: bigint) => {
      world.denied.set(channelId, permissions);
    },
    permit: (channelId: string, name: string, permissions: bigint) => {
      world.permitted.set(`${channelId}:${user(name).id}`, permissions);
    },
    grant: (permissions: bigint) => {
      world.botPermissions |= permissions;
    },
    archive: (threadId: string, { locked = false } = {}) => {
      const thread = world.channels.get(threadId);
      if (thread && locked) world.lock(thread);
      if (thread) world.setArchived(thread, true);
    },
    lock: (threadId: string) => {
      const thread = world.channels.get(threadId);
      if (thread) world.lock(thread);
    },
  };
}

function forums(world: World, { user, home }: Cast) {
  return {
    forum: ({
      name = 'forum',
      tags = [],
      isMedia = false,
    }: { name?: string; tags?: readonly string[]; isMedia?: boolean } = {}) =>
      world.addChannel({
        ...{ guildId: home().guildId, name, type: isMedia ? channelTypes.media : channelTypes.forum },
        tags: tags.map((tag) => ({ id: world.nextId(), name: tag })),
      }),
    postIn: (forum: EmulatedChannel, { title, text, user: name = 'Ada', tags = [], messageFirst = false }: Posting) =>
      world.addPost({
        ...{ name: title, guildId: forum.guildId, parentId: forum.id, author: user(name), content: text, messageFirst },
        appliedTags: idsOf(forum, tags),
      }),
    posts: (forumId: string) => [...world.channels.values()].filter(({ parentId }) => parentId === forumId),
    tag: (forum: EmulatedChannel, threadId: string, tags: readonly string[]) => {
      const thread = world.channels.get(threadId);
      if (thread) world.tag(thread, idsOf(forum, tags));
    },
  };
}
