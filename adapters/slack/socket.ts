import { SocketModeReceiver } from '@slack/bolt';
import type { App, Receiver } from '@slack/bolt';
import { settleWithin } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import { toSlackLogger, webClientOptions } from './client.ts';
import { isCredentialError, rateLimitOf, toCredentialError } from './failure.ts';
import { describeUnreachable, hostOf } from './unreachable.ts';

export interface SocketReceiverOptions {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

/** From asking for an address to Slack's hello. */
const connectTimeoutMs = 15_000;
const closeTimeoutMs = 2_000;
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
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SocketReceiverOptions) {
    const { appToken, fetch, log, onFailure } = options;
    this.#options = options;
    this.#receiver = new SocketModeReceiver({
      appToken,
      autoReconnectEnabled: false,
      logger: toSlackLogger(log),
      installerOptions: { clientOptions: { ...webClientOptions(options), ...(fetch ? { fetch } : {}) } },
      processEventErrorHandler: async ({ error }) => {
        onFailure(error);
        return false; // Not acknowledged: Slack delivers it again.
      },
    });
    guardFrames(this.#receiver, log);
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
  }

  /** Resolves once connected. */
  async #connect(): Promise<Connection> {
    const { client } = this.#receiver;
    const { clock, log } = this.#options;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const onEnd = (): void => resolve();
    client.once('disconnected', onEnd);
    const cancel = clock.after(connectTimeoutMs, () => void client.disconnect());
    try {
      await this.#receiver.start();
      this.trouble = undefined;
      log.info('slack connected', { transport: 'socket' });
      return { ended };
    } catch (error) {
      client.off('disconnected', onEnd);
      // The SDK rejects with nothing at all where the connection ended before Slack's hello.
      throw error instanceof Error ? error : new Error('Slack did not answer in time, or closed the connection at once.');
    } finally {
      cancel();
    }
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
        this.trouble = 'Socket Mode: the connection has ended; connecting again.';
        log.info('slack connection ended; connecting again');
      }
      const delayMs = Math.max(this.#delayAfter(failures), 'ended' in current ? 0 : current.retryAfterMs);
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
    this.trouble = isCredentialError(error)
      ? toTokenError(error).message
      : `Socket Mode: ${describeUnreachable(error, hostOf(this.#options.apiUrl))}`;
    if (!this.#stopping.signal.aborted) this.#options.log.warn('slack connection failed; trying again', { error: this.trouble });
    return { retryAfterMs: rateLimitOf(error) ?? 0 };
  }
}

function toTokenError(error: unknown): AdapterError {
  return toCredentialError(error, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
}

/** The SDK reads a frame in an async listener that nobody waits for: a frame of an unexpected form would end the process. */
function guardFrames({ client }: SocketModeReceiver, log: Log): void {
  const listeners = client.listeners('ws_message');
  client.removeAllListeners('ws_message');
  client.on('ws_message', (...frame: unknown[]) => {
    for (const listener of listeners) {
      Promise.resolve(listener(...frame)).catch((error: unknown) => {
        log.warn('slack sent a frame that could not be read', { error: describeError(error) });
      });
    }
  });
}
