import type { Clock } from '../../../src/clock.ts';
import { pingsOf } from './mentions.ts';
import type { AllowedMentions } from './mentions.ts';
import { createSnowflakes } from './snowflake.ts';

/** Channel types of the platform that matter here: guild text, direct message, announcement, public thread, forum, media channel. */
export const channelTypes = { text: 0, direct: 1, announcement: 5, publicThread: 11, forum: 15, media: 16 } as const;

/** Whether it holds posts and no messages of its own. */
export function isPostChannel({ type }: { readonly type: number }): boolean {
  return type === channelTypes.forum || type === channelTypes.media;
}

export interface EmulatedUser {
  readonly id: string;
  readonly username: string;
  readonly globalName: string;
  /** The name that this user goes by in guilds. */
  readonly nick?: string | undefined;
  readonly isBot: boolean;
  /** In every guild, beside the one that each bot has. */
  readonly roles?: readonly string[] | undefined;
  /** As interactions tell them; those of everybody where it is left out. */
  readonly permissions?: string | undefined;
}

export interface NewUser {
  readonly permissions?: string | undefined;
  readonly name: string;
  readonly nick?: string | undefined;
  readonly isBot?: boolean | undefined;
  readonly roles?: readonly string[] | undefined;
}

export interface EmulatedGuild {
  readonly id: string;
  readonly name: string;
  /** When the bot joined, in ms since 1970. */
  readonly joinedAt: number;
  /** The role that the platform makes for the bot. */
  readonly botRoleId: string;
}

export interface EmulatedChannel {
  readonly id: string;
  readonly type: number;
  readonly name: string;
  readonly guildId?: string | undefined;
  /** Of a thread: the channel it hangs under. */
  readonly parentId?: string | undefined;
  /** Of a direct message: the person. */
  readonly recipientId?: string | undefined;
  /** Of a thread: who began it; the bot where nobody is named. */
  readonly ownerId?: string | undefined;
  /** Of a forum: its tags. */
  readonly tags?: readonly EmulatedTag[] | undefined;
  /** Of a post: ids of the tags that it has. */
  appliedTags?: readonly string[] | undefined;
  /** In the order in which they are shown. */
  readonly messages: Map<string, EmulatedMessage>;
}

export interface EmulatedTag {
  readonly id: string;
  readonly name: string;
}

export interface EmulatedAttachment {
  readonly id?: string;
  readonly filename: string;
  readonly contentType: string;
  readonly size: number;
  readonly url: string;
  /** What an app has uploaded. */
  readonly content?: Buffer;
}

/** A message as a person sees it. An edit replaces the object. */
export interface EmulatedMessage {
  readonly id: string;
  readonly channelId: string;
  readonly guildId?: string | undefined;
  readonly author: EmulatedUser;
  readonly content: string;
  readonly createdAt: number;
  readonly editedAt?: number | undefined;
  readonly edits: number;
  readonly replyTo?: string | undefined;
  readonly flags: number;
  readonly attachments: readonly EmulatedAttachment[];
  /** Whom it notified: user ids, role ids, `everyone`. */
  readonly pings: readonly string[];
  readonly nonce?: string | undefined;
  readonly components?: readonly object[];
  /** Of a response to an interaction: which one, and whose. */
  readonly interaction?: { readonly id: string; readonly userId: string } | undefined;
}

export interface Draft {
  /** That of its thread, where it begins a post. */
  readonly id?: string | undefined;
  readonly channelId: string;
  readonly author: EmulatedUser;
  readonly content: string;
  readonly replyTo?: string | undefined;
  readonly flags?: number | undefined;
  readonly nonce?: string | undefined;
  readonly attachments?: readonly EmulatedAttachment[] | undefined;
  readonly allowedMentions?: AllowedMentions | undefined;
  readonly components?: readonly object[] | undefined;
  readonly interaction?: EmulatedMessage['interaction'];
}

export interface Change {
  readonly content: string;
  readonly attachments?: readonly EmulatedAttachment[];
  readonly flags?: number | undefined;
  readonly allowedMentions?: AllowedMentions | undefined;
  readonly components?: readonly object[] | undefined;
}

export interface NewChannel {
  readonly id?: string;
  readonly name: string;
  readonly type: number;
  readonly guildId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly recipientId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly tags?: readonly EmulatedTag[] | undefined;
  readonly appliedTags?: readonly string[] | undefined;
  /** Nobody is told: a direct message, or a channel that its guild brings along. */
  readonly silent?: boolean;
}

export interface NewPost extends Pick<NewChannel, 'name' | 'guildId' | 'parentId' | 'appliedTags'> {
  readonly author: EmulatedUser;
  readonly content: string;
  readonly messageFirst: boolean;
}

export type WorldChange =
  | { readonly type: 'guild_joined'; readonly guild: EmulatedGuild }
  | { readonly type: 'guild_left'; readonly guildId: string }
  | { readonly type: 'channel_created' | 'thread_created' | 'thread_updated'; readonly channel: EmulatedChannel }
  | MessageChange;

export interface MessageChange {
  readonly type: 'created' | 'updated' | 'deleted';
  readonly message: EmulatedMessage;
}

/** What stands on the platform: guilds, channels, people, messages. Every change is announced to the listeners, in order. */
export class World {
  readonly users = new Map<string, EmulatedUser>();
  readonly guilds = new Map<string, EmulatedGuild>();
  readonly channels = new Map<string, EmulatedChannel>();
  /** By channel: the permissions that the bot's role is denied there. */
  readonly denied = new Map<string, bigint>();
  /** By channel and person: what they may do there, where that differs from elsewhere. */
  readonly permitted = new Map<string, bigint>();
  /** Threads that are archived, and those that are locked. */
  readonly archived = new Set<string>();
  readonly locked = new Set<string>();
  /** What the bot's role has in every guild. */
  botPermissions = 309_237_763_136n;
  readonly bot: EmulatedUser;
  readonly nextId: () => string;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners = new Set<(change: WorldChange) => void>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.nextId = createSnowflakes(clock);
    this.bot = this.addUser({ name: 'Parley', isBot: true });
  }

  onChange(listener: (change: WorldChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  addUser({ name, nick, isBot = false, roles, permissions }: NewUser): EmulatedUser {
    const username = name.toLowerCase().replaceAll(/\W+/g, '_');
    const user = { id: this.nextId(), username, globalName: name, nick, isBot, roles, permissions };
    this.users.set(user.id, user);
    return user;
  }

  addGuild(name: string): EmulatedGuild {
    const guild = { id: this.nextId(), name, joinedAt: this.#clock.now(), botRoleId: this.nextId() };
    this.guilds.set(guild.id, guild);
    this.addChannel({ guildId: guild.id, name: 'general', type: channelTypes.text, silent: true });
    this.#announce({ type: 'guild_joined', guild });
    return guild;
  }

  removeGuild(guildId: string): void {
    this.guilds.delete(guildId);
    for (const channel of this.channels.values()) if (channel.guildId === guildId) this.channels.delete(channel.id);
    this.#announce({ type: 'guild_left', guildId });
  }

  addChannel({ silent = false, id = this.nextId(), ...rest }: NewChannel): EmulatedChannel {
    const channel = { id, ...rest, messages: new Map<string, EmulatedMessage>() };
    this.channels.set(id, channel);
    if (!silent) this.#announce({ type: channel.parentId === undefined ? 'channel_created' : 'thread_created', channel });
    return channel;
  }

  /** In a forum: a thread, and in it a message of the same id. Which of the two is told first is for the platform to know. */
  addPost({ messageFirst, author, content, ...thread }: NewPost): EmulatedMessage {
    const channel = this.addChannel({ ...thread, type: channelTypes.publicThread, ownerId: author.id, silent: true });
    const announce = (): void => this.#announce({ type: 'thread_created', channel });
    if (!messageFirst) announce();
    const message = this.post({ id: channel.id, channelId: channel.id, author, content });
    if (messageFirst) announce();
    return message;
  }

  tag(channel: EmulatedChannel, appliedTags: readonly string[]): void {
    channel.appliedTags = appliedTags;
    this.#announce({ type: 'thread_updated', channel });
  }

  setArchived(channel: EmulatedChannel, isArchived: boolean): void {
    if (this.archived.has(channel.id) === isArchived) return;
    if (isArchived) this.archived.add(channel.id);
    else this.archived.delete(channel.id);
    this.#announce({ type: 'thread_updated', channel });
  }

  lock(channel: EmulatedChannel): void {
    this.locked.add(channel.id);
    this.#announce({ type: 'thread_updated', channel });
  }

  /** The direct message channel with this person: one for ever. */
  directChannel(recipientId: string): EmulatedChannel {
    for (const channel of this.channels.values()) if (channel.recipientId === recipientId) return channel;
    return this.addChannel({ name: '', type: channelTypes.direct, recipientId, silent: true });
  }

  post(draft: Draft): EmulatedMessage {
    const channel = this.channels.get(draft.channelId);
    if (!channel) throw new RangeError(`The emulator has no channel ${draft.channelId}.`);
    const repliedTo = draft.replyTo === undefined ? undefined : channel.messages.get(draft.replyTo);
    const message: EmulatedMessage = {
      id: draft.id ?? this.nextId(),
      channelId: channel.id,
      guildId: channel.guildId,
      author: draft.author,
      content: draft.content.trim(),
      createdAt: this.#clock.now(),
      edits: 0,
      replyTo: draft.replyTo,
      flags: draft.flags ?? 0,
      attachments: draft.attachments ?? [],
      pings: pingsOf(draft.content, draft.allowedMentions, repliedTo?.author.id),
      nonce: draft.nonce,
      components: draft.components ?? [],
      interaction: draft.interaction,
    };
    channel.messages.set(message.id, message);
    this.#announce({ type: 'created', message });
    return message;
  }

  edit(message: EmulatedMessage, change: Change): EmulatedMessage {
    const edited: EmulatedMessage = {
      ...message,
      content: change.content.trim(),
      flags: change.flags ?? message.flags,
      components: change.components ?? message.components ?? [],
      attachments: change.attachments ?? message.attachments,
      // Mentions are parsed again, and without allowed mentions by the defaults, whatever the post said.
      pings: pingsOf(change.content, change.allowedMentions, undefined),
      editedAt: this.#clock.now(),
      edits: message.edits + 1,
    };
    this.channels.get(message.channelId)?.messages.set(message.id, edited);
    this.#announce({ type: 'updated', message: edited });
    return edited;
  }

  remove(message: EmulatedMessage): void {
    if (this.channels.get(message.channelId)?.messages.delete(message.id)) this.#announce({ type: 'deleted', message });
  }

  #announce(change: WorldChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
