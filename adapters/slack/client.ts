import { LogLevel, WebClient } from '@slack/web-api';
import type { Logger, WebClientOptions } from '@slack/web-api';
import { redact } from '../../src/log.ts';
import type { Log } from '../../src/log.ts';
import { isDeadTokenError } from './failure.ts';
import { hostOf } from './unreachable.ts';

/** Slack's answer to a call that it accepted: `ok` and whatever the method adds. */
export type SlackResult = Readonly<Record<string, unknown>>;

export interface SlackCaller {
  /** One request, never repeated: whoever calls decides about that. Rejects with an error of @slack/web-api; `toDeliveryError` reads them. */
  call(method: string, args: Record<string, unknown>, signal: AbortSignal): Promise<SlackResult>;
  /** Whether the newest call found the token revoked. */
  isRefused(): boolean;
  /** Where it calls, for messages. */
  readonly host: string;
}

export interface SlackCallerOptions {
  readonly botToken: string;
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly log: Log;
}

export function createSlackCaller({ botToken, apiUrl, fetch = globalThis.fetch, log }: SlackCallerOptions): SlackCaller {
  let starting: AbortSignal | undefined;
  const client = new WebClient(botToken, {
    ...webClientOptions({ apiUrl, log }),
    // The client takes no signal per call. With no limit on its concurrency it gets to `fetch` before `apiCall` returns, and so finds the
    // signal of the call that it is for.
    maxRequestConcurrency: Number.POSITIVE_INFINITY,
    fetch: (input, init) => fetch(input, starting ? { ...init, signal: starting } : init),
  });
  let refused = false;

  async function call(method: string, args: Record<string, unknown>, signal: AbortSignal): Promise<SlackResult> {
    signal.throwIfAborted();
    starting = signal;
    try {
      const pending = client.apiCall(method, args);
      starting = undefined;
      const answer = await pending;
      refused = false;
      return answer as unknown as SlackResult; // an object parsed from JSON, as far as anybody knows
    } catch (error) {
      refused = isDeadTokenError(error);
      throw error;
    } finally {
      starting = undefined;
    }
  }

  return { call, isRefused: () => refused, host: hostOf(apiUrl) };
}

/** The SDK's own retries repeat a post whose answer was lost: all of them are off. */
export function webClientOptions({ apiUrl, log }: { readonly apiUrl: string | undefined; readonly log: Log }): WebClientOptions {
  return {
    ...(apiUrl === undefined ? {} : { slackApiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logger: toSlackLogger(log),
  };
}

/** What the SDK has to say, in our log instead of on the console. Its chatter below a warning is left out. */
export function toSlackLogger(log: Log): Logger {
  const toText = (parts: readonly unknown[]): string => redact(parts.map(String).join(' '));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts) => log.warn('slack sdk warns', { detail: toText(parts) }),
    error: (...parts) => log.error('slack sdk reports an error', { detail: toText(parts) }),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
