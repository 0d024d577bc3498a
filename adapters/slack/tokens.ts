import type { Clock } from '../../src/clock.ts';
import { DeliveryError, describeError } from '../../src/errors.ts';
import { redact } from '../../src/log.ts';
import type { Log } from '../../src/log.ts';
import type { SlackResult, TokenSource } from './client.ts';
import { platformErrorOf, rateLimitOf } from './failure.ts';
import { toToken, type Installation } from './installation.ts';
import type { Installations } from './installations.ts';

export interface TokensOptions {
  readonly installations: Installations;
  /** `oauth.v2.access` with a refresh token; one attempt, bounded in time. */
  readonly refresh: (refreshToken: string) => Promise<SlackResult>;
  readonly clock: Clock;
  readonly log: Log;
  readonly installUrl: string;
}

export interface Tokens {
  /** Of the installation with this id, or of the organisation that this workspace belongs to. */
  of(id: string): TokenSource;
  /** Waits for refreshes that are under way: an answer that nobody keeps is a token lost. */
  settle(): Promise<void>;
}

/** Tokens live for 12 hours. The old one goes on working until its end, so that there is an hour to get over trouble. */
const refreshAheadMs = 60 * 60_000;
/** Between the attempts of one refresh: an answer that got lost is asked for again while Slack still takes the used refresh token. */
const retryDelaysMs = [500, 2_000];
const afterFailureMs = 60_000;

interface Failure {
  readonly retryAt: number;
  readonly reason: string;
  /** Whether Slack itself said no, so that only a new installation helps. */
  readonly isFinal: boolean;
}

/**
 * The tokens of all installations, each refreshed before it ends: by one request, however many calls wait for it, since Slack takes a
 * refresh token once. The used one stays in the ledger until what it bought has taken its place.
 */
export function createTokens({ installations, refresh, clock, log, installUrl }: TokensOptions): Tokens {
  const { refreshOnce, failures, settle } = createRefresher({ installations, refresh, clock, log, installUrl });

  function installed(id: string): Installation {
    const installation = installations.find(id);
    if (installation) return installation;
    const message = `The app is not installed in the Slack workspace ${id} (any more): install it there at ${installUrl}`;
    throw new DeliveryError({ message, retryable: false, uncertain: false });
  }

  async function current(id: string, signal: AbortSignal): Promise<string> {
    const { bot, id: key } = installed(id);
    const { expiresAt = Number.POSITIVE_INFINITY } = bot;
    const isDue = expiresAt - clock.now() < refreshAheadMs && clock.now() >= (failures.get(key)?.retryAt ?? 0);
    if (isDue) await untilAborted(refreshOnce(key), signal);
    const newest = isDue ? installed(id).bot : bot;
    if ((newest.expiresAt ?? Number.POSITIVE_INFINITY) > clock.now()) return newest.token;
    throw toExpiry(key, { failure: failures.get(key), now: clock.now(), installUrl });
  }

  /** After a refusal of `used`: the one that has taken its place, or does now. */
  async function renew(id: string, { used, error }: { used: string; error: unknown }, signal: AbortSignal) {
    const known = installations.find(id);
    const newest = known?.bot.token === used ? await installations.reload(known.id) : known;
    if (!newest) return undefined;
    if (newest.bot.token !== used) return newest.bot.token;
    if (platformErrorOf(error) !== 'token_expired' || newest.bot.refreshToken === undefined) return undefined;
    await untilAborted(refreshOnce(newest.id), signal);
    const renewed = installations.get(newest.id)?.bot.token;
    return renewed === used ? undefined : renewed;
  }

  return {
    of: (id) => ({
      current: (signal) => current(id, signal),
      renew: (refused, signal) => renew(id, refused, signal),
    }),
    settle,
  };
}

function createRefresher({ installations, refresh, clock, log, installUrl }: TokensOptions) {
  const running = new Map<string, Promise<void>>();
  const failures = new Map<string, Failure>();

  function refreshOnce(id: string): Promise<void> {
    const pending = running.get(id) ?? run(id).finally(() => running.delete(id));
    running.set(id, pending);
    return pending;
  }

  /** Never rejects: the caller looks at what there is afterwards. */
  async function run(id: string): Promise<void> {
    const used = installations.get(id)?.bot.refreshToken;
    if (used === undefined) return;
    try {
      const token = toToken(await request(used), clock.now());
      if (!token) throw new TypeError('oauth.v2.access was answered without a token.');
      await installations.change(id, (current) =>
        current.bot.refreshToken === used ? { ...current, bot: { ...current.bot, ...token } } : current,
      );
      failures.delete(id);
      log.info('slack token refreshed', { installation: id });
    } catch (error) {
      const isFinal = refusals.has(platformErrorOf(error) ?? '');
      const reason = redact(describeError(error)).slice(0, 300);
      failures.set(id, { retryAt: clock.now() + (rateLimitOf(error) ?? afterFailureMs), reason, isFinal });
      const mend = isFinal ? { mend: `install the app there again: ${installUrl}` } : {};
      log.error('slack token could not be refreshed', { installation: id, error: reason, ...mend });
    }
  }

  async function request(refreshToken: string): Promise<SlackResult> {
    for (const delayMs of retryDelaysMs) {
      try {
        return await refresh(refreshToken);
      } catch (error) {
        if (platformErrorOf(error) !== undefined || rateLimitOf(error) !== undefined) throw error;
        await clock.sleep(delayMs);
      }
    }
    return refresh(refreshToken);
  }

  return {
    refreshOnce,
    failures: failures as ReadonlyMap<string, Failure>,
    settle: async (): Promise<void> => {
      await Promise.all(running.values());
    },
  };
}

function toExpiry(id: string, known: { failure: Failure | undefined; now: number; installUrl: string }): DeliveryError {
  const { retryAt = 0, reason = 'it has not been refreshed', isFinal = false } = known.failure ?? {};
  const message = `The token of the Slack workspace ${id} has expired: ${reason}. If this lasts, install the app there again: ${known.installUrl}`;
  return new DeliveryError({
    message,
    retryable: !isFinal,
    uncertain: false,
    retryAfterMs: Math.max(1_000, retryAt - known.now),
  });
}

/** Answers to a refresh that will not change. */
const refusals = new Set(['invalid_refresh_token', 'token_revoked', 'invalid_grant', 'bad_client_secret', 'invalid_client_id']);

/** The work goes on whoever stops waiting for it. */
async function untilAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
