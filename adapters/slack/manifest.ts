import type { SlackCommands } from './command.ts';
import { toInteractionId } from './interaction.ts';
import type { SlackShortcut } from './shortcuts.ts';

/** What of the configuration decides what the Slack app must be allowed to do. */
export interface ManifestOptions {
  /** What people see; 35 characters at most. */
  readonly name: string;
  readonly transport: 'socket' | 'http';
  /** Where Slack reaches Parley, without a path; needed for HTTP. */
  readonly publicUrl?: string | undefined;
  /** Whether what is said in a thread needs no mention. */
  readonly followThreads: boolean;
  /** Whether it can be installed into many workspaces; needs the public address, too. */
  readonly oauth?: boolean;
  /** Whether the settings of a channel say by user group who may ask there. */
  readonly groups?: boolean;
  /** Whether the app has a Home tab. */
  readonly home?: boolean;
  readonly commands?: Omit<SlackCommands, 'commandReply'>;
  readonly shortcuts?: readonly SlackShortcut[];
  /** Whether what comes with messages is read; true where it is left out. */
  readonly readFiles?: boolean;
  /** Whether long answers go out as files. */
  readonly sendsFiles?: boolean;
  /** Whether Slack's agent view is used. */
  readonly agentView?: boolean | undefined;
  /** What is suggested in the agent view; four at most. */
  readonly prompts?: readonly { readonly title: string; readonly message: string }[];
}

/** What of it decides which scopes and events are asked for. */
export type FeatureOptions = Pick<
  ManifestOptions,
  'followThreads' | 'oauth' | 'groups' | 'home' | 'commands' | 'shortcuts' | 'readFiles' | 'sendsFiles' | 'agentView'
>;

/** Something that Parley does on Slack, and what Slack asks for it. */
export interface SlackFeature {
  /** Ends the sentence "Slack lets Parley ...". */
  readonly purpose: string;
  /** Without these scopes Parley still works, only less well. */
  readonly optional?: true;
  readonly scopes: readonly string[];
  readonly events: readonly string[];
}

/**
 * The one table of what is asked for: the manifest and `parley doctor` both read it.
 * Scopes and events as in https://docs.slack.dev/reference/scopes and https://docs.slack.dev/reference/events.
 */
function featuresOf(options: FeatureOptions): readonly SlackFeature[] {
  const {
    followThreads,
    oauth,
    groups,
    home,
    agentView,
    commands,
    shortcuts = [],
    readFiles = true,
    sendsFiles = false,
  } = options;
  const threads = followThreads ? 'follow threads and see edits in channels' : 'see edits in channels';
  return [
    { purpose: 'be mentioned', scopes: ['app_mentions:read'], events: ['app_mention'] },
    { purpose: 'answer, and show answers while they grow', scopes: ['chat:write'], events: [] },
    { purpose: 'talk to people directly', scopes: ['im:history'], events: ['message.im'] },
    { purpose: 'talk in group messages', scopes: ['mpim:history'], events: ['message.mpim'] },
    {
      // Also to look for an answer whose fate is not known, which is why followThreads changes nothing here.
      purpose: `${threads}, and find an answer again whose sending was cut off`,
      scopes: ['channels:history', 'groups:history'],
      events: ['message.channels', 'message.groups'],
    },
    { purpose: 'know people by name', optional: true, scopes: ['users:read'], events: [] },
    { purpose: 'know channels by name', optional: true, scopes: ['channels:read', 'groups:read'], events: [] },
    { purpose: 'tell people directly where an answer cannot be delivered', optional: true, scopes: ['im:write'], events: [] },
    ...(namesOf(commands).length + shortcuts.length > 0
      ? [{ purpose: 'be asked by slash commands and shortcuts', optional: true, scopes: ['commands'], events: [] } as const]
      : []),
    ...(readFiles
      ? [{ purpose: 'read the files that come with messages', optional: true as const, scopes: ['files:read'], events: [] }]
      : []),
    ...(sendsFiles
      ? [{ purpose: 'send long answers as files', optional: true as const, scopes: ['files:write'], events: [] }]
      : []),
    ...(agentView ? agentFeatures : []),
    ...(groups ? [{ purpose: 'know who is in a user group', scopes: ['usergroups:read'], events: [] }] : []),
    ...(home ? [{ purpose: 'show its Home tab', scopes: [], events: ['app_home_opened'] }] : []),
    {
      purpose: 'learn that it was removed',
      scopes: [],
      events: oauth ? ['app_uninstalled', 'tokens_revoked'] : ['app_uninstalled'],
    },
  ];
}

/** Slack gives the names of people and channels with their ids only where `should_escape` is set. */
function namesOf(commands: FeatureOptions['commands']): readonly Readonly<Record<string, string>>[] {
  if (!commands) return [];
  const { command, resetCommand, helpCommand } = commands;
  const ask = { description: 'Ask a question', usage_hint: 'your question, help, memory, reset, or forget me' };
  return [
    ...(command === 'off' ? [] : [{ command, ...ask }]),
    ...(resetCommand === undefined ? [] : [{ command: resetCommand, description: 'Forget what I asked here, and start afresh' }]),
    ...(helpCommand === undefined ? [] : [{ command: helpCommand, description: 'Say what I can do' }]),
  ];
}

const shortcutTexts: Readonly<Record<SlackShortcut, { readonly name: string; readonly description: string }>> = {
  answer: { name: 'Answer this', description: 'Answers this message in its thread' },
  summarise: { name: 'Summarise thread', description: 'Tells you alone what this thread is about' },
};

function toShortcut(shortcut: SlackShortcut) {
  return { type: 'message', callback_id: toInteractionId(shortcut), ...shortcutTexts[shortcut] };
}
/** https://docs.slack.dev/ai/agent-sessions: without the event a session shows a sign of work that nobody can stop. */
const agentFeatures: readonly SlackFeature[] = [
  {
    purpose: 'suggest questions to who opens it, and title the threads',
    optional: true,
    scopes: ['assistant:write'],
    events: ['app_home_opened'],
  },
  { purpose: 'be stopped by a button while it answers', scopes: [], events: ['agent_session_stopped'] },
];

/** The scopes of the bot token, in order. */
export function scopesOf(options: FeatureOptions): string[] {
  return listOf(featuresOf(options).map(({ scopes }) => scopes));
}

export const eventsPath = '/slack/events';

const description = 'Answers questions, in channels and directly.';

/** An app manifest, as https://docs.slack.dev/reference/app-manifest describes it. */
export function createManifest(options: ManifestOptions): Readonly<Record<string, unknown>> {
  const { name, transport, publicUrl = '', oauth = false, agentView = false, prompts = [] } = options;
  const view = { agent_description: description, ...(prompts.length === 0 ? {} : { suggested_prompts: prompts }) };
  const features = featuresOf(options);
  const isSocket = transport === 'socket';
  const url = isSocket ? undefined : `${publicUrl}${eventsPath}`;
  const commands = namesOf(options.commands).map((command) => ({
    ...command,
    ...(url === undefined ? {} : { url }),
    should_escape: true,
  }));
  const shortcuts = (options.shortcuts ?? []).map(toShortcut);
  return {
    display_information: { name, description },
    features: {
      ...(agentView ? { agent_view: view } : {}),
      bot_user: { display_name: name, always_online: true },
      ...(commands.length > 0 ? { slash_commands: commands } : {}),
      ...(shortcuts.length > 0 ? { shortcuts } : {}),
      app_home: { home_tab_enabled: options.home ?? false, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    },
    oauth_config: {
      ...(oauth ? { redirect_urls: [`${publicUrl}/slack/oauth_redirect`] } : {}),
      scopes: { bot: scopesOf(options) },
    },
    settings: {
      event_subscriptions: {
        ...(url === undefined ? {} : { request_url: url }),
        bot_events: listOf(features.map(({ events }) => events)),
      },
      // Buttons, forms and shortcuts.
      interactivity: { is_enabled: true, ...(url === undefined ? {} : { request_url: url }) },
      org_deploy_enabled: oauth,
      socket_mode_enabled: isSocket,
      // Once on it cannot be switched off again.
      token_rotation_enabled: false,
    },
  };
}

/** Opens Slack's page that creates an app, with the manifest filled in. */
export function toCreationLink(manifest: Readonly<Record<string, unknown>>): string {
  return `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(JSON.stringify(manifest))}`;
}

export interface MissingScopes {
  readonly purpose: string;
  readonly optional: boolean;
  readonly scopes: readonly string[];
}

/** What the app lacks of the scopes that it needs. */
export function missingScopes(granted: readonly string[], options: Omit<FeatureOptions, 'oauth'>): MissingScopes[] {
  return featuresOf(options)
    .map(({ purpose, optional = false, scopes }) => ({
      purpose,
      optional,
      scopes: scopes.filter((scope) => !granted.includes(scope)),
    }))
    .filter(({ scopes }) => scopes.length > 0);
}

function listOf(names: readonly (readonly string[])[]): string[] {
  return [...new Set(names.flat())].toSorted();
}
