import type { Question } from '../../src/bot-turns.ts';
import { isThread } from './conversation.ts';
import type { Place } from './conversation.ts';
import type { Places } from './places.ts';

/** What the operator has set for one channel, or one server. */
export interface DiscordPlace {
  /**
   * `mention`: answers mentions only. `follow`: also what is said in a thread that it takes part in. `all`: everything. `posts`: the posts of a forum.
   * `off`: nothing.
   */
  readonly mode?: 'mention' | 'follow' | 'all' | 'posts' | 'off' | undefined;
  /** Who may ask; everybody where it is left out. */
  readonly allow?: { readonly users?: readonly string[] | undefined; readonly roles?: readonly string[] | undefined } | undefined;
  /** Whether a question in the channel is answered in a thread of its own. */
  readonly autoThread?: boolean | undefined;
}

export interface Found {
  /** Of the profile. */
  readonly name: string;
  /** Of the settings that say a thing, for the operator. */
  readonly path: (field: keyof DiscordPlace) => string;
  readonly settings: DiscordPlace;
}

export interface PlaceSettings {
  /** Whether questions in channels are answered in a thread of their own, where a place does not say otherwise. */
  readonly autoThread: boolean;
  readonly guilds: Readonly<Record<string, DiscordPlace>>;
  readonly channels: Readonly<Record<string, DiscordPlace>>;
}

/** Whether any thread is opened anywhere. */
export function opensThreads({ guilds, channels, autoThread }: PlaceSettings): boolean {
  return autoThread || [...Object.values(guilds), ...Object.values(channels)].some((place) => place.autoThread === true);
}

/** Whether any forum is one of support cases. */
export function hasPosts({ guilds, channels }: Pick<PlaceSettings, 'guilds' | 'channels'>): boolean {
  return [...Object.values(guilds), ...Object.values(channels)].some(({ mode }) => mode === 'posts');
}

/** What the settings of places let the bot do, and so what it must be allowed. */
export function placeFeatures(settings: PlaceSettings): { readonly autoThread: boolean; readonly posts: boolean } {
  return { autoThread: opensThreads(settings), posts: hasPosts(settings) };
}

/** The settings of a place: those of the channel, what it does not say as the server says. */
export function createPlaceSettings({ guilds, channels }: Omit<PlaceSettings, 'autoThread'>, places: Places) {
  const hasChannels = Object.keys(channels).length > 0;

  function settingsOf(guildId: string, channelId: string): Found | undefined {
    const general = guilds[guildId];
    const own = channels[channelId];
    if (!own && !general) return undefined;
    const name = ['discord', general && guildId, own && channelId].filter((part) => part !== undefined).join('/');
    const path = (field: keyof DiscordPlace): string =>
      own?.[field] === undefined ? `discord.guilds.${guildId}.${field}` : `discord.channels.${channelId}.${field}`;
    return {
      name,
      path,
      settings: {
        mode: own?.mode ?? general?.mode,
        allow: own?.allow ?? general?.allow,
        autoThread: own?.autoThread ?? general?.autoThread,
      },
    };
  }

  /** `unknown`: Discord does not tell under which channel the thread hangs, so that its settings cannot be known. */
  async function find({ guildId, channelId, channelType }: Place): Promise<Found | 'unknown' | undefined> {
    if (guildId === undefined) return undefined;
    if (!hasChannels || channels[channelId] || !isThread({ channelId, channelType })) return settingsOf(guildId, channelId);
    const parent = await places.parentOf(channelId);
    return parent === undefined ? 'unknown' : settingsOf(guildId, parent);
  }

  async function refusalOf(question: Question, { settings, path }: Found, guildId: string): Promise<string | undefined> {
    if (settings.mode === 'off') return `${path('mode')} is off`;
    if (!settings.allow) return undefined;
    const { users = [], roles = [] } = settings.allow;
    if (users.includes(question.author.id)) return undefined;
    const own = roles.length === 0 ? new Set() : await places.rolesOf(guildId, question.author.id);
    if (!own) return `${path('allow')}: the roles of the author are not known`;
    return roles.some((role) => own.has(role)) ? undefined : `${path('allow')} does not name the author`;
  }

  return { settingsOf, find, refusalOf };
}
