import { maxPlaceInstructions, maxPlaceLanguage } from '../../src/place-settings.ts';
import type { PlaceProfile, PlaceSettings } from '../../src/place-settings.ts';
import { toInteractionId } from './interaction.ts';
import { parsePlaceRules } from './place-settings.ts';
import type { PlaceRules } from './place-settings.ts';
import { isRecord } from './receive.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The channel that a form is about, and the change that it was made from; 0 where nothing was set. */
export interface FormPlace {
  readonly channel: string;
  readonly seq: number;
}

export interface SettingsForm extends FormPlace {
  readonly name: string;
  readonly settings: PlaceSettings | undefined;
  /** Those that may be chosen. */
  readonly models: readonly string[];
}

/** Blocks of the forms, where mistakes are shown. */
export const formBlocks = { channel: 'parley.channel', mode: 'parley.mode', users: 'parley.users' } as const;
const blocks = {
  ...formBlocks,
  reply: 'parley.reply',
  who: 'parley.who',
  model: 'parley.model',
  language: 'parley.language',
  instructions: 'parley.instructions',
} as const;

const inputId = 'input';
const asConfigured = 'configured';
const title = 'Channel settings';
const maxUsers = 50;

const modes = {
  mention: 'Mentions only',
  follow: 'Mentions, and then the whole thread',
  off: 'Nothing',
};
const replies = {
  thread: 'In the thread of the question',
  channel: 'In the channel itself',
  ephemeral: 'Where only who asked sees them',
};
const askers = { everyone: 'Everybody in the channel', users: 'Only the people below' };

/** First, which channel; see https://docs.slack.dev/reference/views/modal-views. */
export function toChannelForm(): Fields {
  const filter = { include: ['public', 'private'], exclude_bot_users: true };
  const element = { type: 'conversations_select', action_id: inputId, placeholder: plain('Choose'), filter };
  return {
    ...modal(toInteractionId('settings-channel'), 'Next'),
    blocks: [{ type: 'input', block_id: blocks.channel, label: plain('For which channel?'), element }],
  };
}

export function toSettingsForm({ channel, name, seq, settings, models }: SettingsForm): Fields {
  const { instructions, language, model } = settings?.profile ?? {};
  const { mode, reply, allow } = parsePlaceRules(settings?.rules ?? {});
  const users = typeof allow === 'object' ? allow.users.slice(0, maxUsers) : [];
  const who = typeof allow === 'object' ? 'users' : allow;
  const chooseUsers = { type: 'multi_users_select', max_selected_items: maxUsers };
  return {
    ...modal(toInteractionId('settings'), 'Save'),
    private_metadata: JSON.stringify({ channel, seq } satisfies FormPlace),
    blocks: [
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: `For <#${channel}>${name === '' ? '' : ` (${escape(name)})`}. It holds from the next message on.`,
        },
      },
      choice(blocks.mode, 'What is answered', { options: modes, chosen: mode }),
      choice(blocks.reply, 'Where answers stand', { options: replies, chosen: reply }),
      choice(blocks.who, 'Who may ask', { options: askers, chosen: who }),
      input(blocks.users, 'People who may ask', { ...chooseUsers, ...(users.length > 0 ? { initial_users: users } : {}) }),
      ...(models.length > 0
        ? [choice(blocks.model, 'Model', { options: Object.fromEntries(models.map((each) => [each, each])), chosen: model })]
        : []),
      textInput(blocks.language, 'Language of the answers, as in German', { max_length: maxPlaceLanguage, given: language }),
      textInput(blocks.instructions, 'Persona', { max_length: maxPlaceInstructions, given: instructions, multiline: true }),
    ],
  };
}

/** A form with nothing to fill in. */
export function toNote(text: string): Fields {
  return { type: 'modal', title: plain(title), close: plain('Close'), blocks: [{ type: 'section', text: plain(text) }] };
}

export function parseChannel(view: Fields): string | undefined {
  const { selected_conversation: channel } = fieldIn(view, blocks.channel);
  return isChannelId(channel) ? channel : undefined;
}

export function parsePlace({ private_metadata: metadata }: Fields): FormPlace | undefined {
  try {
    const place: unknown = JSON.parse(String(metadata));
    if (!isRecord(place)) return undefined;
    const { channel, seq } = place;
    return isChannelId(channel) && typeof seq === 'number' && Number.isSafeInteger(seq) && seq >= 0
      ? { channel, seq }
      : undefined;
  } catch {
    return undefined;
  }
}

export type SubmittedSettings = { readonly settings: PlaceSettings } | { readonly errors: Readonly<Record<string, string>> };

/** What was filled in, or what is to be mended, by block. Nothing of it is believed because it stood in a form. */
export function parseSettings(view: Fields, models: readonly string[]): SubmittedSettings {
  const errors: Record<string, string> = {};
  const chosen = (block: string, allowed: readonly string[]): string | undefined => {
    const value = choiceIn(view, block);
    if (value === undefined || value === asConfigured) return undefined;
    if (!allowed.includes(value)) errors[block] = 'This cannot be chosen any more.';
    return value;
  };
  const written = (block: string, most: number): string | undefined => {
    const text = textIn(view, block);
    if (text.length > most) errors[block] = `At most ${most} characters, please.`;
    return text === '' ? undefined : text;
  };
  const mode = chosen(blocks.mode, Object.keys(modes));
  const reply = chosen(blocks.reply, Object.keys(replies));
  const who = chosen(blocks.who, Object.keys(askers));
  const model = chosen(blocks.model, models);
  const users = usersIn(view);
  if (who === 'users' && users.length === 0) errors[blocks.users] = 'Name somebody, or choose who may ask differently.';
  if (users.length > maxUsers) errors[blocks.users] = `At most ${maxUsers} people, please.`;
  const language = written(blocks.language, maxPlaceLanguage);
  const instructions = written(blocks.instructions, maxPlaceInstructions);
  if (Object.keys(errors).length > 0) return { errors };
  const allow = who === 'users' ? { users } : who;
  const profile: PlaceProfile = {
    ...(instructions === undefined ? {} : { instructions }),
    ...(language === undefined ? {} : { language }),
    ...(model === undefined ? {} : { model }),
  };
  const rules = {
    ...(mode === undefined ? {} : { mode }),
    ...(reply === undefined ? {} : { reply }),
    ...(allow === undefined ? {} : { allow }),
  };
  return { settings: { profile, rules: parsePlaceRules(rules) satisfies PlaceRules as PlaceSettings['rules'] } }; // texts and lists of texts
}

function modal(callbackId: string, submit: string) {
  return { type: 'modal', callback_id: callbackId, title: plain(title), submit: plain(submit), close: plain('Cancel') };
}

function choice(
  block: string,
  label: string,
  { options, chosen }: { options: Readonly<Record<string, string>>; chosen: string | undefined },
) {
  const all = [toOption(asConfigured, 'As configured'), ...Object.entries(options).map(([value, text]) => toOption(value, text))];
  const initial = all.find(({ value }) => value === chosen) ?? all[0];
  return input(block, label, { type: 'static_select', options: all, initial_option: initial });
}

interface Texts {
  readonly max_length: number;
  readonly given: string | undefined;
  readonly multiline?: boolean;
}

function textInput(block: string, label: string, { given, ...limits }: Texts) {
  const initial = given === undefined ? {} : { initial_value: given.slice(0, limits.max_length) };
  return input(block, label, { type: 'plain_text_input', ...limits, ...initial });
}

function input(block: string, label: string, element: Fields) {
  return { type: 'input', block_id: block, optional: true, label: plain(label), element: { action_id: inputId, ...element } };
}

function toOption(value: string, text: string) {
  return { value, text: plain(text) };
}

function plain(text: string) {
  return { type: 'plain_text', text };
}

function escape(text: string): string {
  return text.slice(0, 80).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function fieldIn({ state }: Fields, block: string): Fields {
  const values = isRecord(state) && isRecord(state['values']) ? state['values'][block] : undefined;
  const field = isRecord(values) ? values[inputId] : undefined;
  return isRecord(field) ? field : {};
}

function choiceIn(view: Fields, block: string): string | undefined {
  const { selected_option: option } = fieldIn(view, block);
  return isRecord(option) && typeof option['value'] === 'string' ? option['value'] : undefined;
}

function textIn(view: Fields, block: string): string {
  const { value } = fieldIn(view, block);
  return typeof value === 'string' ? value.trim() : '';
}

function usersIn(view: Fields): string[] {
  const { selected_users: users } = fieldIn(view, blocks.users);
  if (!Array.isArray(users)) return [];
  return [...new Set(users.filter((user): user is string => typeof user === 'string' && /^[UW][A-Z0-9]{1,30}$/.test(user)))];
}

function isChannelId(value: unknown): value is string {
  return typeof value === 'string' && /^[CG][A-Z0-9]{1,30}$/.test(value);
}
