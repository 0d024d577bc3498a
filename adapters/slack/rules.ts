import type { AcceptResult } from '../../src/adapter.ts';
import { createBotTurns } from '../../src/bot-turns.ts';
import type { Question } from '../../src/bot-turns.ts';
import { withTimeout } from '../../src/clock.ts';
import { toConversationId } from '../../src/conversation-id.ts';
import { describeError } from '../../src/errors.ts';
import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import { createChannelLookup } from './channel-settings.ts';
import type { SlackCaller } from './client.ts';
import { toCommandConversationId } from './command.ts';
import type { ChannelLookupOptions, FoundChannel, SlackChannel } from './channel-settings.ts';
import { adapterName, parseDestination, toDestination, toThreadConversationId } from './conversation.ts';

export interface RulesOptions extends ChannelLookupOptions {
  readonly slack: SlackCaller;
  readonly followThreads: boolean;
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

/** Who is answered where, and how, as the operator has set it. */
export function createRules(options: RulesOptions): Rules {
  const { followThreads, channels, slack } = options;
  const lookup = createChannelLookup(options);
  const hasSettings = Object.keys(channels).length > 0;
  const limitBots = createBotTurns({ ...options, adapter: adapterName });
  const note = createNotes(options);

  async function refuse(event: Question, found: FoundChannel): Promise<Question> {
    if (found === 'unknown') return { ...event, refusal: 'slack.channels: the name of the channel is not known' };
    if (!found) return event;
    const { key, settings } = found;
    if (settings.mode === 'off') return { ...event, refusal: `slack.channels.${key}.mode is off` };
    const { users = [], groups = [] } = settings.allow ?? {};
    const isAllowed =
      !settings.allow || users.includes(event.author.id) || (await lookup.isInGroup(event.author.id, groups, slack.of(event)));
    return isAllowed ? event : { ...event, refusal: `slack.channels.${key}.allow does not name the author` };
  }

  function isWanted(event: InboundMessage, settings: SlackChannel): boolean {
    if (event.addressed || event.isDirect) return true;
    const isFollowed = (settings.reply ?? 'thread') === 'thread' && followThreads;
    return (settings.mode ?? (isFollowed ? 'follow' : 'mention')) === 'follow';
  }

  async function apply(event: InboundEvent): Promise<InboundEvent | undefined> {
    const channel = channelOf(event);
    const found = hasSettings && channel !== undefined ? await lookup.find(channel, slack.of(event)) : undefined;
    const settings = found && found !== 'unknown' ? found.settings : {};
    if (event.type === 'edit' || event.type === 'delete') return { ...event, conversationId: placeOf(event, settings) };
    if (event.type !== 'message' && event.type !== 'command') return event;
    if (event.type === 'message' && settings.mode !== 'off' && !isWanted(event, settings)) return undefined;
    const profile = found && found !== 'unknown' ? { profile: `${adapterName}/${found.key}` } : {};
    const checked = await refuse({ ...event, ...profile, ...replyIn(event, settings) }, found);
    return checked.refusal === undefined ? limitBots(checked) : checked;
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

function noteFor(refusal: string): string {
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

function replyIn(event: Question, settings: SlackChannel): Partial<Pick<Question, 'destination' | 'conversationId'>> {
  const destination = parseDestination(event.destination);
  if (!destination || !settings.reply || settings.reply === 'thread') return {};
  if (settings.reply === 'ephemeral') {
    // Outside of threads a note to one person stands in the channel: there is no thread yet to put it into.
    const { threadTs, ...outside } = destination;
    const isInThread = threadTs !== undefined && (event.type === 'command' || event.replyTo !== undefined);
    const { tenant, author } = event;
    const place = { tenant, channel: destination.channel, userId: author.id, isPrivate: true };
    return {
      destination: toDestination({ ...outside, ...(isInThread ? { threadTs } : {}), ephemeral: true }),
      ...(event.type === 'command' && event.name !== 'summarise' ? { conversationId: toCommandConversationId(place) } : {}),
    };
  }
  if (event.type !== 'message' || event.replyTo !== undefined || event.isDirect) return {};
  const { threadTs: _, ...outside } = destination;
  return { destination: toDestination(outside), conversationId: placeOf(event, settings) };
}
