import type { AdapterHealth } from '../../src/adapter.ts';
import type { AdapterError } from '../../src/errors.ts';
import { describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import { Connection } from './connection.ts';
import type { GatewayOptions } from './connection.ts';
import { fatalLogin } from './gateway-errors.ts';
import { SessionStarts } from './session-starts.ts';

const startWaitMs = 15_000;
const maxLoginPauseMs = 60_000;

/**
 * The way in: one connection with all shards at a time. Another one takes its place where logging in has failed, and where Discord
 * wants another number of shards; it is asked for that number each time.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #stopping = new AbortController();
  readonly #started = Promise.withResolvers<void>();
  readonly #starts: SessionStarts;
  #connection: Connection | undefined;
  #closing: Promise<void> | undefined;
  #userId: string | undefined;
  #fatal: AdapterError | undefined;
  #trouble = 'connecting';

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { clock, log } = options.context;
    const onRefused = (error: unknown): void => {
      const fatal = fatalLogin(error);
      if (fatal) this.#giveUp(fatal);
    };
    const onWaiting = this.#started.resolve;
    this.#starts = new SessionStarts({ rest: options.rest, clock, log, signal: this.#stopping.signal, onRefused, onWaiting });
  }

  /** The bot's own id: known from READY or from a saved session. */
  get userId(): string | undefined {
    return this.#userId ?? this.#connection?.userId;
  }

  /** Resolves when events arrive, or when that has failed for the moment and goes on being tried. Rejects when it never will. */
  async start(): Promise<void> {
    const cancel = this.#options.context.clock.after(startWaitMs, this.#started.resolve);
    void this.#run();
    await this.#started.promise.finally(cancel);
  }

  async stop(): Promise<void> {
    const closed = Promise.all([this.#connection?.close(), this.#closing]);
    this.#stopping.abort(new Error('The Discord adapter is stopping.'));
    this.#started.resolve();
    await closed;
  }

  health(): AdapterHealth {
    if (this.#fatal) return { connected: false, detail: this.#fatal.message };
    if (this.#stopping.signal.aborted) return { connected: false, detail: 'stopped' };
    const shards = [...(this.#connection?.shards.values() ?? [])];
    const [only] = shards;
    if (!only) return { connected: false, detail: this.#trouble };
    const up = shards.filter((shard) => shard.isEstablished).length;
    const detail = shards.length === 1 ? only.describe() : `${up} of ${shards.length} shards connected`;
    const reason = this.#starts.trouble;
    return { connected: up === shards.length, detail: reason === undefined ? detail : `${detail}. ${reason}` };
  }

  async #run(): Promise<void> {
    const { clock } = this.#options.context;
    const { signal } = this.#stopping;
    let refusedCount: number | undefined;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const connection = this.#connect(refusedCount);
      try {
        await connection.run();
        return;
      } catch (error) {
        if (connection.wasEstablished) attempt = 1;
        refusedCount = connection.refusedCount ?? refusedCount;
        if (!(await this.#onFailure(error, attempt))) return;
        const pause = Math.min(maxLoginPauseMs, 500 * 2 ** Math.min(attempt, 10));
        await clock.sleep(pause * (0.5 + clock.random() / 2), signal).catch(() => undefined);
      }
    }
  }

  #connect(refusedCount: number | undefined): Connection {
    this.#connection = new Connection({
      ...this.#options,
      starts: this.#starts,
      refusedCount,
      onProgress: this.#started.resolve,
      onFatal: (error) => this.#giveUp(error),
    });
    return this.#connection;
  }

  /** Lets go of what has failed. False where there is to be no further attempt. */
  async #onFailure(error: unknown, attempt: number): Promise<boolean> {
    const { context, token } = this.#options;
    const fatal = this.#fatal ?? fatalLogin(error);
    if (fatal) this.#giveUp(fatal);
    if (fatal || this.#stopping.signal.aborted) return false;
    this.#trouble = `cannot connect: ${redact(describeError(error), [token])}`;
    context.log.warn('Discord cannot be connected to.', { attempt, reason: this.#trouble });
    this.#started.resolve();
    this.#userId = this.userId;
    this.#closing = this.#connection?.close();
    this.#connection = undefined;
    await this.#closing;
    return true;
  }

  #giveUp(error: AdapterError): void {
    if (this.#fatal) return;
    this.#fatal = error;
    this.#options.context.log.error('Discord refuses the connection.', { reason: error.message });
    this.#started.reject(error);
  }
}
