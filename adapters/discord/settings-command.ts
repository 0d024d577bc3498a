import { maxPlaceLanguage } from '../../src/place-settings.ts';
import { isThread } from './conversation.ts';
import type { Place } from './conversation.ts';
import { hasPermission } from './features.ts';
import { modes } from './place-rules.ts';
import type { Allowed, Mode, PlaceRules } from './place-rules.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import { parsePersona } from './settings-form.ts';
import { isSnowflake } from './snowflake.ts';

/** Somebody has used /settings, or sent its form off. */
export interface SettingsRequest {
  /** The same for every delivery of it. */
  readonly id: string;
  readonly guildId: string;
  readonly target: 'server' | 'channel';
  readonly channel: SettingsChannel;
  readonly author: { readonly id: string; readonly name: string };
  readonly mayManageServer: boolean;
  readonly action: SettingsAction;
}

export interface SettingsChannel {
  readonly id: string;
  /** Of a thread the channel counts that it hangs under. */
  readonly isThread: boolean;
  /** Where Discord said it. */
  readonly parentId: string | undefined;
  readonly mayView: boolean;
  readonly mayManage: boolean;
}

export type SettingsAction =
  | { readonly type: 'show' }
  | { readonly type: 'set'; readonly given: GivenSettings }
  | { readonly type: 'reset'; readonly field: SettingsField | undefined }
  | { readonly type: 'persona' }
  | { readonly type: 'written'; readonly persona: string; readonly replaces: number }
  /** What was given cannot be understood; the text says why. */
  | { readonly type: 'wrong'; readonly text: string };

export interface GivenSettings extends PlaceRules {
  readonly language?: string;
  readonly model?: string;
}

export const settingsFields = ['mode', 'allow', 'autoThread', 'model', 'language', 'instructions'] as const;
export type SettingsField = (typeof settingsFields)[number];

/** What of an interaction it takes. */
interface Used {
  readonly id: string;
  readonly place: Place;
  readonly user: { readonly id: string; readonly name: string };
  readonly data: Fields;
  readonly fields: Fields;
}

/**
 * Undefined in direct messages, and where nothing of ours was asked. Who may is taken from the permissions that Discord has computed
 * (https://docs.discord.com/developers/interactions/receiving-and-responding: `member.permissions`, `resolved.channels`), and from nothing else.
 */
export function toSettingsRequest({ id, place, user, data, fields }: Used): SettingsRequest | undefined {
  const { guildId } = place;
  const { member } = fields;
  if (guildId === undefined || !isRecord(member)) return undefined;
  const { permissions } = member;
  const here = toHere(place, fields, permissions);
  const common = { id, guildId, author: user, mayManageServer: hasPermission(permissions, 'ManageGuild') };
  const written = parsePersona(data);
  // The form says which place it was opened for, the interaction which channel it stands in: what a form says of channels is not believed.
  if (written) return { ...common, channel: here, target: written.target, action: { type: 'written', ...written } };
  const [sub] = recordsOf(data['options']);
  const options = toOptions(sub);
  const action = toAction(textOf(sub?.['name']), options);
  if (!action) return undefined;
  const named = options.get('channel');
  const channel = named === undefined ? here : toNamed(named, data['resolved']);
  if (!channel) return { ...common, channel: here, target: 'channel', action: { type: 'wrong', text: words.noChannel } };
  if (named !== undefined && options.get('server') === true)
    return { ...common, channel, target: 'channel', action: { type: 'wrong', text: words.both } };
  return { ...common, channel, target: options.get('server') === true ? 'server' : 'channel', action };
}

const words = {
  noChannel: 'I do not know this channel.',
  both: 'Say either which channel, or that it is for the whole server: not both.',
  nothing: 'Say what to set: one option at least. `/settings show` says what holds.',
  noMode: 'I do not know this mode.',
  language: `A language has ${maxPlaceLanguage} characters at most.`,
} as const;

function toHere({ channelId, channelType }: Place, { channel }: Fields, permissions: unknown): SettingsChannel {
  const parentId = isRecord(channel) ? channel['parent_id'] : undefined;
  return {
    id: channelId,
    isThread: isThread({ channelId, channelType }),
    parentId: isSnowflake(parentId) ? parentId : undefined,
    mayView: true,
    mayManage: hasPermission(permissions, 'ManageChannels'),
  };
}

/** A channel that an option names: Discord says what the person may do in it. */
function toNamed(id: unknown, resolved: unknown): SettingsChannel | undefined {
  const channels = isRecord(resolved) ? resolved['channels'] : undefined;
  const channel = isRecord(channels) && isSnowflake(id) ? channels[id] : undefined;
  if (!isRecord(channel) || !isSnowflake(id)) return undefined;
  const { type, parent_id: parentId, permissions } = channel;
  return {
    id,
    isThread: isThread({ channelId: id, channelType: typeof type === 'number' ? type : undefined }),
    parentId: isSnowflake(parentId) ? parentId : undefined,
    mayView: hasPermission(permissions, 'ViewChannel'),
    mayManage: hasPermission(permissions, 'ManageChannels'),
  };
}

type Options = ReadonlyMap<string, unknown>;

function toOptions(sub: Fields | undefined): Options {
  return new Map(recordsOf(sub?.['options']).map(({ name, value }) => [String(name), value]));
}

function toAction(name: string | undefined, options: Options): SettingsAction | undefined {
  if (name === 'show' || name === 'persona') return { type: name };
  if (name === 'reset') return { type: 'reset', field: settingsFields.find((field) => field === options.get('what')) };
  return name === 'set' ? toGiven(options) : undefined;
}

function toGiven(options: Options): SettingsAction {
  const [mode, threads, who, model] = ['mode', 'threads', 'allow', 'model'].map((name) => options.get(name));
  const language = textOf(options.get('language'))?.trim();
  const known = modes.find((each) => each === mode);
  if (mode !== undefined && !known) return wrong(words.noMode);
  if (language !== undefined && language.length > maxPlaceLanguage) return wrong(words.language);
  const allow = who === undefined ? undefined : parseAllowed(textOf(who) ?? '');
  if (typeof allow === 'object' && 'wrong' in allow) return wrong(allow.wrong);
  const given: GivenSettings = {
    ...(known ? { mode: known } : {}),
    ...(typeof threads === 'boolean' ? { autoThread: threads } : {}),
    ...(allow === undefined ? {} : { allow }),
    ...(typeof model === 'string' ? { model } : {}),
    ...(language ? { language } : {}),
  };
  return Object.keys(given).length > 0 ? { type: 'set', given } : wrong(words.nothing);
}

function wrong(text: string): SettingsAction {
  return { type: 'wrong', text };
}

const maxAllowed = 50;
const mention = /<@(&?)!?(\d{1,20})>/g;

/** Mentions of people and roles, or everybody. */
function parseAllowed(text: string): 'everyone' | Allowed | { readonly wrong: string } {
  if (/^@?everyone$/i.test(text.trim())) return 'everyone';
  const found = [...text.matchAll(mention)];
  const left = text
    .replaceAll(mention, ' ')
    .replaceAll(/[\s,]+/g, ' ')
    .trim();
  if (found.length === 0 || left !== '') {
    const what = left === '' ? '' : `I do not understand “${left.replaceAll(/[`*_~|<>@]/g, '').slice(0, 100)}”. `;
    return { wrong: `${what}Name who may ask by mentions (@person, @role), or say everyone.` };
  }
  const ids = (mark: string): string[] => [...new Set(found.flatMap(([, kind, id = '']) => (kind === mark ? id : [])))];
  const [users, roles] = [ids(''), ids('&')];
  return users.length + roles.length > maxAllowed
    ? { wrong: `At most ${maxAllowed} people and roles, please.` }
    : { users, roles };
}

export const modeNames: Readonly<Record<Mode, string>> = {
  mention: 'Mentions only',
  follow: 'Mentions, and threads that I take part in',
  all: 'Every message',
  posts: 'The posts of a forum',
  off: 'Nothing',
};
