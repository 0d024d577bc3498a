import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../src/clock.ts';
import { toGuild } from './payloads.ts';
import type { EmulatedGuild, World } from './world.ts';

export const intentBits = { guilds: 1, guildMessages: 1 << 9, directMessages: 1 << 12, messageContent: 1 << 15 } as const;
/** Every intent bit that version 10 knows: 0-16, 20, 21, 24, 25. */
export const knownIntents = 0x1ffff | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);
/** More than this many missed dispatches are not replayed: the session counts as lost then. */
const replayLimit = 20_000;

export interface SentDispatch {
  readonly type: string;
  readonly sequence: number;
  readonly data: object;
}

/** What the gateway remembers of one identified bot, connected or not. */
export interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shard: readonly [id: number, count: number];
  sequence: number;
  socket: WebSocket | undefined;
  /** When the connection was lost, in ms since 1970. */
  detachedAt: number | undefined;
  readonly buffer: SentDispatch[];
}

/** Something that happened, for every session that may hear of it. */
export interface GatewayEvent {
  readonly type: string;
  readonly intent: number;
  readonly guildId?: string | undefined;
  readonly data: (view: { readonly contentAllowed: boolean }) => object;
}

export interface SessionOptions {
  readonly world: World;
  readonly clock: Clock;
  readonly sessionLifeMs: number;
  readonly deliver: (session: Session, sent: SentDispatch) => void;
}

export class Sessions {
  readonly #options: SessionOptions;
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  open(client: { socket: WebSocket; intents: number; shard: readonly [number, number] }): Session {
    const session: Session = { ...client, id: randomUUID().replaceAll('-', ''), sequence: 0, detachedAt: undefined, buffer: [] };
    this.#sessions.set(session.id, session);
    return session;
  }

  find(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (!session || !this.#isExpired(session)) return session;
    this.#sessions.delete(id);
    return undefined;
  }

  /** The connection is gone. The session stays to be resumed, or not. */
  detach(session: Session, { keep }: { keep: boolean }): void {
    session.socket = undefined;
    session.detachedAt = this.#options.clock.now();
    if (!keep) this.#sessions.delete(session.id);
  }

  dispatch(event: GatewayEvent): void {
    for (const session of this.#sessions.values()) {
      if (this.#isExpired(session)) this.#sessions.delete(session.id);
      else if ((session.intents & event.intent) !== 0 && covers(session, event.guildId)) {
        this.dispatchTo(session, event.type, event.data({ contentAllowed: (session.intents & intentBits.messageContent) !== 0 }));
      }
    }
  }

  dispatchTo(session: Session, type: string, data: object): void {
    session.sequence += 1;
    const sent = { type, sequence: session.sequence, data };
    session.buffer.push(sent);
    if (session.buffer.length > replayLimit) session.buffer.shift();
    this.#options.deliver(session, sent);
  }

  greet(session: Session, guild: EmulatedGuild): void {
    if ((session.intents & intentBits.guilds) !== 0)
      this.dispatchTo(session, 'GUILD_CREATE', toGuild(this.#options.world, guild));
  }

  /** What was dispatched after `sequence`; undefined when the buffer does not reach back that far. */
  missedSince(session: Session, sequence: number): SentDispatch[] | undefined {
    session.detachedAt = undefined;
    const missed = session.buffer.filter((sent) => sent.sequence > sequence);
    return missed.length === session.sequence - sequence ? missed : undefined;
  }

  /** Forgets all sessions, or those of one shard. */
  expireAll(shard?: number): void {
    for (const session of this.#sessions.values()) {
      if (shard === undefined || session.shard[0] === shard) this.#sessions.delete(session.id);
    }
  }

  #isExpired(session: Session): boolean {
    return session.detachedAt !== undefined && this.#options.clock.now() - session.detachedAt > this.#options.sessionLifeMs;
  }
}

/** Guilds are spread over the shards by their id; direct messages go to the first. */
export function covers({ shard: [id, count] }: Session, guildId: string | undefined): boolean {
  return guildId === undefined ? id === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === id;
}
