import { hash } from 'node:crypto';
import { defineSettings } from './settings-definition.ts';

export interface CommandOptions {
  readonly userInstall: boolean;
  readonly privateAnswers: boolean;
  /** What admins may choose from; undefined where they may set nothing. */
  readonly settings?: { readonly models: readonly string[] } | undefined;
  /** Whether posts in forums are support cases by the configuration; where admins may set things they can be. */
  readonly posts?: boolean;
}

/** A command as Discord takes it. */
export interface CommandDefinition {
  readonly type: number;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Kinds of commands, of their options, and where they may be used, by Discord's numbers. */
export const commandTypes = { typed: 1, message: 3 } as const;
const optionTypes = { text: 3, choice: 5 } as const;
const everywhere = { integration_types: [0, 1], contexts: [0, 1, 2] } as const;
const whereBotIs = { integration_types: [0], contexts: [0, 1] } as const;
const inServers = { integration_types: [0], contexts: [0] } as const;

const maxQuestion = 6000;

/** Names of the commands on a message, as people read them in its menu. */
export const answerThis = 'Answer this';
export const summarise = 'Summarise';

export function defineCommands({
  userInstall,
  privateAnswers,
  settings,
  posts = false,
}: CommandOptions): readonly CommandDefinition[] {
  const place = userInstall ? everywhere : whereBotIs;
  const only = {
    type: optionTypes.choice,
    name: 'private',
    description: `Whether only you see it. If you do not say: ${privateAnswers ? 'only you' : 'everybody here'}.`,
  };
  const question = {
    type: optionTypes.text,
    name: 'question',
    description: 'What you want to know.',
    required: true,
    max_length: maxQuestion,
  };
  const toRemember = { type: optionTypes.text, name: 'text', description: 'In your own words.', required: true, max_length: 300 };
  const whom = {
    ...{ type: optionTypes.text, name: 'whom', required: true },
    description: 'This cannot be undone.',
    choices: [{ name: 'me, for good', value: 'me' }],
  };
  const typed = { type: commandTypes.typed, ...place };
  return [
    { ...typed, name: 'ask', description: 'Ask a question.', options: [question, only] },
    { ...typed, name: 'reset', description: 'Start afresh: what was said here before no longer counts.', options: [only] },
    { ...typed, name: 'help', description: 'What I can do.' },
    { ...typed, name: 'memory', description: 'What I remember of you.' },
    { ...typed, name: 'remember', description: 'Have me remember something about you.', options: [toRemember, only] },
    { ...typed, name: 'forget', description: 'Have me erase what I keep of you.', options: [whom] },
    ...(posts || settings
      ? [{ type: commandTypes.typed, ...inServers, name: 'solved', description: 'Mark this post of a forum as solved.' }]
      : []),
    ...(settings ? [{ type: commandTypes.typed, ...inServers, ...defineSettings(settings) }] : []),
    { type: commandTypes.message, ...place, name: answerThis },
    { type: commandTypes.message, ...place, name: summarise },
  ];
}

/** Changes exactly when the commands, or where they are registered, do. */
export function hashCommands(definitions: readonly CommandDefinition[], scopes: readonly string[]): string {
  return hash('sha256', JSON.stringify([definitions, scopes]), 'base64url').slice(0, 22);
}
