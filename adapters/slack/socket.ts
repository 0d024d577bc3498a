import { SocketModeReceiver } from '@slack/bolt';
import type { App, Receiver } from '@slack/bolt';
import { settleWithin, withTimeout } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { toSlackLogger, webClientOptions } from './client.ts';
import { isCredentialError, rateLimitOf, toCredentialError } from './failure.ts';
import { describeUnreachable, hostOf } from './unreachable.ts';
import { createWire } from './wire.ts';
import type { Wire } from './wire.ts';

export interface SocketReceiverOptions {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

/** For the address, and then from there to Slack's hello. */
const connectTimeoutMs = 10_000;
/** For Slack's part of the closing handshake. */
const closeTimeoutMs = 2_000;
/** There are ten connections to an app at most: one more only pushes out another. */
const crowdedDelayMs = 30_000;
const shortLivedMs = 5_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;

interface Connection {
  readonly ended: Promise<void>;
}

interface Failure {
  /** What Slack asked for; 0 where it did not. */
  readonly retryAfterMs: number;
}

/**
 * Bolt's Socket Mode, with the connection kept up here. Bolt's own way waits 5 seconds before each new connection, the ones that Slack
 * itself asks for every few hours included, and a refused token or a broken answer during a reconnection ends the process.
 *
 *     connecting ──hello──> connected ──end──> (delay) ──> connecting
 *          └──failure──> (longer delay) ──> connecting
 */
export class SocketReceiver implements Receiver {
  /** What stands in the way; undefined while connected. */
  trouble: string | undefined = 'Socket Mode: not connected yet.';
  readonly #options: SocketReceiverOptions;
  readonly #receiver: SocketModeReceiver;
  readonly #wire: Wire;
  /** Why the connection before has ended, as far as anybody has said; undefined while connected. */
  #farewell: string | undefined;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SocketReceiverOptions) {
    const { appToken, clock, log, onFailure } = options;
    this.#options = options;
    this.#wire = createWire(clock);
    this.#receiver = new SocketModeReceiver({
      appToken,
      autoReconnectEnabled: false,
      dispatcher: this.#wire.dispatcher,
      logger: toSlackLogger(log),
      installerOptions: { clientOptions: { ...webClientOptions(options), fetch: createTimedFetch(options) } },
      processEventErrorHandler: async ({ error }) => {
        onFailure(error);
        return false; // Not acknowledged: Slack delivers it again.
      },
    });
    guardFrames(this.#receiver, log, (reason) => this.#onFarewell(reason));
  }

  init(app: App): void {
    this.#receiver.init(app);
  }

  /** Rejects with an AdapterError where Slack refuses the token. Where it cannot be reached, resolves and goes on trying. */
  async start(): Promise<void> {
    const first = await this.#connect().catch((error: unknown) => {
      if (isCredentialError(error)) throw toTokenError(error);
      return this.#onFailure(error);
    });
    this.#running = this.#stayConnected(first);
    this.#running.catch((error: unknown) =>
      this.#options.log.error('slack connection is given up', { error: describeError(error) }),
    );
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { client } = this.#receiver;
    this.#stopping.abort(new AdapterError('The Slack adapter is stopping.'));
    await settleWithin(this.#options.clock, closeTimeoutMs, [client.disconnect(), this.#running ?? Promise.resolve()]);
    this.trouble ??= 'Socket Mode: stopped.';
    // The second call does without the closing handshake, which Slack has half a minute for.
    void client.disconnect();
    client.removeAllListeners();
    this.#wire.close();
  }

  /** Resolves once connected. */
  async #connect(): Promise<Connection> {
    const { client } = this.#receiver;
    const { clock, log } = this.#options;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const onEnd = (): void => resolve();
    client.once('disconnected', onEnd);
    let cancel = (): void => undefined;
    client.once('authenticated', () => {
      cancel = clock.after(connectTimeoutMs, () => this.#cut());
    });
    try {
      await this.#receiver.start();
      this.trouble = undefined;
      this.#farewell = undefined;
      log.info('slack connected', { transport: 'socket' });
      void ended.then(this.#wire.watch(() => this.#onDeaf()));
      return { ended };
    } catch (error) {
      client.off('disconnected', onEnd);
      // The SDK rejects with nothing at all where the connection ended before Slack's hello.
      throw error instanceof Error ? error : new Error('Slack did not answer in time, or closed the connection at once.');
    } finally {
      cancel();
    }
  }

  /** Without the closing handshake: the second call lets go at once, and so does not leave the SDK waiting for an answer to the first. */
  #cut(): void {
    const { client } = this.#receiver;
    let isOver = false;
    client.once('disconnected', () => {
      isOver = true;
    });
    void client.disconnect();
    if (!isOver) void client.disconnect();
    this.#wire.cut();
  }

  #onDeaf(): void {
    this.#farewell = 'silent';
    this.trouble = farewells['silent'];
    this.#options.log.warn('slack connection is silent; connecting again');
    this.#cut();
  }

  /** The SDK ends the connection then, and waits long for an answer to that: until it comes nothing else does. */
  #onFarewell(reason: string): void {
    this.#farewell = reason;
    const { clock, log } = this.#options;
    log.info('slack asks to connect again', { reason });
    const cancel = clock.after(closeTimeoutMs, () => this.#cut());
    this.#receiver.client.once('disconnected', cancel);
  }

  async #stayConnected(first: Connection | Failure): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    let current = first;
    for (let failures = 0; ;) {
      const since = clock.monotonic();
      if ('ended' in current) await current.ended;
      if (signal.aborted) return;
      // A connection that ends as soon as it stands is no better than none.
      failures = 'ended' in current && clock.monotonic() - since > shortLivedMs ? 0 : failures + 1;
      if ('ended' in current) {
        this.trouble = farewells[this.#farewell ?? ''] ?? 'Socket Mode: the connection has ended; connecting again.';
        log.info('slack connection ended; connecting again');
      }
      const asked = this.#farewell === 'too_many_websockets' ? crowdedDelayMs : 0;
      const delayMs = Math.max(this.#delayAfter(failures), 'ended' in current ? asked : current.retryAfterMs);
      if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      current = await this.#connect().catch((error: unknown) => this.#onFailure(error));
    }
  }

  #delayAfter(failures: number): number {
    if (failures === 0) return 0;
    return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + this.#options.clock.random() / 2);
  }

  #onFailure(error: unknown): Failure {
    const switchedOff = this.#farewell === 'link_disabled' ? farewells['link_disabled'] : undefined;
    this.trouble = isCredentialError(error)
      ? toTokenError(error).message
      : (switchedOff ?? `Socket Mode: ${describeUnreachable(error, hostOf(this.#options.apiUrl))}`);
    if (!this.#stopping.signal.aborted) this.#options.log.warn('slack connection failed; trying again', { error: this.trouble });
    return { retryAfterMs: rateLimitOf(error) ?? 0 };
  }
}

/** Why a connection has ended, by what Slack said about it, where that tells an operator more than that it did. */
const farewells: Readonly<Record<string, string>> = {
  silent: 'Socket Mode: nothing has come from Slack for a minute, not even a ping; connecting again.',
  link_disabled:
    'Socket Mode: Slack says that Socket Mode was switched off for the app: switch it on (page "Socket Mode"), or use HTTP (slack.transport).',
  too_many_websockets:
    'Socket Mode: Slack says that the app has too many connections, and takes ten: stop other processes that use SLACK_APP_TOKEN.',
};

/** The SDK would wait for ever for an address. */
function createTimedFetch({ fetch = globalThis.fetch, clock }: SocketReceiverOptions): typeof globalThis.fetch {
  return async (input, init) => {
    const { signal, clear } = withTimeout(clock, connectTimeoutMs);
    try {
      return await fetch(input, { ...init, signal });
    } finally {
      clear();
    }
  };
}

function toTokenError(error: unknown): AdapterError {
  return toCredentialError(error, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
}

/** The SDK reads a frame in an async listener that nobody waits for: a frame of an unexpected form would end the process. */
function guardFrames({ client }: SocketModeReceiver, log: Log, onFarewell: (reason: string) => void): void {
  const listeners = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (...frame: unknown[]) => {
    const reason = farewellIn(frame[0]);
    if (reason !== undefined) onFarewell(reason);
    for (const listener of listeners) {
      Promise.resolve(listener(...frame)).catch((error: unknown) => {
        log.warn('slack sent a frame that could not be read', { error: describeError(error) });
      });
    }
  });
}

/** Only a short frame is one: events need not be read twice. */
function farewellIn(frame: unknown): string | undefined {
  if (typeof frame !== 'string' || frame.length > 1_000 || !/"type"\s*:\s*"disconnect"/.test(frame)) return undefined;
  return /"reason"\s*:\s*"(\w{1,64})"/.exec(frame)?.[1] ?? 'unknown';
}
