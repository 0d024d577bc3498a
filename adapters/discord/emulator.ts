import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../src/clock.ts';
import { createCdn } from './emulator/cdn.ts';
import type { Cdn } from './emulator/cdn.ts';
import { createFaults } from './emulator/faults.ts';
import type { FaultPlan, Faults } from './emulator/faults.ts';
import { Gateway } from './emulator/gateway.ts';
import type { GatewayListener } from './emulator/gateway.ts';
import type { Sharding, SessionStarts } from './emulator/identify.ts';
import { toEvent } from './emulator/events.ts';
import { createInteracting } from './emulator/interacting.ts';
import type { EmulatedPeopleInteracting } from './emulator/interacting.ts';
import { people } from './emulator/people.ts';
import type { Posting, Saying, UserOptions } from './emulator/people.ts';
import type { Limit } from './emulator/limits.ts';
import { createRest } from './emulator/rest.ts';
import type { CallListener } from './emulator/rest.ts';
import { createRoutes } from './emulator/routes.ts';
import type { SentDispatch } from './emulator/sessions.ts';
import { World } from './emulator/world.ts';
import type { EmulatedChannel, EmulatedGuild, EmulatedMessage, EmulatedUser, MessageChange } from './emulator/world.ts';

/**
 * Discord in one process: REST and gateway as Discord's reference describes them, and the hands of the people who write there.
 * Everything happens in memory and on the loopback interface. It knows nothing of the adapter beside it.
 */
export interface DiscordEmulatorOptions {
  readonly clock: Clock;
  /** The bot token that is accepted; it is shaped like one where it is left out. */
  readonly token?: string;
  /** The portal's switch for the MESSAGE_CONTENT intent; on by default. */
  readonly messageContent?: boolean;
  /** Default 41,250. */
  readonly heartbeatMs?: number;
  /** How long a session without a connection can be resumed; default 5 minutes. */
  readonly sessionLifeMs?: number;
  /** How long an enforced nonce is remembered; default 5 minutes. */
  readonly nonceMs?: number;
  /** Whether reading a channel shows nonces. Discord does not promise it: off by default. */
  readonly nonceInHistory?: boolean;
  /** How many shards Discord asks for; default 1. */
  readonly shards?: number;
  /** How many of them may identify within five seconds; one more is refused with op 9. Not kept by default: it would slow every test down. */
  readonly maxConcurrency?: number | undefined;
  /** Discord's limit on writing to one channel, and on editing there (5 per 5 s), with its headers. Not kept by default: it would slow every test down. */
  readonly messageLimit?: Limit | undefined;
  /** Discord's limit on all calls together (50 per second). Not kept by default. */
  readonly globalLimit?: Limit | undefined;
}

export interface DiscordEmulator extends EmulatedPeopleInteracting {
  /** Listens on the loopback interface; port 0, the default, takes a free one. */
  listen(port?: number): Promise<void>;
  /** Cuts everything off. What stands on the platform, and its sessions, stay: it may listen again, as after an outage. */
  close(): Promise<void>;
  /** What DISCORD_API_URL is set to, as in `http://127.0.0.1:4003/api`. */
  readonly apiUrl: string;
  readonly token: string;
  readonly bot: EmulatedUser;
  /** A guild with the bot in it, made at the start, and its channel `general`. */
  readonly home: { readonly guildId: string; readonly channelId: string };

  guild(options?: { readonly name?: string }): EmulatedGuild;
  /** The role that Discord made for the bot in this guild. */
  botRoleId(guildId: string): string;
  /** Takes the bot out of the guild. */
  leaveGuild(guildId: string): void;
  channel(options?: { readonly guildId?: string; readonly name?: string }): EmulatedChannel;
  /** A thread under a channel; under the home channel by default. With `messageId` it grows out of that message. */
  thread(options?: { readonly channelId?: string; readonly name?: string; readonly messageId?: string }): EmulatedChannel;
  /** The person of this name; made at the first mention of it. */
  user(name: string, options?: UserOptions): EmulatedUser;
  /** A forum with these tags, or a media channel. */
  forum(options?: { readonly name?: string; readonly tags?: readonly string[]; readonly isMedia?: boolean }): EmulatedChannel;
  /** Somebody posts there; the message's channel is the thread. */
  postIn(forum: EmulatedChannel, posting: Posting): EmulatedMessage;
  /** The posts of a forum, or the threads of a channel. */
  posts(forumId: string): readonly EmulatedChannel[];
  /** Gives a post these tags, and takes the others away. */
  tag(forum: EmulatedChannel, threadId: string, tags: readonly string[]): void;
  /** Gives permissions to the bot's role, by their bits. */
  grant(permissions: bigint): void;
  /** Takes permissions from the bot's role in a channel, by their bits. */
  deny(channelId: string, permissions: bigint): void;
  /** What a person may do in a channel and its threads, in place of what they may elsewhere. */
  permit(channelId: string, user: string, permissions: bigint): void;
  /** A channel or thread, if it is there. */
  channelOf(id: string): EmulatedChannel | undefined;
  /** Archives a thread: a message opens it again, unless it is locked. */
  archive(threadId: string, options?: { readonly locked?: boolean }): void;
  /** In a locked thread only who may manage threads can write or change anything. */
  lock(threadId: string): void;
  /** The direct message channel between the person and the bot. */
  directMessage(user: string): EmulatedChannel;

  say(words: Saying): EmulatedMessage;
  /** A file, for `attachments` of what somebody says. */
  readonly upload: Cdn['upload'];
  /** Changes what a person wrote. */
  edit(message: EmulatedMessage, text: string): EmulatedMessage;
  remove(message: EmulatedMessage): void;
  /** What a person sees in the channel, oldest first. */
  messages(channelId: string): readonly EmulatedMessage[];
  /** Calls back for everything that becomes visible, changes or disappears; returns what ends that. */
  onMessage(listener: (change: MessageChange) => void): () => void;
  onTyping(listener: (channelId: string) => void): () => void;

  /** Brings MESSAGE_CREATE for a message `copies` times more. */
  redeliver(message: EmulatedMessage, copies: number): void;
  /** Cuts every connection, or that of one shard, or closes it with `code`; without `resumable` the sessions are gone as well. */
  dropConnections(options: { readonly resumable: boolean; readonly code?: number; readonly shard?: number }): void;
  /** Forgets every session: the next RESUME is answered with INVALID_SESSION. */
  expireSessions(): void;
  /** Op 9 on every connection: the session is gone at once, or can be resumed. */
  invalidateSessions(options?: { readonly resumable?: boolean }): void;
  /** How many sessions may still begin: https://docs.discord.com/developers/events/gateway#session-start-limit. 1,000 at first. */
  readonly starts: SessionStarts;
  /** How the bot is to be split from now on. */
  readonly sharding: Sharding;
  /** Op 7 on every connection. */
  requestReconnect(): void;
  /** Leaves every connection standing on which nothing arrives any more, in either direction: a zombie. */
  freezeConnections(): void;
  /** Op 1 on every connection. */
  requestHeartbeat(): void;
  /** How many bots receive events right now. */
  connected(): number;
  /** TCP connections that are open: none when a bot has let go of everything. */
  sockets(): Promise<number>;

  readonly faults: Faults;
  /** Sees every REST call, as in `POST /channels/:id/messages`, before and after its effect; returns what ends that. */
  onCall(listener: CallListener): () => void;
  /** Sees every attempt to connect, IDENTIFY, RESUME and heartbeat before it is answered. */
  onGatewayCall(listener: GatewayListener): () => void;
  /** Sees every dispatch once it has been written to the bot's connection. */
  onDispatchSent(listener: (sent: SentDispatch) => void): () => void;
}

export function createDiscordEmulator(options: DiscordEmulatorOptions): DiscordEmulator {
  const { clock, messageContent = true } = options;
  const world = new World(clock);
  const token = options.token ?? `${Buffer.from(world.bot.id).toString('base64url')}.emulat.parley-emulator-not-a-secret`;
  const faults = createFaults();
  const typingListeners = new Set<(channelId: string) => void>();
  const address = { port: 0 };
  const cdn = createCdn(address);
  const gatewayUrl = (): string => `ws://127.0.0.1:${address.port}`;
  const { heartbeatMs = 41_250, sessionLifeMs = 300_000, nonceMs = 300_000, nonceInHistory = false, shards = 1 } = options;
  const starts = startsOf(options);
  const sharding: Sharding = { recommended: shards, required: 1 };
  const session = { starts, sharding, heartbeatMs, sessionLifeMs };
  const gateway = new Gateway({ ...session, world, clock, token, messageContent, url: gatewayUrl });
  const onTyping = (channelId: string): void => {
    for (const listener of typingListeners) listener(channelId);
  };
  const cast = people(world, () => home);
  const interacting = createInteracting({
    ...{ world, clock, user: (name: string) => cast.user(name), homeChannelId: () => home.channelId },
    dispatch: (data, guildId) => gateway.dispatch({ type: 'INTERACTION_CREATE', intent: anyIntent, guildId, data: () => data }),
  });
  const routes = createRoutes({
    interacting,
    world,
    now: () => clock.now(),
    messageContent,
    nonceMs,
    nonceInHistory,
    sharding,
    starts,
    gatewayUrl,
    onTyping,
  });
  const { messageLimit, globalLimit } = options;
  const { server, onCall } = createRest({ routes, faults, token, clock, cdn, messageLimit, globalLimit });
  world.onChange((change) => gateway.dispatch(toEvent(world, change)));
  const home = createHome(world);

  return {
    ...{ ...cast, upload: cdn.upload },
    ...interacting.people,
    ...controls(world, gateway),
    ...host({ server, gateway, faults, address }),
    get apiUrl() {
      return `http://127.0.0.1:${address.port}/api`;
    },
    token,
    starts,
    sharding,
    bot: world.bot,
    home,
    onTyping: (listener) => {
      typingListeners.add(listener);
      return () => typingListeners.delete(listener);
    },
    faults,
    onCall,
  };
}

/** Interactions come whatever the intents. */
const anyIntent = ~0;

/** It gets no answer, but notices when the other side goes away: a server's sockets stay half open by themselves. */
function letHang(socket: Duplex): Duplex {
  const close = (): unknown => socket.destroy();
  return socket.on('error', close).on('end', close).resume();
}

interface Hosting {
  readonly server: Server;
  readonly gateway: Gateway;
  readonly faults: FaultPlan;
  readonly address: { port: number };
}

function host({ server, gateway, faults, address }: Hosting) {
  const hanging = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    gateway.note('connect');
    const fault = faults.take('GATEWAY');
    if (!fault) gateway.upgrade(request, socket, head);
    else if (fault.kind === 'hang') hanging.add(letHang(socket));
    else socket.destroy();
  });
  return {
    listen: async (port = 0): Promise<void> => {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      // A TCP server that listens has an address object.
      address.port = (server.address() as AddressInfo).port;
    },
    sockets: (): Promise<number> =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close: (): Promise<void> =>
      new Promise((resolve) => {
        gateway.drop();
        for (const socket of hanging) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the platform does to its bots. */
function controls(world: World, gateway: Gateway) {
  return {
    redeliver: (message: EmulatedMessage, copies: number) => {
      for (let copy = 0; copy < copies; copy += 1) gateway.dispatch(toEvent(world, { type: 'created', message }));
    },
    dropConnections: ({ resumable, ...by }: { resumable: boolean; code?: number; shard?: number }) => {
      if (!resumable) gateway.expireSessions(by.shard);
      gateway.drop(by);
    },
    expireSessions: () => gateway.expireSessions(),
    invalidateSessions: ({ resumable = false } = {}) => gateway.invalidateSessions(resumable),
    requestReconnect: () => gateway.requestReconnect(),
    freezeConnections: () => gateway.freeze(),
    requestHeartbeat: () => gateway.requestHeartbeat(),
    connected: () => gateway.connected(),
    onGatewayCall: (listener: GatewayListener) => gateway.onCall(listener),
    onDispatchSent: (listener: (sent: SentDispatch) => void) => gateway.onDispatchSent(listener),
  };
}

function createHome(world: World): DiscordEmulator['home'] {
  const guild = world.addGuild('Lighthouse');
  const [channel] = [...world.channels.values()].filter(({ guildId }) => guildId === guild.id);
  return { guildId: guild.id, channelId: channel?.id ?? '' };
}

function startsOf({ maxConcurrency }: DiscordEmulatorOptions): SessionStarts {
  return { total: 1_000, remaining: 1_000, resetAfterMs: 14_400_000, maxConcurrency };
}
