import { agentStateOf, toStatus, updateTasks } from './agents.ts';
import { readBlocks } from './blocks.ts';
import { Refusal, string } from './arguments.ts';
import { metadataOf, ownMessage, textOf, writableChannel } from './methods.ts';
import type { Args, Method } from './arguments.ts';
import type { StoredMessage, World } from './world.ts';

export interface StreamMethodOptions {
  readonly world: World;
  readonly now: () => number;
  /** How long a stream may last before the platform closes it. */
  readonly streamLifeMs: number;
}

export interface StreamMethods {
  readonly methods: Readonly<Record<string, Method>>;
  /** Closes what is over its time. */
  closeOld(): void;
  /** Closes every stream, as when its time is over. */
  closeAll(): void;
  /** Ends the streams of a thread because a person wants no more of them; returns their `ts`. */
  stopIn(channelId: string, threadTs: string): readonly string[];
}

/** Of all blocks of a message together, as far as is known: https://github.com/slackapi/bolt-js/issues/2509. */
const maxMessage = 13_200;

function grown(message: StoredMessage, args: Args): string {
  const text = message.text + textOf(args);
  if (text.length > maxMessage) throw new Refusal('msg_blocks_too_long');
  return text;
}

/** A message that grows: started, appended to, stopped. While it streams it can be neither updated nor deleted; afterwards it cannot be appended to. */
export function createStreamMethods({ world, now, streamLifeMs }: StreamMethodOptions): StreamMethods {
  const stopped = new Set<string>();

  function streaming(args: Args): StoredMessage {
    const message = ownMessage(world, args, { missing: 'message_not_found', foreign: 'message_not_owned_by_app' });
    if (stopped.has(message.ts)) throw new Refusal('stopped_by_user');
    if (message.streamingState !== 'in_progress') throw new Refusal('message_not_in_streaming_state');
    return message;
  }

  const methods: Record<string, Method> = {
    'chat.startStream': (args) => {
      const channel = writableChannel(world, args);
      const threadTs = string(args['thread_ts']);
      if (threadTs === '') throw new Refusal('invalid_thread_ts');
      if (channel.type !== 'im') checkRecipient(args);
      const message = world.post({ channel, user: world.bot, text: textOf(args), threadTs, streaming: true });
      updateTasks(world, message, args);
      return { channel: channel.id, ts: message.ts };
    },
    'chat.appendStream': (args) => {
      const message = streaming(args);
      const text = grown(message, args);
      const hasTasks = updateTasks(world, message, args);
      if (text === message.text && !hasTasks) throw new Refusal('no_text');
      world.update(message, { text }, false);
      return { channel: message.channelId, ts: message.ts };
    },
    'chat.stopStream': (args) => {
      const message = streaming(args);
      const { blocks: given, ...others } = args;
      const text = grown(message, others);
      updateTasks(world, message, args);
      const blocks = readBlocks(given)?.interactive ?? [];
      const metadata = metadataOf(args);
      updateSession(world, message, args);
      world.update(message, { text, blocks, metadata, streamingState: 'completed' }, false);
      return { channel: message.channelId, ts: message.ts };
    },
  };

  return {
    methods,
    closeOld: () => close(world, ({ streamedSince = now() }) => now() - streamedSince > streamLifeMs),
    closeAll: () => close(world, () => true),
    stopIn: (channelId, threadTs) => {
      const growing = growingIn(world, channelId, threadTs);
      for (const message of growing) {
        stopped.add(message.ts);
        world.update(message, { streamingState: 'completed' }, false);
      }
      return growing.map(({ ts }) => ts);
    },
  };
}

function checkRecipient(args: Args): void {
  if (string(args['recipient_team_id']) === '') throw new Refusal('missing_recipient_team_id');
  if (string(args['recipient_user_id']) === '') throw new Refusal('missing_recipient_user_id');
}

function growingIn(world: World, channelId: string, threadTs: string): StoredMessage[] {
  const messages = [...(world.channels.get(channelId)?.messages.values() ?? [])];
  return messages.filter((each) => each.threadTs === threadTs && each.streamingState === 'in_progress' && !each.deleted);
}

function close(world: World, isOver: (message: StoredMessage) => boolean): void {
  for (const { messages } of world.channels.values()) {
    for (const message of messages.values()) {
      if (message.streamingState !== 'in_progress' || message.deleted || !isOver(message)) continue;
      world.update(message, { streamingState: 'errored' }, false);
    }
  }
}

function updateSession(world: World, { channelId, threadTs }: StoredMessage, { session_status: given }: Args): void {
  if (given === undefined) return;
  const status = toStatus(given);
  const { sessions } = agentStateOf(world);
  const session = sessions.get(`${channelId} ${threadTs}`);
  if (session) sessions.set(`${channelId} ${threadTs}`, { ...session, status });
}
