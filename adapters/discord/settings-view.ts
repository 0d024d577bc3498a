import type { Allowed } from './place-rules.ts';
import type { Layer } from './place-settings.ts';
import { modeNames, settingsFields } from './settings-command.ts';
import type { SettingsField } from './settings-command.ts';

export interface SettingsShown {
  /** Undefined where it is about the whole server. */
  readonly channelId: string | undefined;
  /** What counts first stands first. */
  readonly layers: readonly Layer[];
  /** Those that may be chosen. */
  readonly models: readonly string[];
  /** Where nothing else is said. */
  readonly autoThread: boolean;
}

const labels: Readonly<Record<SettingsField, string>> = {
  mode: 'What is answered',
  allow: 'Who may ask',
  autoThread: 'Threads of their own for questions',
  model: 'Model',
  language: 'Language',
  instructions: 'Persona',
};

const maxNamed = 15;
const maxPersona = 300;

/** What holds, and from where; a line for each thing. Less than a message holds. */
export function describeSettings(shown: SettingsShown): string {
  const { channelId } = shown;
  const head = channelId === undefined ? 'In the whole server:' : `In <#${channelId}> and its threads:`;
  return [head, ...settingsFields.map((field) => `- ${labels[field]}: ${describeField(field, shown)}`)].join('\n');
}

function describeField(field: SettingsField, shown: SettingsShown): string {
  // A model that may not be chosen any more counts for nothing.
  const counts = ({ set, settings: { model = '' } }: Layer): boolean => field !== 'model' || !set || shown.models.includes(model);
  const layer = shown.layers.find((each) => each.settings[field] !== undefined && counts(each));
  if (!layer) return `${defaults(shown)[field]} (by default)`;
  return `${describeValue(field, layer)} (${describeSource(layer)})`;
}

function defaults({ autoThread }: SettingsShown): Readonly<Record<SettingsField, string>> {
  const asElsewhere = 'as everywhere';
  return {
    mode: modeNames.follow,
    allow: 'everybody',
    autoThread: autoThread ? 'yes' : 'no',
    model: asElsewhere,
    language: 'that of the question',
    instructions: asElsewhere,
  };
}

function describeValue(field: SettingsField, { settings, set }: Layer): string {
  const { mode, allow, autoThread, model = '', language = '', instructions = '' } = settings;
  if (field === 'mode') return mode ? modeNames[mode] : '';
  if (field === 'allow') return allow === 'everyone' || !allow ? 'everybody' : describeAllowed(allow);
  if (field === 'autoThread') return autoThread ? 'yes' : 'no';
  if (field === 'model') return code(model);
  if (field === 'language') return code(language);
  // What the operator tells the model is the operator's affair.
  return set ? code(instructions, maxPersona) : 'one of its own';
}

function describeAllowed({ users = [], roles = [] }: Allowed): string {
  const named = [...users.map((id) => `<@${id}>`), ...roles.map((id) => `<@&${id}>`)];
  if (named.length === 0) return 'nobody';
  const rest = named.length - maxNamed;
  return `${named.slice(0, maxNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function describeSource({ where, set }: Layer): string {
  const place = where === 'server' ? 'the server' : 'this channel';
  return set ? `set for ${place} by <@${set.author.id}>, <t:${Math.floor(set.at / 1000)}:R>` : `configured for ${place}`;
}

/** On one line, and nothing in it is Markdown. */
function code(text: string, most = 80): string {
  const line = text
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .replaceAll('`', '´')
    .trim();
  return `\`${line.length > most ? `${line.slice(0, most).toWellFormed()}…` : line}\``;
}
