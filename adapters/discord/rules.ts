import type { AcceptResult, AdapterContext } from '../../src/adapter.ts';
import { createBotTurns } from '../../src/bot-turns.ts';
import type { Question } from '../../src/bot-turns.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { InboundEvent } from '../../src/message.ts';
import { createAutoThread } from './auto-thread.ts';
import { parseDestination } from './conversation.ts';
import type { Place } from './conversation.ts';
import { createPlaceSettings, hasPosts, opensThreads } from './place-settings.ts';
import type { DiscordPlace, Layer, PlaceSettings } from './place-settings.ts';
import { createPosts } from './posts.ts';
import type { PostRules } from './posts.ts';
import { Places } from './places.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';

export interface RuleSettings extends PlaceSettings, PostRules {
  /** How many messages of other bots are answered in one conversation within an hour. */
  readonly botTurnsPerHour: number;
}

export interface Rules {
  /** The context whose `accept` takes events as the operator's rules want them. */
  readonly context: AdapterContext;
  /** Whether the bot is to hear what does not speak to it in this channel. */
  hears(place: Place): boolean;
  readonly hearsBots: boolean;
  /** What is set for a channel that is no thread; what counts first stands first. */
  layersOf(guildId: string, channelId: string): readonly Layer[];
  /** Whether the posts of this forum are support cases. */
  hasCases(guildId: string, forumId: string): boolean;
  /** Takes every dispatch. */
  learn(dispatch: Fields): void;
}

interface RuleMeans {
  readonly rest: Rest;
  readonly context: AdapterContext;
  readonly signal: AbortSignal;
  /** What admins have set; undefined where they may set nothing. */
  readonly held?: HeldPlaces | undefined;
}

/** Who is answered where, and how, as the operator and admins have set it; undefined where nothing is set, which costs nothing then. */
export function createRules(ruleSettings: RuleSettings, { rest, context, signal, held }: RuleMeans): Rules | undefined {
  const { guilds, channels, botTurnsPerHour, autoThread } = ruleSettings;
  const mayThread = held !== undefined || opensThreads(ruleSettings);
  if (!mayThread && Object.keys({ ...guilds, ...channels }).length === 0 && botTurnsPerHour === 0) return undefined;
  const { clock, log } = context;
  const places = new Places({ rest, clock, log, signal });
  const { layersOf, settingsOf, find, refusalOf } = createPlaceSettings({ guilds, channels, held }, places);
  const { inThread, relocate } = createAutoThread({ settingsOf, autoThread, places });
  const hasCases = (guildId: string, forumId: string): boolean => settingsOf(guildId, forumId)?.settings.mode === 'posts';
  const posts = held || hasPosts(ruleSettings) ? createPosts({ ...ruleSettings, hasCases }, places) : undefined;
  const limitBots = createBotTurns({ adapter: 'discord', botTurnsPerHour });

  async function apply(event: InboundEvent): Promise<InboundEvent | undefined> {
    if (event.type === 'edit' || event.type === 'delete') {
      const retitled = posts && event.type === 'edit' ? await posts.edited(event) : event;
      return mayThread ? relocate(retitled) : retitled;
    }
    if (event.type !== 'message' && event.type !== 'command') return event;
    const question = await judge(event);
    return question && mayThread ? inThread(question) : question;
  }

  async function judge(event: Question): Promise<Question | undefined> {
    const place = parseDestination(event.destination);
    const found = place && (await find(place));
    if (!found || place.guildId === undefined) return limitBots(event);
    if (found === 'unknown') {
      const refusal = 'discord.channels: the channel of the thread is not known';
      return event.type === 'message' && !event.addressed ? undefined : { ...event, refusal };
    }
    const { mode = 'follow' } = found.settings;
    const heard = await hear(event, { mode, place });
    if (!heard) return undefined;
    // What people say to each other is nobody's business where the bot is to answer mentions only, or nothing.
    if (heard.type === 'message' && !heard.addressed && mode !== 'follow') return undefined;
    const question = { ...heard, profile: found.name };
    const refusal = await refusalOf(question, found, place.guildId);
    return refusal === undefined ? limitBots(question) : { ...question, refusal };
  }

  async function hear(
    event: Question,
    { mode, place }: { mode: DiscordPlace['mode']; place: Place },
  ): Promise<Question | undefined> {
    if (mode === 'posts') return posts?.judge(event, place);
    return event.type === 'message' && mode === 'all' ? { ...event, addressed: true } : event;
  }

  return {
    context: { ...context, accept: (events, state) => acceptBy(apply, { context, events, state }) },
    hears: ({ guildId, channelId }) => guildId !== undefined && settingsOf(guildId, channelId)?.settings.mode === 'all',
    hearsBots: botTurnsPerHour > 0,
    layersOf,
    hasCases,
    learn: (dispatch) => places.learn(dispatch),
  };
}

interface Acceptance {
  readonly context: AdapterContext;
  readonly events: Parameters<AdapterContext['accept']>[0];
  readonly state: Parameters<AdapterContext['accept']>[1];
}

const dropped: AcceptResult = { status: 'ignored', reason: 'not for the bot' };

async function acceptBy(
  apply: (event: InboundEvent) => Promise<InboundEvent | undefined>,
  { context, events, state }: Acceptance,
): Promise<readonly AcceptResult[]> {
  const applied: (InboundEvent | undefined)[] = [];
  // One after the other: what they count depends on their order.
  for (const event of events) applied.push(await apply(event));
  const wanted = applied.filter((event) => event !== undefined);
  const results = wanted.length === 0 && !state ? [] : await context.accept(wanted, state);
  const next = results.values();
  return applied.map((event) => (event ? (next.next().value ?? dropped) : dropped));
}
