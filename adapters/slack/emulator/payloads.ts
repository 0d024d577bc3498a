import { toFileObject, toFileStub } from './files.ts';
import { toTombstone } from './tombstone.ts';
import type { EmulatedChannel, EmulatedUser, StoredMessage, World } from './world.ts';

/** The bodies of the Events API, as the reference gives them. */

export type EventBody = Readonly<Record<string, unknown>>;

export interface EnvelopeData {
  readonly eventId: string;
  readonly now: number;
  /** Through which installation it comes; through that of the workspace by default. */
  readonly place?: { readonly teamId?: string | null; readonly isEnterpriseInstall?: boolean } | undefined;
}

/** Around every event. `eventId` names this event, not what it tells of. */
export function toEnvelope(world: World, event: EventBody, { eventId, now, place }: EnvelopeData): EventBody {
  const { teamId = world.teamId, isEnterpriseInstall = false } = place ?? {};
  return {
    token: 'verification-token-of-old',
    team_id: teamId,
    enterprise_id: world.enterpriseId,
    context_team_id: teamId,
    context_enterprise_id: world.enterpriseId,
    api_app_id: world.appId,
    event,
    type: 'event_callback',
    event_id: eventId,
    event_time: Math.floor(now / 1000),
    authorizations: [
      {
        enterprise_id: world.enterpriseId,
        team_id: isEnterpriseInstall ? null : teamId,
        ...{ user_id: world.bot.id, is_bot: true, is_enterprise_install: isEnterpriseInstall },
      },
    ],
    is_ext_shared_channel: false,
    event_context: `4-${eventId}`,
  };
}

export function toMessageEvent(world: World, message: StoredMessage): EventBody {
  const channel = channelOf(world, message);
  return {
    ...toInner(world, message),
    ...(message.files.length > 0 ? { subtype: 'file_share' } : {}),
    channel: channel.id,
    event_ts: message.ts,
    channel_type: channel.type,
  };
}

/** The second event that a mention in a channel causes. It does not say what kind of channel that is. */
export function toMentionEvent(world: World, message: StoredMessage): EventBody {
  return { ...toInner(world, message), type: 'app_mention', channel: message.channelId, event_ts: message.ts };
}

export function toChangeEvent(
  world: World,
  change: { message: StoredMessage; previous: StoredMessage; eventTs: string },
): EventBody {
  const { message, previous, eventTs } = change;
  const channel = channelOf(world, message);
  return {
    type: 'message',
    subtype: 'message_changed',
    message: toInner(world, message),
    previous_message: toInner(world, previous),
    channel: channel.id,
    hidden: true,
    ts: eventTs,
    event_ts: eventTs,
    channel_type: channel.type,
  };
}

export function toDeleteEvent(world: World, previous: StoredMessage, eventTs: string): EventBody {
  const channel = channelOf(world, previous);
  return {
    type: 'message',
    subtype: 'message_deleted',
    previous_message: toInner(world, previous),
    channel: channel.id,
    hidden: true,
    deleted_ts: previous.ts,
    event_ts: eventTs,
    ts: eventTs,
    channel_type: channel.type,
  };
}

/** A message with replies is not gone when it is deleted: a tombstone takes its place. */
export function toTombstoneEvent(world: World, previous: StoredMessage, eventTs: string): EventBody {
  const channel = channelOf(world, previous);
  return {
    type: 'message',
    subtype: 'message_changed',
    hidden: true,
    message: toTombstone(previous),
    previous_message: toInner(world, previous),
    channel: channel.id,
    ts: eventTs,
    event_ts: eventTs,
    channel_type: channel.type,
  };
}

/** The Stop button of an agent session was pressed. */
export function toStopEvent(stop: {
  readonly channel: string;
  readonly threadTs: string;
  readonly user: string;
  readonly streams: readonly string[];
  readonly eventTs: string;
}): EventBody {
  return {
    type: 'agent_session_stopped',
    channel: stop.channel,
    thread_ts: stop.threadTs,
    user: stop.user,
    streaming_message_ts: stop.streams,
    event_ts: stop.eventTs,
  };
}

export interface AppOpening {
  /** Id of the person. */
  readonly user: string;
  /** Of the direct messages with the app. */
  readonly channel: string;
  readonly tab: 'home' | 'messages';
  /** What is shown there already. */
  readonly view?: EventBody;
  readonly eventTs: string;
}

/** Somebody has opened the app: https://docs.slack.dev/reference/events/app_home_opened. */
export function toOpenedEvent({ eventTs, ...opening }: AppOpening): EventBody {
  return { type: 'app_home_opened', ...opening, event_ts: eventTs };
}

export interface SlashCommand {
  readonly command: string;
  readonly text: string;
  readonly user: EmulatedUser;
  readonly channel: EmulatedChannel;
  readonly triggerId: string;
  readonly responseUrl: string;
}

export function toCommandBody(world: World, { command, text, user, channel, ...ids }: SlashCommand): Record<string, string> {
  const { triggerId, responseUrl } = ids;
  return {
    token: 'verification-token-of-old',
    team_id: world.teamId,
    team_domain: 'parley',
    ...(world.enterpriseId === null ? {} : { enterprise_id: world.enterpriseId }),
    channel_id: channel.id,
    channel_name: channel.name || 'directmessage',
    user_id: user.id,
    user_name: user.name,
    command,
    text,
    api_app_id: world.appId,
    is_enterprise_install: 'false',
    response_url: responseUrl,
    trigger_id: triggerId,
  };
}

function toInner(world: World, message: StoredMessage): EventBody {
  const { user, ts, threadTs, text, files, streamingState, editedTs } = message;
  const { botId = world.botId, appId = world.appId } = user;
  const ofBot = {
    bot_id: botId,
    app_id: appId,
    bot_profile: { id: botId, app_id: appId, name: user.name, team_id: world.teamId },
  };
  return {
    user: user.id,
    type: 'message',
    ts,
    ...(user.isBot ? ofBot : { client_msg_id: `00000000-0000-4000-8000-${ts.replace('.', '').slice(-12)}` }),
    text,
    team: world.teamId,
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(files.length > 0 ? { files: files.map((file) => (file.isStub ? toFileStub(file) : toFileObject(world, file))) } : {}),
    ...(streamingState === undefined ? {} : { streaming_state: streamingState }),
    ...(editedTs === undefined ? {} : { edited: { user: user.id, ts: editedTs } }),
    blocks: [
      { type: 'rich_text', block_id: 'b1', elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }] },
    ],
  };
}

function channelOf(world: World, { channelId }: StoredMessage): EmulatedChannel {
  const channel = world.channels.get(channelId);
  if (!channel) throw new RangeError(`The emulator has no channel ${channelId}.`);
  return channel;
}
