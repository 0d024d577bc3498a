import { LogLevel, WebClient } from '@slack/web-api';
import type { Logger, WebClientOptions } from '@slack/web-api';
import { redact } from '../../src/log.ts';
import type { Log } from '../../src/log.ts';
import type { Destination } from '../../src/message.ts';
import { isDeadTokenError } from './failure.ts';
import { hostOf } from './unreachable.ts';

/** Slack's answer to a call that it accepted: `ok` and whatever the method adds. */
export type SlackResult = Readonly<Record<string, unknown>>;

export interface SlackCaller {
  /** One request, never repeated: whoever calls decides about that. Rejects with an error of @slack/web-api; `toDeliveryError` reads them. */
  call(method: string, args: Record<string, unknown>, signal: AbortSignal): Promise<SlackResult>;
  /** Whether the newest call found the token revoked. */
  isRefused(): boolean;
  /** What files are fetched with. */
  token(signal: AbortSignal): Promise<string>;
  /** Where it calls, for messages. */
  readonly host: string;
  /** The caller with the token of the installation that this belongs to; itself where there is one token for everything. */
  of(place: SlackPlace): SlackCaller;
}

/** A message, a stream or an event: what says in which workspace it is. */
export interface SlackPlace {
  readonly tenant?: string;
  readonly destination?: Destination;
}

/** Where a caller has its token from. */
export interface TokenSource {
  current(signal: AbortSignal): Promise<string>;
  /** Another token after Slack has refused this one; undefined where there is none. */
  renew(refused: { readonly used: string; readonly error: unknown }, signal: AbortSignal): Promise<string | undefined>;
}

export interface SlackClientOptions {
  readonly apiUrl: string | undefined;
  readonly fetch: typeof fetch | undefined;
  readonly log: Log;
}

export type SlackCallerOptions = SlackClientOptions & { readonly botToken: string };

/** A caller with one token for everything. */
export function createSlackCaller({ botToken, ...options }: SlackCallerOptions): SlackCaller {
  const request = createSlackRequest(options, botToken);
  return createCaller((method, args, signal) => request(method, args, signal), {
    host: hostOf(options.apiUrl),
    token: async () => botToken,
  });
}

/** A caller with a token that changes. It asks once more, with the next token, when Slack has refused one, and so has done nothing. */
export function createTokenCaller(request: SlackRequest, tokens: TokenSource, host: string): SlackCaller {
  const call: SlackRequest = async (method, args, signal) => {
    const used = await tokens.current(signal);
    try {
      return await request(method, { ...args, token: used }, signal);
    } catch (error) {
      const token = isDeadTokenError(error) ? await tokens.renew({ used, error }, signal) : undefined;
      if (token === undefined) throw error;
      return request(method, { ...args, token }, signal);
    }
  };
  return createCaller(call, { host, token: tokens.current });
}

function createCaller(request: SlackRequest, { host, token }: Pick<SlackCaller, 'host' | 'token'>): SlackCaller {
  let refused = false;
  const caller: SlackCaller = {
    call: async (method, args, signal) => {
      try {
        const answer = await request(method, args, signal);
        refused = false;
        return answer;
      } catch (error) {
        refused = isDeadTokenError(error);
        throw error;
      }
    },
    isRefused: () => refused,
    token,
    host,
    of: () => caller,
  };
  return caller;
}

/** An argument `token` goes before the client's own. */
export type SlackRequest = (method: string, args: Record<string, unknown>, signal: AbortSignal) => Promise<SlackResult>;

export function createSlackRequest(options: SlackClientOptions, botToken?: string): SlackRequest {
  const { apiUrl, fetch = globalThis.fetch, log } = options;
  let starting: AbortSignal | undefined;
  const client = new WebClient(botToken, {
    ...webClientOptions({ apiUrl, log }),
    // The client takes no signal per call. With no limit on its concurrency it gets to `fetch` before `apiCall` returns, and so finds the
    // signal of the call that it is for.
    maxRequestConcurrency: Number.POSITIVE_INFINITY,
    fetch: (input, init) => fetch(input, starting ? { ...init, signal: starting } : init),
  });

  return async (method, args, signal) => {
    signal.throwIfAborted();
    starting = signal;
    try {
      const pending = client.apiCall(method, args);
      starting = undefined;
      return (await pending) as unknown as SlackResult; // an object parsed from JSON, as far as anybody knows
    } finally {
      starting = undefined;
    }
  };
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
