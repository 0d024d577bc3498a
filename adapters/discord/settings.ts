import { isDeepStrictEqual } from 'node:util';
import { describeError } from '../../src/errors.ts';
import type { HeldPlaces } from '../../src/held-places.ts';
import type { Log } from '../../src/log.ts';
import type { PlaceChangeResult, PlaceSettings } from '../../src/place-settings.ts';
import { parsePlaceRules } from './place-rules.ts';
import { wholeServer } from './place-settings.ts';
import type { Layer } from './place-settings.ts';
import { isRecord } from './record.ts';
import { whisper } from './response.ts';
import type { Response } from './response.ts';
import type { Rest } from './rest.ts';
import type { GivenSettings, SettingsAction, SettingsField, SettingsRequest } from './settings-command.ts';
import { personaForm } from './settings-form.ts';
import { describeSettings } from './settings-view.ts';
import { isSnowflake } from './snowflake.ts';

export interface SettingsOptions {
  readonly held: HeldPlaces;
  readonly layersOf: (guildId: string, channelId: string) => readonly Layer[];
  readonly rest: Rest;
  readonly log: Log;
  /** Those that may be chosen. */
  readonly models: readonly string[];
  readonly autoThread: boolean;
  /** Whether messages that do not mention the bot can be read. */
  readonly canRead: boolean;
}

const words = {
  notServer: 'Only who may manage this server (the permission Manage Server) can change or see what holds in all of it.',
  notChannel: 'Only who may manage this server or that channel (Manage Server, Manage Channels) can change or see its settings.',
  notVisible: 'You do not see that channel, so you cannot change or see its settings.',
  noParent: 'Discord does not tell me which channel this thread belongs to. Please try again, or use the command in the channel.',
  noModel: 'This model cannot be chosen here.',
  cannotRead:
    'I cannot read messages that do not mention me: the Message Content Intent is switched off. So neither every message nor posts can be answered.',
  stale: 'Somebody has changed these settings meanwhile. Look at them with `/settings show`, and use the command again.',
  trouble: 'That could not be saved, and nothing has changed. Please try again.',
  saved: 'Saved. It holds from the next message on.',
  same: 'That is so already.',
} as const;

interface Target {
  readonly guildId: string;
  readonly place: string;
  /** Undefined for the whole server. */
  readonly channelId: string | undefined;
}

/**
 * What admins set by command, one change for each use of it. Who may is looked at with each interaction, the form's too: it stays open as long as
 * somebody likes. Resolves with what the person is told; never rejects.
 */
export async function settle(options: SettingsOptions, request: SettingsRequest, signal: AbortSignal): Promise<Response> {
  const refusal = refusalOf(request);
  if (refusal !== undefined) return whisper(refusal);
  const target = await toTarget(options, request, signal);
  if (!target) return whisper(words.noParent);
  try {
    return await act(options, { ...request, target });
  } catch (error) {
    options.log.error('discord settings could not be saved', { eventId: request.id, reason: describeError(error) });
    return whisper(words.trouble);
  }
}

function refusalOf({ target, channel, mayManageServer }: SettingsRequest): string | undefined {
  if (target === 'server') return mayManageServer ? undefined : words.notServer;
  if (!channel.mayView) return words.notVisible;
  return mayManageServer || channel.mayManage ? undefined : words.notChannel;
}

/** Settings are those of a channel and hold for its threads. */
async function toTarget(
  { rest }: SettingsOptions,
  { guildId, target, channel }: SettingsRequest,
  signal: AbortSignal,
): Promise<Target | undefined> {
  if (target === 'server') return { guildId, place: wholeServer, channelId: undefined };
  const parent = async (): Promise<string | undefined> => {
    if (channel.parentId !== undefined) return channel.parentId;
    const thread = await rest.call({ method: 'GET', route: `/channels/${channel.id}`, signal }).catch(() => undefined);
    return isRecord(thread) && isSnowflake(thread['parent_id']) ? thread['parent_id'] : undefined;
  };
  const id = channel.isThread ? await parent() : channel.id;
  return id === undefined ? undefined : { guildId, place: id, channelId: id };
}

type Asked = Omit<SettingsRequest, 'target'> & { readonly target: Target };

async function act(options: SettingsOptions, asked: Asked): Promise<Response> {
  const { action } = asked;
  if (action.type === 'wrong') return whisper(action.text);
  if (action.type === 'show') return whisper(describe(options, asked));
  const current = options.held.get(asked.guildId, asked.target.place);
  if (action.type === 'persona') {
    const target = asked.target.channelId === undefined ? 'server' : 'channel';
    return personaForm({ target, replaces: current?.seq ?? 0 }, current?.settings.profile.instructions);
  }
  if (action.type === 'set') {
    const wrong = wrongIn(action.given, options);
    if (wrong !== undefined) return whisper(wrong);
  }
  return save(options, asked, action);
}

function wrongIn({ model, mode }: GivenSettings, { models, canRead }: SettingsOptions): string | undefined {
  if (model !== undefined && !models.includes(model)) return words.noModel;
  return !canRead && (mode === 'all' || mode === 'posts') ? words.cannotRead : undefined;
}

type Changing = Extract<SettingsAction, { readonly type: 'set' | 'reset' | 'written' }>;

/** A form replaces what it was opened on; a command changes what it names, whatever stands there by then. */
const maxAttempts = 3;

async function save(options: SettingsOptions, asked: Asked, action: Changing): Promise<Response> {
  const { held, log } = options;
  const { id, guildId, author, target } = asked;
  let result: PlaceChangeResult = 'stale';
  for (let attempt = 1; attempt <= maxAttempts && result === 'stale'; attempt += 1) {
    const current = held.get(guildId, target.place);
    const settings = changed(current?.settings, action);
    const seq = current?.seq ?? 0;
    const replaces = action.type === 'written' ? action.replaces : seq;
    if (replaces === seq && isDeepStrictEqual(settings, current?.settings ?? nothing)) {
      return whisper(`${words.same}\n${describe(options, asked)}`);
    }
    result = await held.change({ tenant: guildId, place: target.place, id, settings, author, replaces });
  }
  if (result === 'stale') return whisper(words.stale);
  if (result === 'saved') log.info('discord settings changed', { guildId, place: target.place, userId: author.id });
  return whisper(`${words.saved}\n${describe(options, asked)}`);
}

const nothing: PlaceSettings = { profile: {}, rules: {} };

function changed(current: PlaceSettings = nothing, action: Changing): PlaceSettings {
  const before: Readonly<Partial<Record<SettingsField, unknown>>> = { ...current.profile, ...parsePlaceRules(current.rules) };
  if (action.type === 'reset') return toSettings(action.field === undefined ? {} : { ...before, [action.field]: undefined });
  if (action.type === 'set') return toSettings({ ...before, ...action.given });
  return toSettings({ ...before, instructions: action.persona === '' ? undefined : action.persona });
}

/** Without what is undefined: that is as configured. */
function toSettings({
  instructions,
  language,
  model,
  ...rules
}: Readonly<Partial<Record<SettingsField, unknown>>>): PlaceSettings {
  const said = (fields: object): object => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  // Texts, truth values and lists of texts: made by `toSettingsRequest` or `parsePlaceRules`.
  return { profile: said({ instructions, language, model }), rules: said(rules) as PlaceSettings['rules'] };
}

function describe({ layersOf, models, autoThread }: SettingsOptions, { guildId, target }: Asked): string {
  const all = layersOf(guildId, target.channelId ?? wholeServer);
  const layers = target.channelId === undefined ? all.filter(({ where }) => where === 'server') : all;
  return describeSettings({ channelId: target.channelId, layers, models, autoThread });
}
