import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { createIdentifier, toShard } from './identify.ts';
import type { IdentifyOptions } from './identify.ts';
import { toUser } from './payloads.ts';
import { Sessions, covers } from './sessions.ts';
import type { GatewayEvent, SentDispatch, Session } from './sessions.ts';
import type { World } from './world.ts';

/**
 * The gateway, version 10, JSON without compression. One connection goes through
 *
 *     HELLO ──IDENTIFY──> READY, GUILD_CREATE ... ──> dispatches
 *       └────RESUME────> missed dispatches, RESUMED ──> dispatches
 *
 * A connection that ends with 1000 or 1001 takes its session along; any other end leaves the session to be resumed for
 * `sessionLifeMs`, and what happens meanwhile waits in its replay buffer. Source: the gateway pages of Discord's reference.
 */
export interface GatewayOptions extends IdentifyOptions {
  readonly world: World;
  readonly heartbeatMs: number;
  readonly sessionLifeMs: number;
  /** `ws://127.0.0.1:PORT` */
  readonly url: () => string;
}

/** What a client asks for: seen before it is answered. */
export type GatewayCall = 'connect' | 'identify' | 'resume' | 'heartbeat';
/** `shardId`: whose call it is, as far as that is known. */
export type GatewayListener = (call: GatewayCall, shardId?: number) => void;

const opcodes = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;
/** Presence, voice, members, soundboard, channel info: taken without an answer. */
const silentOpcodes: ReadonlySet<number> = new Set([3, 4, 8, 31, 43]);
const commandLimit = { count: 120, perMs: 60_000 };

interface Connection {
  session?: Session;
  cancelTimeout: () => void;
  /** When the newest commands came, in ms since 1970. */
  readonly recent: number[];
}

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #connections = new Map<WebSocket, Connection>();
  readonly #sentListeners = new Set<(sent: SentDispatch) => void>();
  readonly #callListeners = new Set<GatewayListener>();
  readonly #sessions: Sessions;
  readonly #identifier: ReturnType<typeof createIdentifier>;
  /** Connections on which nothing comes any more, although they stand. */
  readonly #frozen = new WeakSet<WebSocket>();

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#identifier = createIdentifier(options);
    this.#sessions = new Sessions({ ...options, deliver: (session, sent) => this.#deliver(session, sent) });
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted));
  }

  dispatch(event: GatewayEvent): void {
    this.#sessions.dispatch(event);
  }

  /** How many connections have a session, that is: a bot that receives. */
  connected(): number {
    return [...this.#connections.values()].filter(({ session }) => session !== undefined).length;
  }

  onDispatchSent(listener: (sent: SentDispatch) => void): () => void {
    this.#sentListeners.add(listener);
    return () => this.#sentListeners.delete(listener);
  }

  onCall(listener: GatewayListener): () => void {
    this.#callListeners.add(listener);
    return () => this.#callListeners.delete(listener);
  }

  note(call: GatewayCall, shardId?: number): void {
    for (const listener of this.#callListeners) listener(call, shardId);
  }

  /** Ends every connection, or that of one shard: with a close code, or as a cut cable does. */
  drop({ code, shard }: { readonly code?: number | undefined; readonly shard?: number | undefined } = {}): void {
    for (const [socket, { session }] of this.#connections) {
      if (shard !== undefined && session?.shard[0] !== shard) continue;
      if (code === undefined) socket.terminate();
      else socket.close(code);
    }
  }

  expireSessions(shard?: number): void {
    this.#sessions.expireAll(shard);
  }

  invalidateSessions(isResumable: boolean): void {
    if (!isResumable) this.#sessions.expireAll();
    this.#tellAll(opcodes.invalidSession, isResumable);
  }

  /** Every connection that stands now is dead without anybody having been told. */
  freeze(): void {
    for (const [socket, connection] of this.#connections) {
      this.#frozen.add(socket);
      connection.cancelTimeout();
    }
  }

  requestReconnect(): void {
    this.#tellAll(opcodes.reconnect, null);
  }

  requestHeartbeat(): void {
    this.#tellAll(opcodes.heartbeat, null);
  }

  #accept(socket: WebSocket): void {
    this.#connections.set(socket, { cancelTimeout: this.#watchHeartbeat(socket), recent: [] });
    socket.on('error', () => socket.terminate());
    socket.on('close', (code) => this.#onClose(socket, code));
    socket.on('message', (raw, isBinary) => this.#onMessage(socket, isBinary || !Buffer.isBuffer(raw) ? undefined : parse(raw)));
    tell(socket, opcodes.hello, { heartbeat_interval: this.#options.heartbeatMs });
  }

  #watchHeartbeat(socket: WebSocket): () => void {
    return this.#options.clock.after(this.#options.heartbeatMs * 2, () => socket.close(4009, 'Session timed out.'));
  }

  #onClose(socket: WebSocket, code: number): void {
    const connection = this.#connections.get(socket);
    connection?.cancelTimeout();
    this.#connections.delete(socket);
    if (connection?.session?.socket === socket)
      this.#sessions.detach(connection.session, { keep: code !== 1000 && code !== 1001 });
  }

  #onMessage(socket: WebSocket, payload: GatewayPayload | undefined): void {
    const connection = this.#connections.get(socket);
    if (!connection || this.#frozen.has(socket)) return;
    if (!payload) return socket.close(4002, 'Error while decoding payload.');
    const { op, d } = payload;
    const { recent } = connection;
    const now = this.#options.clock.now();
    recent.push(now);
    if (recent.length > commandLimit.count && now - (recent.shift() ?? now) < commandLimit.perMs) {
      return socket.close(4008, 'You are being rate limited.');
    }
    if (op === opcodes.heartbeat) return this.#onHeartbeat(socket, connection);
    if (op === opcodes.identify || op === opcodes.resume) {
      if (connection.session) return socket.close(4005, 'Already authenticated.');
      return op === opcodes.identify ? this.#identify(socket, connection, d) : this.#resume(socket, connection, d);
    }
    if (!silentOpcodes.has(op)) return socket.close(4001, 'Unknown opcode.');
    return connection.session ? undefined : socket.close(4003, 'Not authenticated.');
  }

  #onHeartbeat(socket: WebSocket, connection: Connection): void {
    this.note('heartbeat');
    connection.cancelTimeout();
    connection.cancelTimeout = this.#watchHeartbeat(socket);
    tell(socket, opcodes.heartbeatAck);
  }

  #identify(socket: WebSocket, connection: Connection, data: Readonly<Record<string, unknown>>): void {
    const { world, url } = this.#options;
    this.note('identify', toShard(data['shard'])?.[0]);
    const identified = this.#identifier(data);
    if (identified.type === 'closed') return socket.close(identified.code, identified.reason);
    if (identified.type === 'invalid session') return tell(socket, opcodes.invalidSession, false);
    const { intents, shard } = identified;
    const session = this.#sessions.open({ socket, intents, shard });
    connection.session = session;
    const guilds = [...world.guilds.values()].filter((guild) => covers(session, guild.id));
    this.#sessions.dispatchTo(session, 'READY', {
      v: 10,
      user: toUser(world.bot),
      guilds: guilds.map(({ id }) => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: url(),
      shard: [...shard],
      application: { id: world.bot.id, flags: 1 << 19 },
      private_channels: [],
    });
    for (const guild of guilds) this.#sessions.greet(session, guild);
    return undefined;
  }

  #resume(socket: WebSocket, connection: Connection, data: Readonly<Record<string, unknown>>): void {
    const id = data['session_id'];
    const session = typeof id === 'string' ? this.#sessions.find(id) : undefined;
    this.note('resume', session?.shard[0]);
    if (data['token'] !== this.#options.token) return socket.close(4004, 'Authentication failed.');
    if (!session) return tell(socket, opcodes.invalidSession, false);
    const sequence = Number(data['seq']);
    if (!Number.isInteger(sequence) || sequence < 0 || sequence > session.sequence) return socket.close(4007, 'Invalid seq.');
    const missed = this.#sessions.missedSince(session, sequence);
    if (!missed) return tell(socket, opcodes.invalidSession, false);
    session.socket?.terminate();
    session.socket = socket;
    connection.session = session;
    for (const sent of missed) this.#deliver(session, sent);
    return this.#sessions.dispatchTo(session, 'RESUMED', {});
  }

  #deliver(session: Session, sent: SentDispatch): void {
    const text = JSON.stringify({ op: opcodes.dispatch, t: sent.type, s: sent.sequence, d: sent.data });
    if (session.socket && this.#frozen.has(session.socket)) return;
    session.socket?.send(text, (error) => {
      if (!error) for (const listener of this.#sentListeners) listener(sent);
    });
  }

  #tellAll(op: number, d: unknown): void {
    for (const socket of this.#connections.keys()) tell(socket, op, d);
  }
}

interface GatewayPayload {
  readonly op: number;
  readonly d: Readonly<Record<string, unknown>>;
}

function parse(raw: Buffer): GatewayPayload | undefined {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'));
    if (!isRecord(value) || typeof value['op'] !== 'number') return undefined;
    return { op: value['op'], d: isRecord(value['d']) ? value['d'] : {} };
  } catch {
    return undefined;
  }
}

function tell(socket: WebSocket, op: number, d?: unknown): void {
  socket.send(JSON.stringify({ op, ...(d === undefined ? {} : { d }) }));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
