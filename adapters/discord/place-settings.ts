import type { Question } from '../../src/bot-turns.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import { layerProfileNames, toPlaceProfileName } from '../../src/place-settings.ts';
import type { PlaceChange } from '../../src/place-settings.ts';
import { isThread } from './conversation.ts';
import type { Place } from './conversation.ts';
import { parsePlaceRules } from './place-rules.ts';
import type { Allowed, Mode } from './place-rules.ts';
import type { Places } from './places.ts';

/** What is set for one channel, or one server. */
export interface DiscordPlace {
  /**
   * `mention`: answers mentions only. `follow`: also what is said in a thread that it takes part in. `all`: everything. `posts`: the posts of a forum.
   * `off`: nothing.
   */
  readonly mode?: Mode | undefined;
  /** Who may ask; everybody where it is left out. */
  readonly allow?: Allowed | undefined;
  /** Whether a question in the channel is answered in a thread of its own. */
  readonly autoThread?: boolean | undefined;
  /** For the core, as are the next two. */
  readonly instructions?: string | undefined;
  readonly language?: string | undefined;
  readonly model?: string | undefined;
}

export interface Found {
  /** Of the profile. */
  readonly name: string;
  /** Of the settings that say a thing, for the operator. */
  readonly path: (field: keyof DiscordPlace) => string;
  readonly settings: DiscordPlace;
}

/** What was set in one way for one place: by the operator, or by admins. */
export interface Layer {
  readonly where: 'channel' | 'server';
  readonly settings: Omit<DiscordPlace, 'allow'> & { readonly allow?: 'everyone' | Allowed | undefined };
  /** Who set it, and when; undefined for the configuration. */
  readonly set?: PlaceChange;
  /** Of a thing that it says, for the operator. */
  readonly path: (field: keyof DiscordPlace) => string;
}

/** The place of what is set for a whole server. */
export const wholeServer = 'server';

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

interface PlaceSettingsOptions extends Omit<PlaceSettings, 'autoThread'> {
  /** What admins have set; undefined where they may set nothing. */
  readonly held?: HeldPlaces | undefined;
}

/**
 * The settings of a place: those of the channel, what it does not say as the server says; and of each of the two what admins have set goes before
 * the configuration.
 */
export function createPlaceSettings({ guilds, channels, held }: PlaceSettingsOptions, places: Places) {
  const hasChannels = Object.keys(channels).length > 0;

  /** What counts first stands first. */
  function layersOf(guildId: string, channelId: string): readonly Layer[] {
    return [
      setLayer(held?.get(guildId, channelId), 'channel'),
      configuredLayer(channels[channelId], { where: 'channel', path: `discord.channels.${channelId}` }),
      setLayer(held?.get(guildId, wholeServer), 'server'),
      configuredLayer(guilds[guildId], { where: 'server', path: `discord.guilds.${guildId}` }),
    ].filter((layer) => layer !== undefined);
  }

  function settingsOf(guildId: string, channelId: string): Found | undefined {
    const layers = layersOf(guildId, channelId);
    const [first] = layers;
    if (!first) return undefined;
    const holding = (field: keyof DiscordPlace): Layer | undefined =>
      layers.find(({ settings }) => settings[field] !== undefined);
    const allow = holding('allow')?.settings.allow;
    return {
      name: toProfileName(layers, { guildId, channelId }),
      path: (field) => (holding(field) ?? first).path(field),
      settings: {
        mode: holding('mode')?.settings.mode,
        allow: allow === 'everyone' ? undefined : allow,
        autoThread: holding('autoThread')?.settings.autoThread,
      },
    };
  }

  /** Whether the channel decides at all what holds in this server. */
  function distinguishesChannels(guildId: string): boolean {
    return hasChannels || (held?.placesOf(guildId).some((place) => place !== wholeServer) ?? false);
  }

  /** `unknown`: Discord does not tell under which channel the thread hangs, so that its settings cannot be known. */
  async function find({ guildId, channelId, channelType }: Place): Promise<Found | 'unknown' | undefined> {
    if (guildId === undefined) return undefined;
    if (!distinguishesChannels(guildId) || channels[channelId] || !isThread({ channelId, channelType }))
      return settingsOf(guildId, channelId);
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

  return { layersOf, settingsOf, find, refusalOf };
}

function configuredLayer(
  settings: DiscordPlace | undefined,
  { where, path }: { readonly where: Layer['where']; readonly path: string },
): Layer | undefined {
  return settings && { where, settings, path: (field) => `${path}.${field}` };
}

function setLayer(set: PlaceChange | undefined, where: Layer['where']): Layer | undefined {
  if (!set) return undefined;
  const settings = { ...set.settings.profile, ...parsePlaceRules(set.settings.rules) };
  if (Object.keys(settings).length === 0) return undefined;
  const place = where === 'server' ? 'the server' : `channel ${set.place}`;
  return { where, settings, set, path: (field) => `${field}, as admins set it for ${place},` };
}

/** The names under which the core knows the voices of these layers. */
function toProfileName(layers: readonly Layer[], { guildId, channelId }: { guildId: string; channelId: string }): string {
  const configured = { channel: channelId, server: guildId };
  const has = (where: Layer['where'], isSet: boolean) =>
    layers.some((layer) => layer.where === where && (layer.set !== undefined) === isSet);
  const wheres = (['server', 'channel'] as const).filter((where) => has(where, true) || has(where, false));
  if (!layers.some(({ set }) => set)) return ['discord', ...wheres.map((where) => configured[where])].join('/');
  const nameOf = (where: Layer['where']): string => {
    if (!has(where, true)) return `discord/${configured[where]}`;
    const place = where === 'server' ? wholeServer : channelId;
    const base = has(where, false) ? configured[where] : undefined;
    return toPlaceProfileName({ adapter: 'discord', tenant: guildId, place, base });
  };
  return layerProfileNames(wheres.toReversed().map(nameOf));
}
