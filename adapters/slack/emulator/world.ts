import type { Clock } from '../../../src/clock.ts';
import type { Block } from './blocks.ts';
import { Desk } from './desk.ts';

export interface EmulatedUser {
  readonly id: string;
  readonly name: string;
  readonly isBot: boolean;
  /** Of an app that is not the one under test. */
  readonly botId?: string;
  readonly appId?: string;
}

export interface EmulatedChannel {
  readonly id: string;
  readonly name: string;
  readonly type: 'channel' | 'group' | 'mpim' | 'im';
  /** Of a direct message: the person. */
  readonly userId?: string;
  /** Whether the bot is a member. */
  hasBot: boolean;
  /** Ids of the people who are: whoever writes somewhere has joined before. */
  readonly members: Set<string>;
  isArchived: boolean;
  /** By `ts`, in the order in which they were written; deleted ones included. */
  readonly messages: Map<string, StoredMessage>;
}

export interface Metadata {
  readonly event_type: string;
  readonly event_payload: Readonly<Record<string, unknown>>;
}

export interface EmulatedFile {
  readonly name: string;
  readonly mimetype: string;
  readonly size: number;
  /** What can be downloaded; nothing by default. */
  readonly content?: Uint8Array | undefined;
  /** Whether events hold only a stub of it, as in channels shared with another organisation. */
  readonly isStub?: boolean;
  /** Where it claims to be, in place of where it is. */
  readonly url?: string;
  /** The download ends after one byte without ending, or leads elsewhere. */
  readonly fault?: 'stall' | { readonly redirect: string };
  /** Given when it is posted. */
  readonly id?: string;
}

/** A file in the workspace. */
export interface StoredFile extends EmulatedFile {
  readonly id: string;
  content: Uint8Array | undefined;
  /** Whether an upload has been completed. */
  isShared: boolean;
}

/** `streaming_state` as the platform shows it: `errored` is a stream that nobody stopped in time. */
export type StreamingState = 'in_progress' | 'completed' | 'errored';

/** A change replaces the object. */
export interface StoredMessage {
  readonly ts: string;
  readonly channelId: string;
  /** `ts` of the root; undefined outside of threads. */
  readonly threadTs?: string | undefined;
  readonly user: EmulatedUser;
  readonly text: string;
  /** What can be pressed under it. */
  readonly blocks: readonly Block[];
  readonly files: readonly StoredFile[];
  readonly streamingState?: StreamingState | undefined;
  /** ms since 1970. */
  readonly streamedSince?: number | undefined;
  readonly metadata?: Metadata | undefined;
  readonly editedTs?: string | undefined;
  readonly edits: number;
  readonly deleted: boolean;
}

export interface Draft {
  readonly channel: EmulatedChannel;
  readonly user: EmulatedUser;
  readonly text: string;
  readonly threadTs?: string | undefined;
  readonly files?: readonly EmulatedFile[];
  readonly blocks?: readonly Block[] | undefined;
  readonly metadata?: Metadata | undefined;
  readonly streaming?: boolean;
}

/** A note that one person sees, until the client is closed. */
export interface Whisper {
  readonly ts: string;
  readonly channelId: string;
  readonly userId: string;
  readonly threadTs: string | undefined;
  readonly text: string;
}

export interface WorldChange {
  readonly type: 'posted' | 'updated' | 'deleted';
  readonly message: StoredMessage;
  readonly previous?: StoredMessage;
}

export interface Place {
  /** One digit. */
  readonly serial?: number;
  readonly name?: string;
  /** The organisation that the workspace belongs to. */
  readonly enterpriseId?: string | null;
  /** In an organisation the bot is the same in every workspace. */
  readonly botSerial?: number;
}

/** What stands in the workspace. Every change is announced to the listeners, in order. */
export class World {
  readonly teamId: string;
  readonly name: string;
  readonly enterpriseId: string | null;
  readonly appId = 'A0PARLEY01';
  readonly botId: string;
  readonly bot: EmulatedUser;
  /** Tells the ids of one workspace from those of the others. */
  readonly serial: number;
  readonly users = new Map<string, EmulatedUser>();
  readonly channels = new Map<string, EmulatedChannel>();
  /** Ids of the people in each user group. */
  readonly userGroups = new Map<string, readonly string[]>();
  readonly whispers: Whisper[] = [];
  readonly desk: Desk;
  readonly files = new Map<string, StoredFile>();
  /** What was asked for of the files, and with which credential. */
  readonly downloads: { readonly id: string; readonly authorization: string | undefined }[] = [];
  /** Where files are. */
  filesUrl = 'https://files.slack.test';
  readonly #clock: Pick<Clock, 'now'>;
  readonly #listeners = new Set<(change: WorldChange) => void>();
  #lastMicros = 0;

  constructor(clock: Pick<Clock, 'now'>, { serial = 0, name = 'Parley', enterpriseId = null, botSerial = serial }: Place = {}) {
    this.#clock = clock;
    this.teamId = `T${serial}PARLEY01`;
    this.desk = new Desk(clock, this.teamId);
    this.serial = serial;
    this.name = name;
    this.enterpriseId = enterpriseId;
    this.botId = `B${botSerial}PARLEY01`;
    this.bot = { id: `U${botSerial}PARLEY01`, name: 'parley', isBot: true };
    this.users.set(this.bot.id, this.bot);
  }

  onChange(listener: (change: WorldChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The clock's time in microseconds, never twice the same and never earlier than the one before. */
  nextTs(): string {
    this.#lastMicros = Math.max(this.#clock.now() * 1000, this.#lastMicros + 1);
    const micros = String(Math.floor(this.#lastMicros)).padStart(7, '0');
    return `${micros.slice(0, -6)}.${micros.slice(-6)}`;
  }

  user(name: string): EmulatedUser {
    for (const user of this.users.values()) if (user.name === name) return user;
    const user = { id: toId(`U${this.serial}`, this.users.size), name, isBot: false };
    this.users.set(user.id, user);
    return user;
  }

  otherBot(name: string): EmulatedUser {
    const known = this.users.get(`U0BOT${name.toUpperCase()}`);
    const bot = known ?? {
      id: `U0BOT${name.toUpperCase()}`,
      name,
      isBot: true,
      botId: `B0BOT${name.toUpperCase()}`,
      appId: `A0${name.toUpperCase()}`,
    };
    this.users.set(bot.id, bot);
    return bot;
  }

  /** By id or name; made at the first mention of the name. */
  channel(name: string, type: 'channel' | 'group' = 'channel'): EmulatedChannel {
    const known = this.channels.get(name);
    if (known) return known;
    for (const channel of this.channels.values()) if (channel.name === name) return channel;
    return this.#addChannel({ id: toId(`C${this.serial}`, this.channels.size), name, type });
  }

  /** The conversation of this person and the bot: one for ever. */
  direct(user: EmulatedUser): EmulatedChannel {
    for (const channel of this.channels.values()) if (channel.userId === user.id) return channel;
    return this.#addChannel({ id: toId(`D${this.serial}`, this.channels.size), name: '', type: 'im', userId: user.id });
  }

  /** The conversation of these people and the bot. */
  groupDirect(users: readonly EmulatedUser[]): EmulatedChannel {
    const name = `mpdm-${users.map((user) => user.name.toLowerCase()).join('--')}-1`;
    for (const channel of this.channels.values()) if (channel.name === name) return channel;
    const channel = this.#addChannel({ id: toId(`C${this.serial}`, this.channels.size), name, type: 'mpim' });
    for (const { id } of users) channel.members.add(id);
    return channel;
  }

  whisper({ channel, user, text, threadTs }: Draft): string {
    const ts = this.nextTs();
    this.whispers.push({ ts, channelId: channel.id, userId: user.id, threadTs, text });
    return ts;
  }

  post({ channel, user, text, threadTs, files = [], blocks = [], metadata, streaming = false }: Draft): StoredMessage {
    const message: StoredMessage = {
      ts: this.nextTs(),
      channelId: channel.id,
      threadTs,
      user,
      text,
      blocks,
      files: files.map((file) => (file.id === undefined ? undefined : this.files.get(file.id)) ?? this.addFile(file)),
      metadata,
      ...(streaming ? { streamingState: 'in_progress', streamedSince: this.#clock.now() } : {}),
      edits: 0,
      deleted: false,
    };
    channel.members.add(user.id);
    channel.messages.set(message.ts, message);
    this.#announce({ type: 'posted', message });
    return message;
  }

  addFile(file: EmulatedFile): StoredFile {
    const stored = { ...file, id: toId(`F${this.serial}`, this.files.size), content: file.content, isShared: false };
    this.files.set(stored.id, stored);
    return stored;
  }

  /** An `edit` is marked as one; a stream that grows or ends is not. */
  update(
    previous: StoredMessage,
    change: Partial<Pick<StoredMessage, 'text' | 'blocks' | 'metadata' | 'streamingState'>>,
    edit: boolean,
  ): StoredMessage {
    const edited = edit ? { edits: previous.edits + 1, editedTs: this.nextTs() } : {};
    const message = { ...previous, ...change, ...edited };
    this.channels.get(previous.channelId)?.messages.set(previous.ts, message);
    this.#announce({ type: 'updated', message, previous });
    return message;
  }

  remove(previous: StoredMessage): void {
    const message = { ...previous, deleted: true };
    this.channels.get(previous.channelId)?.messages.set(previous.ts, message);
    this.#announce({ type: 'deleted', message, previous });
  }

  /** The message, unless it is deleted or was never there. */
  find(channelId: string, ts: string): StoredMessage | undefined {
    const message = this.channels.get(channelId)?.messages.get(ts);
    return message?.deleted ? undefined : message;
  }

  /** Whether it was deleted and still shows where its thread hangs, as long as somebody has replied. */
  isTombstone({ channelId, ts, deleted }: StoredMessage): boolean {
    const replies = [...(this.channels.get(channelId)?.messages.values() ?? [])];
    return deleted && replies.some((reply) => reply.threadTs === ts && reply.ts !== ts && !reply.deleted);
  }

  #addChannel(channel: Pick<EmulatedChannel, 'id' | 'name' | 'type' | 'userId'>): EmulatedChannel {
    const added = {
      ...channel,
      hasBot: true,
      isArchived: false,
      members: new Set<string>(),
      messages: new Map<string, StoredMessage>(),
    };
    this.channels.set(added.id, added);
    return added;
  }

  #announce(change: WorldChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function toId(kind: string, count: number): string {
  return `${kind}${String(count).padStart(8, '0')}`;
}
