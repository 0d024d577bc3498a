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
  /** Whether Slack's agent view is used. */
  readonly agentView?: boolean | undefined;
  /** What is suggested in the agent view; four at most. */
  readonly prompts?: readonly { readonly title: string; readonly message: string }[];
}

/** What of it decides which scopes and events are asked for. */
export type FeatureOptions = Pick<ManifestOptions, 'followThreads' | 'oauth' | 'groups' | 'agentView'>;

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
function featuresOf({ followThreads, oauth, groups, agentView }: FeatureOptions): readonly SlackFeature[] {
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
    ...(agentView ? agentFeatures : []),
    ...(groups ? [{ purpose: 'know who is in a user group', scopes: ['usergroups:read'], events: [] }] : []),
    {
      purpose: 'learn that it was removed',
      scopes: [],
      events: oauth ? ['app_uninstalled', 'tokens_revoked'] : ['app_uninstalled'],
    },
  ];
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
  return {
    display_information: { name, description },
    features: {
      ...(agentView ? { agent_view: view } : {}),
      bot_user: { display_name: name, always_online: true },
      app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    },
    oauth_config: {
      ...(oauth ? { redirect_urls: [`${publicUrl}/slack/oauth_redirect`] } : {}),
      scopes: { bot: scopesOf(options) },
    },
    settings: {
      event_subscriptions: {
        ...(isSocket ? {} : { request_url: `${publicUrl}${eventsPath}` }),
        bot_events: listOf(features.map(({ events }) => events)),
      },
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
