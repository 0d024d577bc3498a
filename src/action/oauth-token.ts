import { withTimeout } from '../clock.ts';
import type { Clock } from '../clock.ts';
import { DeliveryError } from '../errors.ts';
import { readJsonAtMost } from '../http-response.ts';
import { toRequestFailure, toStatusFailure } from '../http-failure.ts';
import type { OAuthClient } from '../http-action.ts';

export interface TokenParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** The setting, as in `webhooks.desk.reply.auth`. */
  readonly key: string;
}

export interface TokenSource {
  /** A token that is good for a while. Rejects with a DeliveryError; the answer has not been sent then. */
  token(signal: AbortSignal): Promise<string>;
  /** This token was refused: the next one is a new one. */
  forget(token: string): void;
}

interface Token {
  readonly value: string;
  /** By the monotonic clock. */
  readonly goodUntil: number;
}

const timeoutMs = 10_000;
const marginMs = 60_000;
/** Of a token whose issuer does not say. */
const defaultSeconds = 300;

/**
 * Tokens for client credentials (RFC 6749 section 4.4). One is used until a minute before its end, or for half of a shorter life, and asked for once by however
 * many need it at the same time.
 */
export function createTokenSource(client: OAuthClient, parts: TokenParts): TokenSource {
  const { clock } = parts;
  let known: Token | undefined;
  let asking: Promise<Token> | undefined;

  async function ask(): Promise<Token> {
    try {
      known = await requestToken(client, parts);
      return known;
    } finally {
      asking = undefined;
    }
  }

  return {
    token: async (signal) => {
      if (known && clock.monotonic() < known.goodUntil) return known.value;
      // Who gives up must not take the token from the others that wait for it.
      asking ??= ask();
      return (await unlessAborted(asking, signal)).value;
    },
    forget: (token) => {
      if (known?.value === token) known = undefined;
    },
  };
}

async function requestToken(client: OAuthClient, { fetch: fetch_, clock, key }: TokenParts): Promise<Token> {
  const { host } = new URL(client.tokenUrl);
  const context = { key: `${key}.tokenUrl`, host, now: clock.now(), hasEffect: false };
  const timeout = withTimeout(clock, timeoutMs);
  try {
    const askedAt = clock.monotonic();
    const response = await fetch_(client.tokenUrl, {
      method: 'POST',
      ...toTokenRequest(client),
      redirect: 'manual',
      signal: timeout.signal,
    });
    const body = await readJsonAtMost(response, 64 * 1024);
    if (response.status !== 200) throw toStatusFailure(response, context);
    return parseToken(body, askedAt) ?? fail(`${host} gave no token that could be used (${context.key}).`);
  } catch (error) {
    throw toRequestFailure(error, context);
  } finally {
    timeout.clear();
  }
}

function toTokenRequest({ clientId, secret, scope, audience, clientAuth = 'basic' }: OAuthClient) {
  const body = new URLSearchParams({ grant_type: 'client_credentials' });
  if (scope !== undefined) body.set('scope', scope);
  if (audience !== undefined) body.set('audience', audience);
  const headers: Record<string, string> = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  if (clientAuth === 'body') {
    body.set('client_id', clientId);
    body.set('client_secret', secret);
  } else {
    // Both are written as in a form first (RFC 6749 section 2.3.1).
    headers['authorization'] = `Basic ${Buffer.from(`${toFormText(clientId)}:${toFormText(secret)}`).toString('base64')}`;
  }
  return { headers, body: body.toString() };
}

function toFormText(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function parseToken(body: unknown, askedAt: number): Token | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { access_token: value, expires_in: expiresIn } = body as Record<string, unknown>; // Each is looked at below.
  // More than RFC 6750 section 2.1 has (Salesforce's tokens hold a "!"), and nothing that could end the header that it is to stand in.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return undefined;
  const seconds = Number(expiresIn ?? defaultSeconds);
  const lifeMs = (Number.isFinite(seconds) && seconds > 0 ? seconds : defaultSeconds) * 1000;
  return { value, goodUntil: askedAt + lifeMs - Math.min(marginMs, lifeMs / 2) };
}

function fail(message: string): never {
  throw new DeliveryError({ message, retryable: true, uncertain: false });
}

async function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void =>
    aborted.reject(
      new DeliveryError({
        message: 'The attempt ended while it waited for a token.',
        retryable: true,
        uncertain: false,
        cause: signal.reason,
      }),
    );
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
