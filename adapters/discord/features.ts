/** What of the configuration decides what the bot must be allowed to do on Discord. */
export interface FeatureOptions {
  /** Whether messages arrive over the gateway. Without it there are commands and buttons only. */
  readonly gateway: boolean;
  readonly messageContentIntent: boolean;
  readonly commands: boolean;
  /** Whether answers open threads. */
  readonly autoThread?: boolean;
  /** Whether long answers go out as files. */
  readonly sendsFiles?: boolean;
  /** Whether posts in forums can be marked as solved. */
  readonly posts?: boolean;
  /** Whether people may add the app to their own account. */
  readonly userInstall: boolean;
}

/** Something that Parley does on Discord, and what Discord asks for it. */
export interface DiscordFeature {
  /** Ends the sentence "Discord lets Parley ...". */
  readonly purpose: string;
  readonly permissions: readonly Permission[];
  readonly intents: readonly Intent[];
  readonly scopes: readonly ('bot' | 'applications.commands')[];
}

export type Permission = keyof typeof permissionBits;
export type Intent = keyof typeof intentBits;

/** Bits as in https://docs.discord.com/developers/topics/permissions; there are more of them than a number holds. */
const permissionBits = {
  ManageChannels: 1n << 4n,
  ManageGuild: 1n << 5n,
  ViewChannel: 1n << 10n,
  SendMessages: 1n << 11n,
  ManageMessages: 1n << 13n,
  AttachFiles: 1n << 15n,
  ReadMessageHistory: 1n << 16n,
  ManageThreads: 1n << 34n,
  CreatePublicThreads: 1n << 35n,
  SendMessagesInThreads: 1n << 38n,
} as const;

/** Bits as in https://docs.discord.com/developers/events/gateway. */
const intentBits = { Guilds: 1, GuildMessages: 1 << 9, DirectMessages: 1 << 12, MessageContent: 1 << 15 } as const;

/** The one table of what is asked for: the invitation, the gateway and `parley doctor` all read it. */
export function featuresOf({
  gateway,
  messageContentIntent,
  commands,
  autoThread = false,
  sendsFiles = false,
  posts = false,
}: FeatureOptions): readonly DiscordFeature[] {
  const none = { permissions: [], intents: [], scopes: [] } as const;
  const messages: readonly DiscordFeature[] = [
    { ...none, purpose: 'learn of servers, channels and threads', intents: ['Guilds'] },
    {
      ...none,
      purpose: 'be mentioned and replied to',
      permissions: ['ViewChannel'],
      intents: ['GuildMessages'],
      scopes: ['bot'],
    },
    { ...none, purpose: 'talk to people directly', intents: ['DirectMessages'] },
  ];
  return [
    ...(gateway ? messages : []),
    ...(gateway && messageContentIntent
      ? [{ ...none, purpose: 'follow threads without a new mention', intents: ['MessageContent'] } as const]
      : []),
    { ...none, purpose: 'answer', permissions: ['ViewChannel', 'SendMessages', 'SendMessagesInThreads'], scopes: ['bot'] },
    ...(autoThread ? [inServers('open a thread for a question', 'CreatePublicThreads')] : []),
    ...(sendsFiles ? [inServers('send a long answer as a file', 'AttachFiles')] : []),
    ...(posts ? [inServers('mark posts as solved', 'ManageThreads')] : []),
    {
      ...none,
      purpose: 'find an answer again whose sending was cut off, and messages that it missed',
      permissions: ['ReadMessageHistory'],
      scopes: ['bot'],
    },
    ...(commands
      ? [{ ...none, purpose: 'offer commands and buttons', scopes: ['applications.commands'] } as const satisfies DiscordFeature]
      : []),
  ];
}

function inServers(purpose: string, permission: Permission): DiscordFeature {
  return { purpose, permissions: [permission], intents: [], scopes: ['bot'] };
}

/** The intents to identify with, as one number. */
export function intentsOf(options: FeatureOptions): number {
  return featuresOf(options)
    .flatMap(({ intents }) => intents)
    .reduce((bits, intent) => bits | intentBits[intent], 0);
}

/** The permissions that are needed in a channel, in the order of the table. */
export function permissionsOf(options: FeatureOptions): Permission[] {
  return [...new Set(featuresOf(options).flatMap(({ permissions }) => permissions))];
}

/** Whether a set of permissions lacks this one. */
export function isMissing(name: Permission, granted: bigint): boolean {
  return (granted & permissionBits[name]) === 0n;
}

export interface Invitation {
  /** Adds the bot to a server. */
  readonly url: string;
  /** Adds the app to a person's own account; where that is switched on. */
  readonly userUrl?: string;
  readonly scopes: readonly string[];
  /** What Discord calls the permissions integer. */
  readonly permissions: string;
}

/** The links that ask for what the features need, and for nothing else. */
export function createInvitation(applicationId: string, options: FeatureOptions): Invitation {
  const scopes = [...new Set(featuresOf(options).flatMap(({ scopes }) => scopes))];
  const permissions = permissionsOf(options)
    .reduce((bits, name) => bits | permissionBits[name], 0n)
    .toString();
  const link = (query: Readonly<Record<string, string>>): string =>
    `https://discord.com/oauth2/authorize?${new URLSearchParams({ client_id: applicationId, ...query }).toString()}`;
  return {
    url: link({ integration_type: '0', scope: scopes.join(' '), permissions }),
    ...(options.userInstall ? { userUrl: link({ integration_type: '1', scope: 'applications.commands' }) } : {}),
    scopes,
    permissions,
  };
}

/** Whether a set of permissions, as Discord writes it, has this one. Administrators have every one. */
export function hasPermission(granted: unknown, name: Permission): boolean {
  const bits = typeof granted === 'string' && /^\d{1,40}$/.test(granted) ? BigInt(granted) : 0n;
  return (bits & (permissionBits[name] | administrator)) !== 0n;
}

const administrator = 1n << 3n;

/** As Discord writes a set of permissions that holds this one. */
export function permissionText(name: Permission): string {
  return permissionBits[name].toString();
}
