import type { AcceptResult } from '../../src/adapter.ts';
import { createBotTurns } from '../../src/bot-turns.ts';
import type { Question } from '../../src/bot-turns.ts';
import { withTimeout } from '../../src/clock.ts';
import { toConversationId } from '../../src/conversation-id.ts';
import { describeError } from '../../src/errors.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import { toPlaceProfileName } from '../../src/place-settings.ts';
import type { PlaceChange } from '../../src/place-settings.ts';
import { createChannelLookup } from './channel-settings.ts';
import type { SlackCaller } from './client.ts';
import { toCommandConversationId } from './command.ts';
import type { ChannelLookup, ChannelLookupOptions, SlackChannel } from './channel-settings.ts';
import { adapterName, parseDestination, toDestination, toThreadConversationId } from './conversation.ts';
import { overlay, parsePlaceRules } from './place-settings.ts';

export interface RulesOptions extends ChannelLookupOptions {
  readonly slack: SlackCaller;
  readonly followThreads: boolean;
  /** User groups that count as roles of those who are in them. */
  readonly roles: readonly string[];
  /** What admins have set; undefined where they may set nothing. */
  readonly places?: HeldPlaces | undefined;
  /** How many messages of other bots are answered in one conversation within an hour. */
  readonly botTurnsPerHour: number;
}

export interface Rules {
  /** The event as the operator's rules want it: with its profile, its place, or the reason to refuse it. Undefined where it is for nobody here. */
  apply(event: InboundEvent): Promise<InboundEvent | undefined>;
  /** Tells people what was refused, once for each of them and channel; nothing for what has come before. Does not wait, and never rejects. */
  tell(events: readonly InboundEvent[], results: readonly AcceptResult[]): void;
}

const dayMs = 24 * 60 * 60_000;
const maxKept = 5_000;
const timeoutMs = 10_000;

const notes = {
  off: 'I do not answer in this channel. Please ask me somewhere else, or write to me directly.',
  notAllowed: 'Sorry, only some people may ask me in this channel. Whoever runs me here can add you.',
  unknown: 'Sorry, I cannot tell at the moment who may ask me in this channel, so I do not answer here.',
} as const;

/** What holds for a place, under which name, and how it is answered there. */
type FoundRules = { readonly settings: SlackChannel; readonly name: string; readonly profile: string } | 'unknown' | undefined;

/** Who is answered where, and how, as the operator has set it. */
export function createRules(options: RulesOptions): Rules {
  const { followThreads, channels, roles, slack, places } = options;
  const lookup = createChannelLookup(options);
  const find = createFind(lookup, options);
  const hasSettings = Object.keys(channels).length > 0;
  const limitBots = createBotTurns({ ...options, adapter: adapterName });
  const note = createNotes(options);

  async function refuse(event: Question, found: FoundRules): Promise<Question> {
    if (found === 'unknown') return { ...event, refusal: 'slack.channels: the name of the channel is not known' };
    if (!found) return event;
    const { name, settings } = found;
    if (settings.mode === 'off') return { ...event, refusal: `${name}.mode is off` };
    const { users = [], groups = [] } = settings.allow ?? {};
    const isAllowed =
      !settings.allow || users.includes(event.author.id) || (await lookup.isInGroup(event.author.id, groups, slack.of(event)));
    return isAllowed ? event : { ...event, refusal: `${name}.allow does not name the author` };
  }

  function isWanted(event: InboundMessage, settings: SlackChannel): boolean {
    if (event.addressed || event.isDirect) return true;
    const isFollowed = (settings.reply ?? 'thread') === 'thread' && followThreads;
    return (settings.mode ?? (isFollowed ? 'follow' : 'mention')) === 'follow';
  }

  async function withRoles<Event extends Pick<Question, 'author' | 'tenant'>>(event: Event): Promise<Event> {
    const { author } = event;
    if (roles.length === 0 || author.isBot) return event;
    const isIn = await Promise.all(roles.map((role) => lookup.isInGroup(author.id, [role], slack.of(event))));
    return { ...event, author: { ...author, roles: roles.filter((_, index) => isIn[index]) } };
  }

  async function apply(event: InboundEvent): Promise<InboundEvent | undefined> {
    const channel = channelOf(event);
    const set = channel === undefined ? undefined : places?.get(event.tenant, channel);
    const found = (hasSettings || set) && channel !== undefined ? await find(event, { channel, set }) : undefined;
    const settings = found && found !== 'unknown' ? found.settings : {};
    if (event.type === 'edit' || event.type === 'delete') return { ...event, conversationId: placeOf(event, settings) };
    if (event.type === 'action') return withRoles(event);
    if (event.type !== 'message' && event.type !== 'command') return event;
    if (event.type === 'message' && settings.mode !== 'off' && !isWanted(event, settings)) return undefined;
    const profile = found && found !== 'unknown' ? { profile: found.profile } : {};
    const checked = await refuse({ ...event, ...profile, ...replyIn(event, settings) }, found);
    return checked.refusal === undefined ? limitBots(await withRoles(checked)) : checked;
  }

  return {
    apply,
    tell: (events, results) => {
      for (const [index, event] of events.entries()) {
        if ((event.type !== 'message' && event.type !== 'command') || event.refusal === undefined) continue;
        const isAddressed = event.type === 'command' || event.addressed;
        if (isAddressed && results[index]?.status === 'ignored') void note(event);
      }
    },
  };
}

interface Looked {
  readonly channel: string;
  readonly set: PlaceChange | undefined;
}

/** What the operator has set for the channel, and over that what admins have. */
function createFind(lookup: ChannelLookup, { channels, slack }: RulesOptions) {
  const hasSettings = Object.keys(channels).length > 0;

  return async function find(event: InboundEvent, { channel, set }: Looked): Promise<FoundRules> {
    const configured = hasSettings ? await lookup.find(channel, slack.of(event)) : undefined;
    if (configured === 'unknown') return configured;
    const { key, settings: own = {} } = configured ?? {};
    const name = `slack.channels.${key}`;
    if (!set) return configured && { settings: own, name, profile: `${adapterName}/${key}` };
    return {
      settings: overlay(own, parsePlaceRules(set.settings.rules)),
      name: `${configured ? `${name} and ` : ''}what admins set for ${channel}`,
      profile: toPlaceProfileName({ adapter: adapterName, tenant: event.tenant, place: channel, base: key }),
    };
  };
}

/** Tells a person that a question is refused; each once a day and channel. */
function createNotes({ slack, clock, log, stopping }: RulesOptions): (question: Question) => Promise<void> {
  const told = new Map<string, number>();

  return async function note(question: Question): Promise<void> {
    const { refusal = '', author, destination } = question;
    const { channel } = parseDestination(destination) ?? {};
    const key = `${channel}:${author.id}`;
    if (channel === undefined || author.isBot || (told.get(key) ?? 0) > clock.now()) return;
    if (told.size >= maxKept) told.clear();
    told.set(key, clock.now() + dayMs);
    const { signal, clear } = withTimeout(clock, timeoutMs, stopping);
    try {
      // Nobody sees a note in a thread that does not exist yet.
      const thread = question.type === 'message' && question.replyTo ? { thread_ts: question.replyTo } : {};
      await slack
        .of(question)
        .call('chat.postEphemeral', { channel, user: author.id, text: noteFor(refusal), ...thread }, signal);
    } catch (error) {
      log.warn('slack did not take the note that a question is refused', { channel, error: describeError(error) });
    } finally {
      clear();
    }
  };
}

/** What a person is told. */
export function noteFor(refusal: string): string {
  if (refusal.endsWith('is off')) return notes.off;
  return refusal.includes('.allow ') ? notes.notAllowed : notes.unknown;
}

function channelOf(event: InboundEvent): string | undefined {
  if ('destination' in event) return parseDestination(event.destination)?.channel;
  if (event.type !== 'edit' && event.type !== 'delete') return undefined;
  return event.eventId.split(':', 1)[0];
}

/** Where answers stand in the channel itself, what is said there is one conversation; threads stay what they are. */
function placeOf(event: InboundEvent & { readonly messageId: string }, { reply }: SlackChannel): string {
  const channel = channelOf(event);
  const { tenant, conversationId, messageId } = event;
  if (reply !== 'channel' || channel === undefined) return conversationId;
  const isOutside = conversationId === toThreadConversationId({ tenant, channel, threadTs: messageId });
  return isOutside ? toConversationId({ adapter: adapterName, tenant, path: [channel, 'channel'] }) : conversationId;
}

function replyIn(
  event: Question,
  settings: SlackChannel,
): Partial<Pick<Question, 'destination' | 'conversationId' | 'audience'>> {
  const destination = parseDestination(event.destination);
  if (!destination || !settings.reply || settings.reply === 'thread') return {};
  if (settings.reply === 'ephemeral') {
    // Outside of threads a note to one person stands in the channel: there is no thread yet to put it into.
    const { threadTs, ...outside } = destination;
    const isInThread = threadTs !== undefined && (event.type === 'command' || event.replyTo !== undefined);
    const { tenant, author } = event;
    const place = { tenant, channel: destination.channel, userId: author.id, isPrivate: true };
    return {
      audience: 'author',
      destination: toDestination({ ...outside, ...(isInThread ? { threadTs } : {}), ephemeral: true }),
      ...(event.type === 'command' && event.name !== 'summarise' ? { conversationId: toCommandConversationId(place) } : {}),
    };
  }
  if (event.type !== 'message' || event.replyTo !== undefined || event.isDirect) return {};
  const { threadTs: _, ...outside } = destination;
  return { destination: toDestination(outside), conversationId: placeOf(event, settings) };
}
