import type { AdapterContext } from '../../src/adapter.ts';
import type { Json } from '../../src/message.ts';
import { sessionLost } from './gateway-errors.ts';
import { Intake } from './intake.ts';
import type { IntakeOptions } from './intake.ts';
import { ShardSession } from './session.ts';
import type { SessionInfo } from './session.ts';
import type { SessionStarts } from './session-starts.ts';

export interface ShardOptions extends Omit<IntakeOptions, 'session' | 'context'> {
  readonly context: AdapterContext;
  readonly intents: number;
  /** Of the gateway's addresses: `wss:` or `ws:`. */
  readonly protocol: string;
  readonly starts: SessionStarts;
  /** What is saved of its session. */
  readonly saved: Json | undefined;
}

/** After so many failed attempts in a row the session's own address may be what is broken: the common one resumes as well. */
const attemptsAtResumeUrl = 3;
/** After so many connections that were opened and never came to anything the session counts as lost. */
const maxFruitless = 5;
const maxPauseMs = 30_000;

/**
 * One shard's connection, as @discordjs/ws reports it:
 *
 *     connecting ──HELLO──> greeted ──READY or RESUMED──> established
 *          └───────────────────┴─────────closed────────────┴──> connecting, after a pause
 *
 * @discordjs/ws throws a session away whenever a connection cannot be opened, and would then miss what happened meanwhile. Here a
 * session is forgotten only when Discord has said so: by refusing it between HELLO and RESUMED, or by a close code.
 */
export class Shard {
  readonly session: ShardSession;
  readonly intake: Intake;
  readonly #options: ShardOptions;
  #phase: 'connecting' | 'greeted' | 'established' = 'connecting';
  #attempts = 0;
  #fruitless = 0;
  #changedAt: number;
  #lastClose: number | undefined;

  constructor(options: ShardOptions) {
    this.#options = options;
    const { id: shardId, intents, protocol } = options;
    this.session = new ShardSession({ shardId, intents, protocol });
    this.session.restore(options.saved);
    this.intake = new Intake({ ...options, session: this.session });
    this.#changedAt = options.context.clock.now();
  }

  get isEstablished(): boolean {
    return this.#phase === 'established';
  }

  /** For people: since when it stands as it does. */
  describe(): string {
    const since = new Date(this.#changedAt).toISOString();
    if (this.isEstablished) return `connected since ${since}`;
    return `not connected since ${since}${this.#lastClose === undefined ? '' : ` (closed with ${this.#lastClose})`}, trying again`;
  }

  /** Called before each connection, each heartbeat and each dispatch. Before a connection it waits its turn. */
  retrieve(): SessionInfo | null | Promise<SessionInfo | null> {
    if (this.#phase !== 'connecting') return this.session.info();
    // It fails only when the adapter stops. A rejection would be caught by nobody in the SDK; what waits for ever does no harm.
    return this.#beforeConnecting().catch(() => new Promise<never>(() => undefined));
  }

  update(info: SessionInfo | null): void {
    if (info) {
      // With the gate shut nothing is taken in, so nothing counts as received.
      if (this.intake.isOpen) this.session.update(info);
    } else if (this.#phase === 'greeted') this.session.forget();
  }

  onHello(): void {
    this.#phase = 'greeted';
    this.intake.reopen();
  }

  onEstablished(how: 'ready' | 'resumed'): void {
    const { context, id } = this.#options;
    this.#phase = 'established';
    this.#changedAt = context.clock.now();
    this.#attempts = 0;
    this.#fruitless = 0;
    context.log.info('Discord connected.', { shard: id, resumed: how === 'resumed' });
  }

  onClosed(code: number): void {
    const { context, id } = this.#options;
    if (this.#phase === 'established') {
      this.#changedAt = context.clock.now();
      context.log.warn('Discord disconnected.', { shard: id, code });
    } else if (this.#phase === 'greeted') {
      this.#fruitless += 1;
      if (this.#fruitless >= maxFruitless) this.session.forget();
    }
    this.#phase = 'connecting';
    this.#lastClose = code;
    if (sessionLost.has(code)) this.session.forget();
  }

  async #beforeConnecting(): Promise<SessionInfo | null> {
    const { context, id, signal, starts } = this.#options;
    const { clock } = context;
    if (this.#attempts > 0) await clock.sleep(pauseAfter(this.#attempts, clock.random()), signal);
    this.#attempts += 1;
    const info = this.session.info();
    if (!info) await starts.reserve(id, signal);
    if (!info || this.#attempts <= attemptsAtResumeUrl) return info;
    // @discordjs/ws takes the common address where there is none.
    return { ...info, resumeURL: undefined } as unknown as SessionInfo;
  }
}

/** ms: doubling from half a second, half of it by chance. */
function pauseAfter(attempts: number, random: number): number {
  const full = Math.min(maxPauseMs, 500 * 2 ** Math.min(attempts - 1, 10));
  return full / 2 + (full / 2) * random;
}
