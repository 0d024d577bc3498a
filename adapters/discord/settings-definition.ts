import { maxPlaceLanguage } from '../../src/place-settings.ts';
import { permissionText } from './features.ts';
import { modeNames, settingsFields } from './settings-command.ts';
import type { SettingsField } from './settings-command.ts';

/** Kinds of options, by Discord's numbers. */
const kinds = { subcommand: 1, text: 3, choice: 5, channel: 7 } as const;
/** Text, voice, announcement, stage, forum and media channels: threads go by their channel. */
const channelTypes = [0, 2, 5, 13, 15, 16];

const fieldNames: Readonly<Record<SettingsField, string>> = {
  mode: 'what is answered',
  allow: 'who may ask',
  autoThread: 'threads for questions',
  model: 'model',
  language: 'language',
  instructions: 'persona',
};

/**
 * The command /settings, offered to who may manage the server; the server's own settings (Integrations) can offer it to others, and whoever uses it is
 * looked at again. See https://docs.discord.com/developers/interactions/application-commands#permissions.
 */
export function defineSettings({ models }: { readonly models: readonly string[] }) {
  const server = { type: kinds.choice, name: 'server', description: 'Whether it is for the whole server.' };
  const channel = {
    type: kinds.channel,
    name: 'channel',
    description: 'Which channel. This one if you do not say.',
    channel_types: channelTypes,
  };
  const where = [channel, server];
  const what = choose('what', 'What is to be as configured again. Everything if you do not say.', {
    ...Object.fromEntries(settingsFields.map((field) => [field, fieldNames[field]])),
  });
  return {
    name: 'settings',
    description: 'How I answer in this server and its channels.',
    default_member_permissions: permissionText('ManageGuild'),
    options: [
      sub('show', 'What holds here, and where it comes from.', where),
      sub('set', 'Change how I answer in a channel or in the whole server.', [...settable(models), ...where]),
      sub('persona', 'Write what I am told about who I am in this channel or in the whole server.', [server]),
      sub('reset', 'Take back what was set for a channel or for the whole server.', [what, ...where]),
    ],
  };
}

function settable(models: readonly string[]) {
  return [
    choose('mode', 'What is answered.', modeNames),
    { type: kinds.text, name: 'allow', description: 'Who may ask: mentions of people and roles, or everyone.' },
    { type: kinds.choice, name: 'threads', description: 'Whether a question is answered in a thread of its own.' },
    ...(models.length > 0
      ? [choose('model', 'Which model answers.', Object.fromEntries(models.map((model) => [model, model])))]
      : []),
    { type: kinds.text, name: 'language', description: 'Language of the answers, as in German.', max_length: maxPlaceLanguage },
  ];
}

function sub(name: string, description: string, options: readonly object[]) {
  return { type: kinds.subcommand, name, description, options };
}

function choose(name: string, description: string, values: Readonly<Record<string, string>>) {
  const choices = Object.entries(values).map(([value, text]) => ({ name: text, value }));
  return { type: kinds.text, name, description, choices };
}
