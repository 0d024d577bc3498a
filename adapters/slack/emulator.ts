import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../src/clock.ts';
import { createAgentHands } from './emulator/agent-hands.ts';
import type { AgentHands } from './emulator/agent-hands.ts';
import { createAgentMethods } from './emulator/agents.ts';
import type { AtHome } from './emulator/at-home.ts';
import { Deliveries } from './emulator/deliveries.ts';
import type { Delivery, DeliveryListener } from './emulator/deliveries.ts';
import { createAnnouncer } from './emulator/events.ts';
import { createFaults } from './emulator/faults.ts';
import type { Faults } from './emulator/faults.ts';
import type { Hands } from './emulator/hands.ts';
import { createFileMethods } from './emulator/files.ts';
import { createListeners } from './emulator/listeners.ts';
import { createMethods } from './emulator/methods.ts';
import type { ThreadStatus } from './emulator/methods.ts';
import { createPeople } from './emulator/people.ts';
import type { BotSaying, GivenCommand, MessageAddress, MessageChange, Said, Saying, SeenMessage } from './emulator/people.ts';
import type { Args } from './emulator/arguments.ts';
import { respond } from './emulator/responses.ts';
import { createPush } from './emulator/push.ts';
import { Sockets } from './emulator/sockets.ts';
import type { DisconnectReason } from './emulator/sockets.ts';
import { createStreamMethods } from './emulator/streams.ts';
import { createRateTiers } from './emulator/tiers.ts';
import { createWebApi } from './emulator/web-api.ts';
import type { CallListener } from './emulator/web-api.ts';
import { createWorkspaces } from './emulator/workspaces.ts';
import type { EmulatedEnterprise, EmulatedWorkspace } from './emulator/workspaces.ts';
import { World } from './emulator/world.ts';
import type { EmulatedChannel, EmulatedUser, StoredFile, Whisper } from './emulator/world.ts';

export type { MessageChange, Said, Saying, SeenMessage } from './emulator/people.ts';

/**
 * Slack in one process: Web API, Events API over HTTP and Socket Mode as Slack's reference describes them, and the hands of the people who
 * write there. Everything happens in memory and on the loopback interface. It knows nothing of the adapter beside it.
 */
export interface SlackEmulatorOptions {
  readonly clock: Clock;
  readonly signingSecret?: string;
  readonly botToken?: string;
  readonly appToken?: string;
  /** What the bot token has been granted; everything where it is left out. */
  readonly scopes?: readonly string[];
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Where events are sent by HTTP. Without it they go over Socket Mode. Can be changed later. */
  readonly eventsUrl?: string;
  /** How long the bot has to acknowledge; default 3,000. */
  readonly ackTimeoutMs?: number;
  /** Before each repetition of an event; default 100, 60,000 and 300,000. */
  readonly retryDelaysMs?: readonly number[];
  /** How long a stream may last; default 5 minutes. */
  readonly streamLifeMs?: number;
  /** How many messages a page of `conversations.*` holds at most; default 1,000. */
  readonly pageSize?: number;
  /** Whether Slack's published rate limits hold; default false. */
  readonly rateTiers?: boolean;
  /** Whether the bot is told of its own messages too, as Slack does; default true. */
  readonly echoes?: boolean;
}

export interface SlackEmulator extends Hands, AtHome, AgentHands {
  /** Listens on the loopback interface; port 0, the default, takes a free one. */
  start(port?: number): Promise<{ readonly apiUrl: string }>;
  stop(): Promise<void>;
  /** What SLACK_API_URL is set to, as in `http://127.0.0.1:4001/api/`. */
  readonly apiUrl: string;
  readonly signingSecret: string;
  readonly botToken: string;
  readonly appToken: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly teamId: string;
  readonly bot: EmulatedUser & { readonly botId: string };
  /** Where events are sent by HTTP; Socket Mode while undefined. */
  eventsUrl: string | undefined;

  /** From now on tokens that are granted end, after 12 hours if nothing else is said, and come with a refresh token. */
  rotateTokens(lifeMs?: number): void;
  /** A workspace that the app can be installed into; made at the first mention of it. */
  workspace(name: string): EmulatedWorkspace;
  enterprise(name: string): EmulatedEnterprise;
  /** Where the browser is sent back to when the person does not agree. */
  deny(authorizeUrl: string): string;
  /** Every token that was ever granted by OAuth. */
  grantedSecrets(): readonly string[];

  /** The person of this name; made at the first mention of it. */
  user(name: string): EmulatedUser;
  /** The channel of this name or id; made at the first mention of it. The bot is a member, until `hasBot` is set to false. */
  channel(name: string, type?: 'channel' | 'group'): EmulatedChannel;
  /** The direct message channel between the person and the bot. */
  direct(user: string): EmulatedChannel;
  /** The group message of these people and the bot. */
  groupDirect(users: readonly string[]): EmulatedChannel;

  say(words: Saying): Said;
  /** Changes what a person wrote. */
  edit(said: MessageAddress, text: string): readonly Delivery[];
  remove(said: MessageAddress): readonly Delivery[];
  command(command: GivenCommand): Delivery;
  /** Brings a command or an interaction once more, as it was. */
  repeat(delivery: Delivery): Delivery;
  /** Makes a user group of these people, or changes who is in it. */
  userGroup(id: string, members: readonly string[]): void;
  /** The notes that this person alone sees; Ada's by default. */
  whispers(user?: string): readonly Whisper[];
  /** Every file in the workspace, in order. */
  files(): readonly StoredFile[];
  /** Every request for a file, and the credential that came along. */
  downloads(): World['downloads'];
  /** Another app writes something. */
  otherBot(words: BotSaying): readonly Delivery[];
  /** Takes the app out of the workspace. */
  uninstall(): Delivery;
  /** A thread as people see it, oldest first: the root and the replies. Deleted messages are marked. */
  thread(channel: string, threadTs: string): readonly SeenMessage[];
  /** Everything in a channel, oldest first. */
  messages(channel: string): readonly SeenMessage[];
  /** Calls back for everything that becomes visible, changes or disappears; returns what ends that. */
  onMessage(listener: (change: MessageChange) => void): () => void;
  /** Calls back when the bot says that it is thinking, and when it no longer does. */
  onStatus(listener: (status: ThreadStatus) => void): () => void;

  /** Brings the events of a message `copies` times more, each under its old event id. */
  redeliver(said: { readonly ts: string }, copies: number): readonly Delivery[];
  /** Events that the bot has not acknowledged. */
  pending(): readonly Delivery[];
  /** Sends them again now, those that were given up included: to be called when the bot is back. */
  retryPending(): void;
  /** Sees every delivery before it is sent, and when it was acknowledged or not; returns what ends that. */
  onDelivery(listener: DeliveryListener): () => void;

  /** Socket Mode: asks every bot to connect anew. */
  requestDisconnect(reason?: DisconnectReason): void;
  /** Socket Mode: cuts every connection. */
  dropConnections(): void;
  /** Socket Mode: every connection stays open, but nothing comes through it any more. */
  deafenConnections(): void;
  /** Socket Mode: whether those who connect are greeted from now on. */
  greetConnections(greets: boolean): void;
  /** Socket Mode: how many connections receive events. */
  connected(): number;

  /** Ends every open stream, as when its time is over. */
  expireStreams(): void;
  readonly faults: Faults;
  /** Sees every Web API call, before and after its effect; returns what ends that. */
  onCall(listener: CallListener): () => void;
}

export function createSlackEmulator(options: SlackEmulatorOptions): SlackEmulator {
  const { clock, ackTimeoutMs = 3_000, retryDelaysMs = [100, 60_000, 300_000], echoes = true } = options;
  const credentials = credentialsOf(options);
  const world = new World(clock);
  let { eventsUrl } = options;

  const deliveryListeners = createListeners<Parameters<DeliveryListener>>();
  const push = createPush({ clock, signingSecret: credentials.signingSecret, ackTimeoutMs });
  const sockets = new Sockets({ clock, appId: world.appId, ackTimeoutMs, onConnection: () => deliveries.retryPending() });
  const deliveries = new Deliveries({
    clock,
    retryDelaysMs,
    transport: (attempt) => (eventsUrl === undefined ? sockets.send(attempt) : push.send(eventsUrl, attempt)),
    onDelivery: deliveryListeners.call,
  });
  const api = createApi(options, { world, sockets, credentials, deliveries: () => deliveries });
  const announcer = createAnnouncer({ world, clock, deliveries, echoes });

  return {
    ...createPeople(world, announcer),
    ...controlSockets(sockets),
    ...credentials,
    files: () => [...world.files.values()],
    downloads: () => world.downloads,
    ...{ teamId: world.teamId, bot: { ...world.bot, botId: world.botId } },
    start: api.start,
    stop: async () => {
      deliveries.stop();
      push.close();
      sockets.close();
      await api.stop();
    },
    get apiUrl() {
      return api.url();
    },
    get eventsUrl() {
      return eventsUrl;
    },
    set eventsUrl(url: string | undefined) {
      eventsUrl = url;
    },
    ...controlOAuth(api),
    onStatus: api.statuses.add,
    redeliver: announcer.redeliver,
    repeat: (delivery) => deliveries.add(delivery),
    pending: () => deliveries.pending(),
    retryPending: () => deliveries.retryPending(),
    onDelivery: deliveryListeners.add,
    ...createAgentHands({ world, announcer, stopIn: api.streams.stopIn }),
    expireStreams: () => api.streams.closeAll(),
    faults: api.faults,
    onCall: api.calls.add,
  };
}

type Credentials = Pick<SlackEmulator, 'signingSecret' | 'botToken' | 'appToken' | 'clientId' | 'clientSecret'>;

function credentialsOf({ signingSecret, botToken, appToken, clientId, clientSecret }: SlackEmulatorOptions): Credentials {
  return {
    signingSecret: signingSecret ?? 'emulated-signing-secret',
    botToken: botToken ?? 'xoxb-emulated-bot-token',
    appToken: appToken ?? 'xapp-emulated-app-token',
    clientId: clientId ?? '1111111111.2222222222',
    clientSecret: clientSecret ?? 'emulated-client-secret',
  };
}

interface ApiParts {
  readonly world: World;
  readonly sockets: Sockets;
  readonly credentials: Credentials;
  readonly deliveries: () => Deliveries;
}

/** The Web API and the server that it shares with Socket Mode. */
function createApi(options: SlackEmulatorOptions, { world, sockets, credentials, deliveries }: ApiParts) {
  const { clock, scopes, pageSize = 1_000, streamLifeMs = 300_000 } = options;
  const faults = createFaults();
  const calls = createListeners<Parameters<CallListener>>();
  const statuses = createListeners<[ThreadStatus]>();
  const streams = createStreamMethods({ world, now: () => clock.now(), streamLifeMs });
  let port = 0;
  const url = (): string => `http://127.0.0.1:${port}/api/`;
  const rotation = { isOn: false, tokenLifeMs: 12 * 60 * 60_000 };
  const workspaces = createWorkspaces({
    ...{ clock, deliveries, ...credentials, rotates: () => rotation.isOn, tokenLifeMs: () => rotation.tokenLifeMs },
    origin: () => url(),
    methods: { pageSize, onStatus: statuses.call, streamLifeMs },
  });
  const methods = {
    ...createMethods({ world, pageSize, onStatus: statuses.call }),
    ...createAgentMethods(world),
    ...streams.methods,
    ...createFileMethods(world),
    'apps.connections.open': () => ({ url: `ws://127.0.0.1:${port}/link/?ticket=${sockets.issueTicket()}` }),
  };
  const onCall: CallListener = (method, args, phase) => {
    streams.closeOld();
    workspaces.closeOld();
    calls.call(method, args, phase);
  };
  const tiers = options.rateTiers ? createRateTiers(() => clock.now()) : undefined;
  const respondTo = (path: string, args: Args) => respond([world, ...workspaces.worlds()], path, args);
  const { grants } = workspaces;
  const server = createWebApi({ world, tiers, methods, ...credentials, grants, scopes, faults, onCall, respond: respondTo });
  server.on('upgrade', (request, socket, head: Buffer) => sockets.upgrade(request, socket, head));

  return {
    ...{ faults, calls, statuses, streams, url, rotation, workspaces },
    start: async (wanted = 0) => {
      server.listen(wanted, '127.0.0.1');
      await once(server, 'listening');
      // A TCP server that listens has an address object.
      ({ port } = server.address() as AddressInfo);
      world.desk.origin = url();
      world.filesUrl = `http://127.0.0.1:${port}`;
      return { apiUrl: url() };
    },
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function controlOAuth({ rotation, workspaces }: ReturnType<typeof createApi>) {
  return {
    rotateTokens: (lifeMs = rotation.tokenLifeMs): void => {
      Object.assign(rotation, { isOn: true, tokenLifeMs: lifeMs });
    },
    workspace: (name: string) => workspaces.workspace(name),
    ...{ enterprise: workspaces.enterprise, deny: workspaces.deny, grantedSecrets: workspaces.secrets },
  };
}

function controlSockets(sockets: Sockets) {
  return {
    requestDisconnect: (reason: DisconnectReason = 'refresh_requested') => sockets.requestDisconnect(reason),
    dropConnections: () => sockets.drop(),
    deafenConnections: () => sockets.deafen(),
    greetConnections: (greets: boolean) => sockets.greet(greets),
    connected: () => sockets.connected(),
  };
}
