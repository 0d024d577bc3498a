import type { Clock } from '../../src/clock.ts';
import { withTimeout } from '../../src/clock.ts';
import { describeError } from '../../src/errors.ts';
import type { Log } from '../../src/log.ts';
import type { SlackCaller } from './client.ts';
import { isCredentialError, rateLimitOf, toCredentialError } from './failure.ts';
import { describeUnreachable } from './unreachable.ts';

export interface Identity {
  readonly userId: string;
  readonly botId: string;
  readonly team: string;
}

export interface IdentityOptions {
  readonly slack: SlackCaller;
  readonly clock: Clock;
  readonly log: Log;
  readonly stopping: AbortSignal;
}

export interface IdentityCheck {
  /** Rejects with an AdapterError where Slack refuses the token. Where Slack cannot be reached, resolves and goes on asking. */
  start(): Promise<void>;
  /** Undefined until Slack has told. */
  current(): Identity | undefined;
  /** Asks where it is not known yet. Rejects as the call does. */
  get(signal: AbortSignal): Promise<Identity>;
  /** What stands in the way; undefined once Slack has told. */
  trouble(): string | undefined;
}

const timeoutMs = 10_000;
const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/** Who the bot is and whether its token works. Events can be taken before that is known: they say whom they are for. */
export function createIdentityCheck({ slack, clock, log, stopping }: IdentityOptions): IdentityCheck {
  let identity: Identity | undefined;
  let trouble: string | undefined = 'Slack has not been asked yet whether the token works.';

  async function get(signal: AbortSignal): Promise<Identity> {
    if (identity) return identity;
    const { user_id: userId, bot_id: botId, team_id: team } = await slack.call('auth.test', {}, signal);
    if (typeof userId !== 'string' || typeof team !== 'string') throw new TypeError('auth.test did not say who the bot is.');
    identity = { userId, botId: typeof botId === 'string' ? botId : '', team };
    trouble = undefined;
    log.info('slack knows the bot', { ...identity });
    return identity;
  }

  /** How long to wait before asking again, in ms; undefined where there is no need to. */
  async function ask(failures: number): Promise<number | undefined> {
    const { signal, clear } = withTimeout(clock, timeoutMs, stopping);
    try {
      await get(signal);
      return undefined;
    } catch (error) {
      if (isCredentialError(error)) throw toCredentialError(error, { setting: 'SLACK_BOT_TOKEN', method: 'auth.test' });
      trouble = describeUnreachable(error, slack.host);
      const delayMs = Math.max(rateLimitOf(error) ?? 0, Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, 10)));
      if (!stopping.aborted) log.warn('slack cannot be reached; trying again', { error: trouble, delayMs });
      return delayMs;
    } finally {
      clear();
    }
  }

  async function keepAsking(firstDelay: number): Promise<void> {
    let delayMs: number | undefined = firstDelay;
    for (let failures = 1; delayMs !== undefined && !stopping.aborted; failures += 1) {
      await clock.sleep(delayMs, stopping).catch(() => undefined);
      if (!stopping.aborted) delayMs = await ask(failures);
    }
  }

  return {
    start: async () => {
      const delayMs = await ask(0);
      if (delayMs === undefined) return;
      keepAsking(delayMs).catch((error: unknown) => {
        trouble = describeError(error);
        log.error('slack refuses the bot', { error: trouble });
      });
    },
    current: () => identity,
    get,
    trouble: () => trouble,
  };
}
