import { SimpleShardingStrategy, WebSocketShardDestroyRecovery } from 'discord.js';
import type { WebSocketOptions } from 'discord.js';
import type { Clock } from '../../src/clock.ts';
import { isRecord } from './record.ts';
import type { Fields } from './record.ts';
import type { SessionInfo } from './session.ts';

type BuildStrategy = NonNullable<WebSocketOptions['buildStrategy']>;
type WsManager = Parameters<BuildStrategy>[0];

/** Who owns the sessions and hears what the shards report. */
export interface ShardOwner {
  retrieve(shardId: number): SessionInfo | null | Promise<SessionInfo | null>;
  update(shardId: number, info: SessionInfo | null): void;
  /** What Discord has just said about the gateway. */
  learn(information: unknown): void;
  /** Before the shards are made. Where it rejects none are. */
  prepare(shardCount: number): Promise<void>;
  /** Resolves when the shard may identify. */
  identify(shardId: number, signal: AbortSignal): Promise<void>;
  /** `hello`, `ready`, `resumed`, `dispatch`, `closed`, `error`, `debug`, `heartbeat`. */
  onEvent(event: string, payload: ShardReport): void;
  mayConnectTo(url: string): boolean;
}

export type ShardReport = Fields & { readonly shardId: number };

export type Strategy = ReturnType<BuildStrategy> & {
  /** Closes the shard's connection and resumes with what the owner says then. */
  reconnect(shardId: number): Promise<void>;
};

/** Any code but 1000 and 1001 leaves the session open. */
const resumableClose = 4200;
const closeWaitMs = 2000;

/**
 * The sharding strategy of @discordjs/ws with the sessions kept by their owner. What the shards report goes to the owner and not to
 * discord.js, whose caches would be empty after a resume (no READY, no GUILD_CREATE) and whose handlers pile up dispatches
 * until a READY comes. Every close leaves the session resumable: discord.js would close with 1000.
 */
export function createStrategy(
  manager: WsManager,
  { owner, clock }: { readonly owner: ShardOwner; readonly clock: Clock },
): Strategy {
  let spawned = false;
  let abandoned = false;
  manager.options.retrieveSessionInfo = (shardId) =>
    // A connection that is in its pause before reconnecting cannot be stopped there: it is made to wait for ever.
    abandoned ? new Promise<never>(() => undefined) : owner.retrieve(shardId);
  manager.options.updateSessionInfo = (shardId, info) => {
    if (!abandoned) owner.update(shardId, info);
  };
  // One for all managers: what one of them has begun counts for the next.
  manager.options.buildIdentifyThrottler = () => ({ waitForIdentify: (shardId, signal) => owner.identify(shardId, signal) });
  watchInformation(manager, owner);
  const simple = new SimpleShardingStrategy(
    asSeenByShards(manager, {
      mayConnectTo: (url) => owner.mayConnectTo(url),
      emit: (event, payload) => {
        if (!abandoned) owner.onEvent(event, payload);
      },
    }),
  );
  return {
    spawn: async (shardIds) => {
      spawned = true;
      await owner.prepare(manager.options.shardCount ?? shardIds.length);
      await simple.spawn(shardIds);
    },
    connect: () => simple.connect(),
    send: (shardId, payload) => simple.send(shardId, payload),
    fetchStatus: () => simple.fetchStatus(),
    reconnect: async (shardId) => {
      const shard = shardsOf(simple).get(shardId);
      muffle(connectionOf(shard));
      await shard?.destroy({
        code: resumableClose,
        reason: 'Taking up at what is saved',
        recover: WebSocketShardDestroyRecovery.Resume,
      });
    },
    destroy: async (options) => {
      // Before it spawns shards the manager destroys those of before, of which there are none.
      abandoned = spawned;
      const connections = [...shardsOf(simple).values()].map(connectionOf);
      const waited = new AbortController();
      const closed = simple.destroy({ ...options, code: resumableClose });
      await Promise.race([closed, clock.sleep(closeWaitMs, waited.signal).catch(() => undefined)]).finally(() => waited.abort());
      for (const connection of connections) {
        muffle(connection);
        connection?.terminate();
      }
    },
  };
}

/**
 * The manager would begin with no shard at all where fewer sessions are left than there are shards, although those that resume cost none.
 * The owner keeps that limit, for each session that begins.
 */
function watchInformation(manager: WsManager, owner: ShardOwner): void {
  const fetchInformation = manager.fetchGatewayInformation.bind(manager);
  let known: unknown;
  manager.fetchGatewayInformation = async (force) => {
    const information = await fetchInformation(force);
    // The manager keeps it, and goes on answering with what was true then.
    if (information !== known) owner.learn(information);
    known = information;
    const { session_start_limit: limit, shards } = information;
    return { ...information, session_start_limit: { ...limit, remaining: Math.max(limit.remaining, shards) } };
  };
}

interface ManagerView {
  readonly mayConnectTo: (url: string) => boolean;
  readonly emit: (event: string, payload: ShardReport) => void;
}

function asSeenByShards(manager: WsManager, { mayConnectTo, emit }: ManagerView): WsManager {
  const fetchGatewayInformation: WsManager['fetchGatewayInformation'] = async (force) => {
    const information = await manager.fetchGatewayInformation(force);
    // A wrong address would throw where nobody catches it, and end the process.
    if (mayConnectTo(information.url)) return information;
    throw new TypeError('Discord names no usable gateway address: is DISCORD_API_URL right?');
  };
  // The prototype makes it a manager in all the rest.
  return Object.create(manager, {
    emit: { value: emit },
    fetchGatewayInformation: { value: fetchGatewayInformation },
  }) as WsManager;
}

type WsShard = { destroy(options: { code: number; reason: string; recover: WebSocketShardDestroyRecovery }): Promise<void> };

/** The strategy keeps its shards private, and so do they their sockets; there is no other way to end a connection that is just being opened. */
function shardsOf(strategy: SimpleShardingStrategy): ReadonlyMap<number, WsShard> {
  return Reflect.get(strategy, 'shards') as ReadonlyMap<number, WsShard>;
}

interface Socket {
  on(event: 'error', listener: () => void): unknown;
  terminate(): void;
}

function connectionOf(shard: WsShard | undefined): Socket | undefined {
  const connection: unknown = shard && Reflect.get(shard, 'connection');
  return isRecord(connection) && typeof connection['terminate'] === 'function' ? (connection as unknown as Socket) : undefined;
}

/** The SDK takes its error listener off a socket that it drops, and one that is still connecting would throw its failure into the process. */
function muffle(connection: Socket | undefined): void {
  connection?.on('error', () => undefined);
}
