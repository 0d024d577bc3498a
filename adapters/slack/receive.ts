import { toConversationId } from '../../src/conversation-id.ts';
import type { Attachment, Author, InboundEvent, InboundMessage } from '../../src/message.ts';
import { defaultCommands, toCommand } from './command.ts';
import type { CommandContext, SlackCommands } from './command.ts';
import { adapterName, isTs, toDestination, toMessageEventId, toMillis, toThreadConversationId } from './conversation.ts';
import { mentions, namedIn, toMarkdown } from './mrkdwn.ts';
import type { NameOf } from './mrkdwn.ts';

/** Whom events are for, where they do not say it themselves. */
export interface ReceivingBot {
  readonly userId?: string | undefined;
  readonly botId?: string | undefined;
  readonly appId?: string | undefined;
  /** When the request came, in ms since 1970: slash commands do not tell when they were given. */
  readonly receivedAt: number;
  /** Whether messages of other bots count; none does while it is not known who the bot itself is. */
  readonly takesBots?: boolean;
  /** Names of people and channels, as far as they are known. */
  readonly nameOf?: NameOf;
  readonly commands?: SlackCommands;
  /** See respond.ts. */
  readonly seal?: CommandContext['seal'];
}

/**
 * What a request of Slack means to Parley: nothing, for most kinds of events. Pure, and safe with any body.
 *
 * A mention in a channel comes twice, as `app_mention` and as `message`, under two `event_id`s. Both become the same InboundMessage under
 * the same key, made of channel and `ts`.
 */
export function toEvents(body: unknown, bot: ReceivingBot): InboundEvent[] {
  if (!isRecord(body)) return [];
  if (body['type'] === 'event_callback') return toEventsOfCallback(body, bot);
  if (!('command' in body)) return [];
  const { receivedAt, nameOf, commands = defaultCommands, seal } = bot;
  return toCommand(body, { receivedAt, nameOf, commands, seal });
}

type Fields = Readonly<Record<string, unknown>>;

interface Envelope {
  readonly tenant: string;
  readonly bot: ReceivingBot;
  readonly event: Fields;
  /** Whether people of other organisations are in the channel: https://docs.slack.dev/apis/events-api/#callback-field (`is_ext_shared_channel`). */
  readonly isShared: boolean;
  /** When Slack sent it on, in ms since 1970; undefined where it does not say. */
  readonly sentOnAt: number | undefined;
}

function toEventsOfCallback(body: Fields, known: ReceivingBot): InboundEvent[] {
  const { event } = body;
  const tenant = tenantOf(body);
  if (!isRecord(event) || tenant === '') return [];
  const envelope = {
    tenant,
    event,
    isShared: body['is_ext_shared_channel'] === true,
    bot: { ...known, userId: botUserId(body) ?? known.userId, appId: text(body['api_app_id']) || undefined },
    sentOnAt: sentOnAt(body),
  };
  if (event['type'] === 'app_uninstalled' || isBotRevoked(event)) return toUninstall(body, envelope);
  if (event['type'] === 'agent_session_stopped') return toStop(body, envelope);
  if (event['type'] !== 'message' && event['type'] !== 'app_mention') return [];
  if (event['subtype'] === 'message_changed') return toEdit(envelope);
  if (event['subtype'] === 'message_deleted') return toDelete(envelope);
  return toMessage(envelope);
}

/** The workspace; the removal from an organisation names none. */
export function tenantOf(body: Fields): string {
  return text(body['context_team_id']) || text(body['team_id']) || text(body['enterprise_id']);
}

/** The installation that the event was sent for names the bot; `authorizations` holds one entry, of a user where the app has no bot. */
function botUserId({ authorizations }: Fields): string | undefined {
  const first: unknown = Array.isArray(authorizations) ? authorizations[0] : undefined;
  return isRecord(first) && first['is_bot'] !== false ? text(first['user_id']) || undefined : undefined;
}

function sentOnAt({ event_time: seconds }: Fields): number | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** The kinds of messages that a person writes. Everything else with a subtype is a notice: joined, renamed, pinned. */
const writtenByPeople = new Set<unknown>([undefined, 'file_share', 'thread_broadcast', 'me_message']);

function toMessage({ tenant, bot, event, isShared, sentOnAt }: Envelope): InboundEvent[] {
  const { channel, ts, user } = event;
  const author = isOfBot(event, bot) ? toBot(event, bot) : isId(user) && toAuthor(user, event);
  if (!isId(channel) || !isTs(ts) || !author) return [];
  if (!writtenByPeople.has(event['subtype']) && !author.isBot) return [];
  const raw = text(event['text']);
  const threadTs = isTs(event['thread_ts']) ? event['thread_ts'] : ts;
  const isDirect = event['channel_type'] === 'im';
  const message: InboundMessage = {
    type: 'message',
    ...{ adapter: adapterName, tenant, eventId: toMessageEventId(channel, ts), messageId: ts, isDirect },
    // What Slack itself held back counts from when it let it go, but never from the future.
    sentAt: Math.max(toMillis(ts), Math.min(sentOnAt ?? 0, bot.receivedAt)),
    conversationId: toThreadConversationId({ tenant, channel, threadTs }),
    author,
    text: toMarkdown(raw, bot.userId, bot.nameOf),
    attachments: toAttachments(event['files']),
    ...toAudience(event, isShared),
    addressed: isDirect || event['type'] === 'app_mention' || mentions(raw, bot.userId),
    ...(threadTs === ts ? {} : { replyTo: threadTs }),
    destination: toDestination({ channel, threadTs, teamId: teamOf(event) || tenant, userId: author.id, named: named(raw, bot) }),
  };
  return [message];
}

/** A mention that comes as `app_mention` says nothing of its channel. `channel` is a public one: https://docs.slack.dev/reference/events/message.channels. */
function toAudience({ channel_type: type }: Fields, isShared: boolean): Pick<InboundMessage, 'audience'> {
  if (isShared) return { audience: 'outside' };
  return type === 'channel' ? { audience: 'public' } : {};
}

/** The bot itself is nobody that an answer calls. */
function named(raw: string, { userId, nameOf }: ReceivingBot): ReadonlyMap<string, string> {
  return new Map([...namedIn(raw, nameOf)].filter(([id]) => id !== userId));
}

/** Slack also reports a change when a link is unfurled, or a reply hangs itself under a message: then the text is what it was. */
function toEdit(envelope: Envelope): InboundEvent[] {
  const { tenant, bot, event } = envelope;
  const { channel, message, previous_message: previous } = event;
  if (!isId(channel) || !isRecord(message) || !isTs(message['ts'])) return [];
  // A deleted message that has replies stays in their place, as a stone that Slackbot has set.
  if (message['subtype'] === 'tombstone') return toDelete(envelope);
  if (isOfBot(message, bot)) return [];
  if (isRecord(previous) && previous['text'] === message['text']) return [];
  const { ts, edited } = message;
  const editedTs = isRecord(edited) && isTs(edited['ts']) ? edited['ts'] : event['event_ts'];
  if (!isTs(editedTs)) return [];
  return [
    {
      type: 'edit',
      ...{ adapter: adapterName, tenant, messageId: ts, sentAt: toMillis(editedTs) },
      eventId: `${toMessageEventId(channel, ts)}:edit:${editedTs}`,
      conversationId: toThreadConversationId({ tenant, channel, threadTs: threadOf(message, ts) }),
      text: toMarkdown(text(message['text']), bot.userId, bot.nameOf),
    },
  ];
}

function toDelete({ tenant, bot, event }: Envelope): InboundEvent[] {
  const { channel, message, previous_message: previous, event_ts: eventTs } = event;
  const gone = event['deleted_ts'] ?? (isRecord(message) ? message['ts'] : undefined);
  if (!isId(channel) || !isTs(gone) || (isRecord(previous) && isOfBot(previous, bot))) return [];
  const threadTs = isRecord(previous) ? threadOf(previous, gone) : gone;
  return [
    {
      type: 'delete',
      ...{ adapter: adapterName, tenant, messageId: gone, sentAt: toMillis(isTs(eventTs) ? eventTs : gone) },
      eventId: `${toMessageEventId(channel, gone)}:delete`,
      conversationId: toThreadConversationId({ tenant, channel, threadTs }),
    },
  ];
}

/**
 * Somebody has pressed the Stop button of an agent session; see https://docs.slack.dev/reference/events/agent_session_stopped. It belongs to the
 * thread, and stands there only while something is at work in it, from before there is a message: `streaming_message_ts` is empty then, and
 * names any of the messages of a long answer later. So it means all that waits.
 */
function toStop(body: Fields, { tenant, event, bot, sentOnAt }: Envelope): InboundEvent[] {
  const { event_id: eventId } = body;
  const { channel, thread_ts: threadTs, user } = event;
  if (!isId(eventId) || !isId(channel) || !isTs(threadTs) || !isId(user)) return [];
  return [
    {
      type: 'stop',
      ...{ adapter: adapterName, tenant, eventId: `stop:${eventId}`, sentAt: sentOnAt ?? bot.receivedAt },
      conversationId: toThreadConversationId({ tenant, channel, threadTs }),
      author: toAuthor(user, {}),
    },
  ];
}

/** `tokens_revoked` also tells of people who have taken back what they granted. */
function isBotRevoked({ type, tokens }: Fields): boolean {
  return type === 'tokens_revoked' && isRecord(tokens) && Array.isArray(tokens['bot']) && tokens['bot'].length > 0;
}

function toUninstall(body: Fields, { tenant, bot, sentOnAt }: Envelope): InboundEvent[] {
  const { event_id: eventId } = body;
  if (!isId(eventId)) return [];
  const sentAt = sentOnAt ?? bot.receivedAt;
  const conversationId = toConversationId({ adapter: adapterName, tenant, path: ['app'] });
  return [{ type: 'uninstall', adapter: adapterName, tenant, eventId, conversationId, sentAt }];
}

/** Another bot as an author; undefined where nobody wants to hear of it, or it is the bot itself. */
function toBot(event: Fields, bot: ReceivingBot): Author | undefined {
  const { bot_id: botId, user, subtype, app_id: appId } = event;
  if (!bot.takesBots || !bot.userId || !bot.botId || user === bot.userId || botId === bot.botId || user === 'USLACKBOT')
    return undefined;
  if (subtype !== undefined && subtype !== 'bot_message') return undefined;
  const id = isId(user) ? user : botId;
  if (!isId(id) || (bot.appId !== undefined && appId === bot.appId)) return undefined;
  const profile = isRecord(event['bot_profile']) ? event['bot_profile'] : {};
  return { id, name: text(profile['name']) || text(event['username']) || id, isBot: true };
}

/** Whatever a program wrote, itself included: two bots that answer each other never stop. */
function isOfBot(message: Fields, bot: ReceivingBot): boolean {
  if (text(message['bot_id']) !== '' || isRecord(message['bot_profile']) || message['subtype'] === 'bot_message') return true;
  return message['user'] === 'USLACKBOT' || (bot.userId !== undefined && message['user'] === bot.userId);
}

function toAuthor(id: string, { user_profile: profile, username }: Fields): Author {
  const names = isRecord(profile) ? [profile['display_name'], profile['real_name'], profile['name']] : [username];
  return { id, name: names.map(text).find((name) => name !== '') ?? id, isBot: false };
}

const maxAttachments = 20;

function toAttachments(files: unknown): Attachment[] {
  if (!Array.isArray(files)) return [];
  return files.slice(0, maxAttachments).flatMap((file: unknown) => {
    if (!isRecord(file)) return [];
    const { id, size, file_access: access } = file;
    // In channels shared with others only `files.info` tells the rest.
    const isStub = access === 'check_file_info';
    if (access === 'file_not_found' || file['mode'] === 'tombstone' || file['mode'] === 'hidden_by_limit') return [];
    const url = text(file['url_private_download']) || text(file['url_private']);
    return {
      ...(isId(id) ? { id } : {}),
      name: text(file['name']) || text(file['title']) || 'file',
      mimeType: text(file['mimetype']) || 'application/octet-stream',
      ...(typeof size === 'number' && Number.isFinite(size) && size >= 0 ? { sizeBytes: size } : {}),
      ...(url === '' || isStub ? {} : { url }),
    };
  });
}

function teamOf(event: Fields): string {
  return text(event['user_team']) || text(event['team']);
}

function threadOf({ thread_ts: threadTs }: Fields, ts: string): string {
  return isTs(threadTs) ? threadTs : ts;
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Ids go into keys and columns: anything longer is none of Slack's. */
function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 255;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
