import { SocketModeReceiver } from '@slack/bolt';
import type { App, Receiver } from '@slack/bolt';
import { settleWithin } from '../../src/clock.ts';
import type { Clock } from '../../src/clock.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import type { Log } from '../../src/log.ts';
import { toSlackLogger, webClientOptions } from './client.ts';
import { isCredentialError, rateLimitOf, toCredentialError } from './failure.ts';

export interface SocketReceiverOptions {
  readonly appToken: string;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFailure: (error: unknown) => void;
}

export interface SocketReceiver extends Receiver {
  /** Undefined while connected. */
  readonly trouble: () => string | undefined;
}

/** From asking for an address to Slack's hello. */
const connectTimeoutMs = 15_000;
const closeTimeoutMs = 2_000;
const shortLivedMs = 5_000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * Bolt's Socket Mode, with the connection kept up here. Bolt's own way waits 5 seconds before each new connection, the ones that Slack
 * itself asks for every few hours included, and a refused token or a broken answer during a reconnection ends the process.
 */
export function createSocketReceiver(options: SocketReceiverOptions): SocketReceiver {
  const { appToken, clock, log, onFailure } = options;
  const stopping = new AbortController();
  let trouble: string | undefined = 'Socket Mode: not connected yet.';
  let running: Promise<void> | undefined;
  const receiver = new SocketModeReceiver({
    appToken,
    autoReconnectEnabled: false,
    logger: toSlackLogger(log),
    installerOptions: { clientOptions: { ...webClientOptions(options), ...(options.fetch ? { fetch: options.fetch } : {}) } },
    processEventErrorHandler: async ({ error }) => {
      onFailure(error);
      return false; // Not acknowledged: Slack delivers it again.
    },
  });
  const { client } = receiver;
  guardMessages(receiver, log);

  /** Resolves once connected, with a promise of the end of the connection. */
  async function connect(): Promise<Connection> {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const onEnd = (): void => resolve();
    client.once('disconnected', onEnd);
    const cancel = clock.after(connectTimeoutMs, () => void client.disconnect());
    try {
      await receiver.start();
      connected();
      return { ended };
    } catch (error) {
      client.off('disconnected', onEnd);
      throw error ?? new Error('Slack did not answer in time, or closed the connection at once.');
    } finally {
      cancel();
    }
  }

  /** Until it is told to stop: waits for the end of the connection, connects again. */
  async function stayConnected(first: Connection | Failure): Promise<void> {
    let current = first;
    for (let failures = 0; ; ) {
      const since = clock.monotonic();
      if ('ended' in current) await current.ended;
      if (stopping.signal.aborted) return;
      // A connection that ends as soon as it stands is no better than none.
      failures = 'ended' in current && clock.monotonic() - since > shortLivedMs ? 0 : failures + 1;
      if ('ended' in current) disconnected();
      const delayMs = failures === 0 ? 0 : delayAfter(failures);
      await clock.sleep(Math.max(delayMs, 'ended' in current ? 0 : current.retryAfterMs), stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      current = await connect().catch(onTrouble);
    }
  }

  function connected(): void {
    trouble = undefined;
    log.info('slack connected', { transport: 'socket' });
  }

  function disconnected(): void {
    trouble = 'Socket Mode: the connection has ended; connecting again.';
    log.info('slack connection ended; connecting again');
  }

  function onTrouble(error: unknown): Failure {
    const detail = redact(describeError(error)).slice(0, 300);
    trouble = isCredentialError(error) ? toTokenError(error).message : `Socket Mode: ${detail}`;
    if (!stopping.signal.aborted) log.warn('slack connection failed; trying again', { error: trouble });
    return { retryAfterMs: rateLimitOf(error) ?? 0 };
  }

  function delayAfter(failures: number): number {
    return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + clock.random() / 2);
  }

  return {
    init: (app: App) => receiver.init(app),
    start: async () => {
      const first = await connect().catch((error: unknown) => {
        if (isCredentialError(error)) throw toTokenError(error);
        return onTrouble(error);
      });
      running = stayConnected(first);
      running.catch((error: unknown) => log.error('slack connection is given up', { error: describeError(error) }));
    },
    stop: async () => {
      stopping.abort(new AdapterError('The Slack adapter is stopping.'));
      // The second call does without the closing handshake, which Slack has half a minute for.
      await settleWithin(clock, closeTimeoutMs, [client.disconnect(), running ?? Promise.resolve()]);
      if (trouble === undefined) trouble = 'Socket Mode: stopped.';
      void client.disconnect();
      client.removeAllListeners();
    },
    trouble: () => trouble,
  };
}

interface Connection {
  readonly ended: Promise<void>;
}

interface Failure {
  /** What Slack asked for; 0 where it did not. */
  readonly retryAfterMs: number;
}

function toTokenError(error: unknown): AdapterError {
  return toCredentialError(error, { setting: 'SLACK_APP_TOKEN', method: 'apps.connections.open' });
}

/** The SDK reads a frame in an async listener that nobody waits for: a frame of an unexpected form would end the process. */
function guardMessages({ client }: SocketModeReceiver, log: Log): void {
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
