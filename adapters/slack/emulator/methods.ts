import { isRecord, Refusal, string } from './arguments.ts';
import type { Args, Method } from './arguments.ts';
import { readBlocks } from './blocks.ts';
import { createViewMethods } from './desk.ts';
import { createHomeMethods, roleFields } from './home-tab.ts';
import { toTombstone } from './tombstone.ts';
import type { EmulatedChannel, Metadata, StoredMessage, World } from './world.ts';

export interface MethodOptions {
  readonly world: World;
  /** How many messages one page holds at most. */
  readonly pageSize: number;
  readonly onStatus: (status: ThreadStatus) => void;
}

export interface ThreadStatus {
  readonly channelId: string;
  readonly threadTs: string;
  readonly status: string;
}

/** As the reference gives them; whatever is longer is refused. */
const maxMarkdown = 12_000;

/** The methods that a bot token may call, streams apart. */
export function createMethods(options: MethodOptions): Readonly<Record<string, Method>> {
  return {
    ...createChatMethods(options),
    ...createReadMethods(options),
    ...createOtherMethods(options),
    ...createViewMethods(options.world),
    ...createHomeMethods(options.world),
  };
}

function createChatMethods({ world }: MethodOptions): Record<string, Method> {
  return {
    'chat.postMessage': (args) => {
      const channel = writableChannel(world, args);
      const text = textOf(args);
      if (text === '') throw new Refusal('no_text');
      const threadTs = string(args['thread_ts']) || undefined;
      const blocks = readBlocks(args['blocks'])?.interactive;
      const message = world.post({ channel, user: world.bot, text, threadTs, blocks, metadata: metadataOf(args) });
      return { channel: channel.id, ts: message.ts, message: toReadable(world, message, false) };
    },
    'chat.postEphemeral': (args) => {
      const channel = writableChannel(world, args);
      const text = textOf(args);
      if (text === '') throw new Refusal('no_text');
      const user = world.users.get(string(args['user']));
      if (!user || user.isBot) throw new Refusal('user_not_in_channel');
      return { message_ts: world.whisper({ channel, user, text, threadTs: string(args['thread_ts']) || undefined }) };
    },
    'chat.update': (args) => {
      const channel = writableChannel(world, args);
      const message = ownMessage(world, args, { missing: 'message_not_found', foreign: 'cant_update_message' });
      if (message.streamingState === 'in_progress') throw new Refusal('streaming_state_conflict');
      const text = textOf(args);
      if (text === '') throw new Refusal('no_text');
      // What is given without blocks takes those that were there away.
      const blocks = readBlocks(args['blocks'])?.interactive ?? [];
      const changed = world.update(message, { text, blocks, metadata: metadataOf(args) ?? message.metadata }, true);
      return { channel: channel.id, ts: changed.ts, text, message: toReadable(world, changed, false) };
    },
    'chat.delete': (args) => {
      const message = ownMessage(world, args, { missing: 'message_not_found', foreign: 'cant_delete_message' });
      if (message.streamingState === 'in_progress') throw new Refusal('cant_delete_message');
      world.remove(message);
      return { channel: message.channelId, ts: message.ts };
    },
  };
}

function createReadMethods({ world, pageSize }: MethodOptions): Record<string, Method> {
  return {
    'conversations.replies': (args) => {
      const channel = readableChannel(world, args);
      const first = channel.messages.get(string(args['ts']));
      const root = first && (!first.deleted || world.isTombstone(first)) ? first : undefined;
      const replies = visible(channel).filter(({ threadTs }) => threadTs === args['ts']);
      if (!root && replies.length === 0) throw new Refusal('thread_not_found');
      const inRange = replies.filter((message) => isInRange(message, args));
      return toPage(world, root ? [root, ...inRange] : inRange, { args, pageSize });
    },
    'conversations.history': (args) => {
      const channel = readableChannel(world, args);
      const shown = [...channel.messages.values()].filter((message) => !message.deleted || world.isTombstone(message));
      const topLevel = shown.filter(({ ts, threadTs }) => threadTs === undefined || threadTs === ts);
      const newestFirst = topLevel.filter((message) => isInRange(message, args)).toReversed();
      return toPage(world, newestFirst, { args, pageSize });
    },
  };
}

function createOtherMethods({ world, pageSize, onStatus }: MethodOptions): Record<string, Method> {
  return {
    'auth.test': () => ({
      url: 'https://parley.slack.test/',
      ...{ team: world.name, team_id: world.teamId, enterprise_id: world.enterpriseId },
      ...{ user: world.bot.name, user_id: world.bot.id, bot_id: world.botId },
      is_enterprise_install: false,
    }),
    'users.info': (args) => {
      const user = world.users.get(string(args['user']));
      if (!user) throw new Refusal('user_not_found');
      const { id, name, isBot } = user;
      const profile = { real_name: name, display_name: name };
      const known = { id, team_id: world.teamId, name: name.toLowerCase(), real_name: name, is_bot: isBot, profile };
      return { user: { ...known, ...roleFields(world, id) } };
    },
    'conversations.info': (args) => {
      const channel = world.channels.get(string(args['channel']));
      if (!channel || (isPrivate(channel) && !channel.hasBot)) throw new Refusal('channel_not_found');
      const { id, name, type, isArchived, hasBot } = channel;
      const kind = { is_channel: type === 'channel', is_group: type === 'group', is_im: type === 'im', is_mpim: type === 'mpim' };
      const state = { is_archived: isArchived, is_private: type !== 'channel' };
      return { channel: { id, ...(type === 'im' ? {} : { name, name_normalized: name, is_member: hasBot }), ...kind, ...state } };
    },
    'conversations.members': (args) => {
      const channel = readableChannel(world, args);
      const members = [...channel.members, ...(channel.hasBot ? [world.bot.id] : [])];
      const from = Number(string(args['cursor']) || 0);
      const size = Math.min(Number(args['limit'] ?? 100), pageSize);
      const next = from + size < members.length ? String(from + size) : '';
      return { members: members.slice(from, from + size), response_metadata: { next_cursor: next } };
    },
    'conversations.open': (args) => {
      const user = world.users.get(string(args['users']));
      if (!user) throw new Refusal('user_not_found');
      if (user.isBot) throw new Refusal('cannot_dm_bot');
      return { channel: { id: world.direct(user).id } };
    },
    'usergroups.users.list': (args) => {
      const members = world.userGroups.get(string(args['usergroup']));
      if (!members) throw new Refusal('no_such_subteam');
      return { users: members };
    },
    'assistant.threads.setStatus': (args) => {
      const channel = readableChannel(world, { channel: args['channel_id'] });
      onStatus({ channelId: channel.id, threadTs: string(args['thread_ts']), status: string(args['status']) });
      return {};
    },
  };
}

function isPrivate({ type }: EmulatedChannel): boolean {
  return type === 'group' || type === 'mpim';
}

function readableChannel(world: World, args: Args): EmulatedChannel {
  const channel = world.channels.get(string(args['channel']));
  if (!channel || (isPrivate(channel) && !channel.hasBot)) throw new Refusal('channel_not_found');
  if (!channel.hasBot) throw new Refusal('not_in_channel');
  return channel;
}

export function writableChannel(world: World, args: Args): EmulatedChannel {
  const channel = readableChannel(world, args);
  if (channel.isArchived) throw new Refusal('is_archived');
  return channel;
}

export function ownMessage(
  world: World,
  args: Args,
  refusals: { readonly missing: string; readonly foreign: string },
): StoredMessage {
  const channel = readableChannel(world, args);
  const message = world.find(channel.id, string(args['ts']));
  if (!message) throw new Refusal(refusals.missing);
  if (!message.user.isBot) throw new Refusal(refusals.foreign);
  return message;
}

/** `markdown_text`, the text in `chunks`, or `text`: one of them. */
export function textOf(args: Args): string {
  const markdown = string(args['markdown_text']);
  const chunks = json(args['chunks'], 'invalid_chunks');
  if (markdown !== '' && (args['text'] !== undefined || chunks !== undefined || args['blocks'] !== undefined)) {
    throw new Refusal('markdown_text_conflict');
  }
  const ofBlocks = readBlocks(args['blocks'])?.text;
  // Beside blocks `text` is what notifications say.
  const text = Array.isArray(chunks) ? chunks.map(chunkText).join('') : markdown || ofBlocks || string(args['text']);
  if (text.length > maxMarkdown) throw new Refusal('msg_too_long');
  return text;
}

export function metadataOf(args: Args): Metadata | undefined {
  const metadata = json(args['metadata'], 'invalid_metadata_format');
  if (metadata === undefined) return undefined;
  const { event_type: type, event_payload: payload } = isRecord(metadata) ? metadata : {};
  if (typeof type !== 'string' || !isRecord(payload)) throw new Refusal('invalid_metadata_format');
  return { event_type: type, event_payload: payload };
}

/** In a form, what is not a text comes as JSON. */
function json(value: unknown, refusal: string): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new Refusal(refusal);
  }
}

function chunkText(chunk: unknown): string {
  return isRecord(chunk) && chunk['type'] === 'markdown_text' ? string(chunk['text']) : '';
}

function visible(channel: EmulatedChannel): StoredMessage[] {
  return [...channel.messages.values()].filter(({ deleted }) => !deleted);
}

function isInRange({ ts }: StoredMessage, args: Args): boolean {
  const oldest = Number(args['oldest'] ?? 0);
  const latest = Number(args['latest'] ?? Number.POSITIVE_INFINITY);
  const inclusive = isTrue(args['inclusive']);
  return inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest;
}

function toPage(world: World, messages: readonly StoredMessage[], { args, pageSize }: { args: Args; pageSize: number }) {
  const size = Math.min(Number(args['limit'] ?? 100) || 100, pageSize);
  const from = Number(string(args['cursor']).replace('from:', '')) || 0;
  const hasMore = from + size < messages.length;
  return {
    messages: messages
      .slice(from, from + size)
      .map((message) =>
        message.deleted ? toTombstone(message) : toReadable(world, message, isTrue(args['include_all_metadata'])),
      ),
    has_more: hasMore,
    response_metadata: { next_cursor: hasMore ? `from:${from + size}` : '' },
  };
}

/** The platform never gives Markdown back: it has made blocks of it, and a text in its own markup. */
function toReadable(world: World, message: StoredMessage, withMetadata: boolean) {
  const { user, ts, threadTs, text, files, streamingState, editedTs, metadata } = message;
  const shown = files.map(({ id, name, mimetype, size }) => ({ id, name, title: name, mimetype, size, mode: 'hosted' }));
  return {
    type: 'message',
    ...(files.length > 0 ? { files: shown } : {}),
    user: user.id,
    ts,
    text: user.isBot ? text.replaceAll(/\*\*(.+?)\*\*/g, '*$1*').replaceAll(/^#+ /gm, '') : text,
    team: world.teamId,
    ...(user.isBot ? { bot_id: world.botId, app_id: world.appId } : {}),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(streamingState === undefined ? {} : { streaming_state: streamingState }),
    ...(editedTs === undefined ? {} : { edited: { user: user.id, ts: editedTs } }),
    ...(withMetadata && metadata ? { metadata } : {}),
  };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true' || value === '1';
}
