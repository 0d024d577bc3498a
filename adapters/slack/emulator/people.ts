import type { Delivery } from './deliveries.ts';
import type { Announcer, EventOrder } from './events.ts';
import { createAtHome } from './at-home.ts';
import type { AtHome } from './at-home.ts';
import { createHands } from './hands.ts';
import type { Hands } from './hands.ts';
import type { Block } from './blocks.ts';
import type { EmulatedChannel, EmulatedFile, EmulatedUser, Metadata, StoredMessage, Whisper, World } from './world.ts';

export interface MessageAddress {
  /** Id of the channel. */
  readonly channel: string;
  readonly ts: string;
}

export interface Saying {
  /** Name or id; `general` by default. */
  readonly channel?: string;
  /** Name of the person; `Ada` by default. */
  readonly user?: string;
  /** As a person types it. */
  readonly text: string;
  readonly threadTs?: string;
  /** The text holds mentions and links in the platform's own markup, as its clients send them. */
  readonly raw?: boolean;
  /** Puts a mention of the bot before the text. */
  readonly mention?: boolean;
  /** Says it to the bot alone. */
  readonly direct?: boolean;
  /** Which of the two events of a mention is sent first; `app_mention` by default. */
  readonly order?: EventOrder;
  readonly files?: readonly EmulatedFile[];
}

export interface Said extends MessageAddress {
  /** Where an answer will stand. */
  readonly threadTs: string;
  readonly deliveries: readonly Delivery[];
  /** True once the bot has acknowledged one of its events, and so owes an answer; false when the emulator stops before. */
  readonly acknowledged: Promise<boolean>;
}

/** What another app writes. */
export interface BotSaying {
  readonly name: string;
  readonly channel?: string;
  /** In the platform's own markup. */
  readonly text: string;
  readonly threadTs?: string;
}

export interface GivenCommand {
  /** As in `/help`. */
  readonly command: string;
  readonly text?: string;
  readonly user?: string;
  readonly channel?: string;
  /** Gives it in the direct messages with the bot. */
  readonly direct?: boolean;
  /** The text holds mentions in the platform's own markup, as it passes them on where an app asks for that: `<@U012|name>`. */
  readonly raw?: boolean;
}

/** A message as a person sees it. */
export interface SeenMessage {
  readonly ts: string;
  readonly channelId: string;
  /** `ts` of the root; undefined outside of threads. */
  readonly threadTs: string | undefined;
  /** Name of the author. */
  readonly user: string;
  readonly isBot: boolean;
  /** What the author wrote; of the bot, the Markdown that it sent. */
  readonly text: string;
  /** Whether it still grows. */
  readonly streaming: boolean;
  readonly deleted: boolean;
  readonly edits: number;
  /** What can be pressed under it. */
  readonly blocks: readonly Block[];
  /** Names of the files that hang under it. */
  readonly files: readonly string[];
  /** People do not see it, but other apps do. */
  readonly metadata: Metadata | undefined;
}

export interface MessageChange {
  readonly type: 'posted' | 'updated' | 'deleted';
  readonly message: SeenMessage;
}

/** What people do and see. */
export interface People extends Hands, AtHome {
  user(name: string): EmulatedUser;
  channel(name: string, type?: 'channel' | 'group'): EmulatedChannel;
  direct(user: string): EmulatedChannel;
  groupDirect(users: readonly string[]): EmulatedChannel;
  say(words: Saying): Said;
  edit(said: MessageAddress, text: string): readonly Delivery[];
  remove(said: MessageAddress): readonly Delivery[];
  command(command: GivenCommand): Delivery;
  uninstall(): Delivery;
  userGroup(id: string, members: readonly string[]): void;
  whispers(user?: string): readonly Whisper[];
  otherBot(words: BotSaying): readonly Delivery[];
  thread(channel: string, threadTs: string): readonly SeenMessage[];
  messages(channel: string): readonly SeenMessage[];
  onMessage(listener: (change: MessageChange) => void): () => void;
}

const everyday = { channel: 'general', user: 'Ada' } as const;

function createPlaces(world: World): Pick<People, 'user' | 'channel' | 'direct' | 'groupDirect'> {
  return {
    user: (name) => world.user(name),
    channel: (name, type) => world.channel(name, type),
    direct: (user) => world.direct(world.user(user)),
    groupDirect: (users) => world.groupDirect(users.map((name) => world.user(name))),
  };
}

export function createPeople(world: World, announcer: Announcer): People {
  function say(words: Saying): Said {
    const {
      channel: name = everyday.channel,
      user: userName = everyday.user,
      text,
      threadTs,
      mention = false,
      direct = false,
      raw = false,
    } = words;
    const user = world.user(userName);
    const channel = direct ? world.direct(user) : world.channel(name);
    const typed = raw ? text : escape(text);
    const written = mention ? `<@${world.bot.id}> ${typed}` : typed;
    const message = world.post({ channel, user, text: written, threadTs, files: words.files ?? [] });
    const deliveries = announcer.posted(message, words.order ?? 'app_mention');
    const acknowledged = Promise.any(deliveries.map(whenAcknowledged)).catch(() => false);
    return { channel: channel.id, ts: message.ts, threadTs: threadTs ?? message.ts, deliveries, acknowledged };
  }

  function find({ channel, ts }: MessageAddress): StoredMessage {
    const message = world.find(channel, ts);
    if (!message) throw new RangeError(`There is no message ${ts} in ${channel}.`);
    return message;
  }

  return {
    ...createPlaces(world),
    say,
    edit: (said, text) => {
      const previous = find(said);
      const [mention = ''] = /^<@\w+> /.exec(previous.text) ?? [];
      const message = world.update(previous, { text: mention + escape(text) }, true);
      return announcer.changed(message, previous);
    },
    remove: (said) => {
      const previous = find(said);
      world.remove(previous);
      return announcer.deleted(previous);
    },
    command: ({ command, text = '', user: name = everyday.user, channel = everyday.channel, direct = false, raw = false }) => {
      const user = world.user(name);
      const place = direct ? world.direct(user) : world.channel(channel);
      return announcer.command({ command, text: raw ? text : escape(text), user, channel: place });
    },
    uninstall: () => announcer.uninstalled(),
    ...createOthers(world, announcer),
    ...createHands(world, announcer),
    ...createAtHome(world, announcer),
    thread: (channel, threadTs) =>
      stored(world, channel)
        .filter((message) => message.ts === threadTs || message.threadTs === threadTs)
        .map(toSeen),
    messages: (channel) => stored(world, channel).map(toSeen),
    onMessage: (listener) => world.onChange(({ type, message }) => listener({ type, message: toSeen(message) })),
  };
}

/** What is neither a person nor the bot, and what only one person sees. */
function createOthers(world: World, announcer: Announcer): Pick<People, 'userGroup' | 'whispers' | 'otherBot'> {
  return {
    userGroup: (id, members) =>
      world.userGroups.set(
        id,
        members.map((name) => world.user(name).id),
      ),
    whispers: (user = everyday.user) => world.whispers.filter(({ userId }) => userId === world.user(user).id),
    otherBot: ({ channel = everyday.channel, name, text, threadTs }) =>
      announcer.posted(
        world.post({ channel: world.channel(channel), user: world.otherBot(name), text, threadTs }),
        'app_mention',
      ),
  };
}

async function whenAcknowledged({ acknowledged }: Delivery): Promise<true> {
  if (await acknowledged) return true;
  throw new Error('The delivery was given up.');
}

function stored(world: World, channel: string): StoredMessage[] {
  return [...world.channel(channel).messages.values()];
}

function toSeen(message: StoredMessage): SeenMessage {
  const { ts, channelId, threadTs, user, text, blocks, files, streamingState, deleted, edits, metadata } = message;
  const streaming = streamingState === 'in_progress' && !deleted;
  const shown = user.isBot ? text : unescape(text);
  return {
    ts,
    channelId,
    threadTs,
    user: user.name,
    isBot: user.isBot,
    text: shown,
    files: files.map(({ name }) => name),
    streaming,
    deleted,
    edits,
    blocks,
    metadata,
  };
}

/** What a person types, as the platform passes it on. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function unescape(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
