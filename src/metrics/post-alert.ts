import { withTimeout, type Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { nextDelay } from '../retry.ts';
import { signStandard } from '../signature.ts';
import type { Alert } from './alerts.ts';

export interface AlertPostOptions {
  readonly url: string;
  /** Of Standard Webhooks. */
  readonly secret: string;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AlertPost {
  send(alert: Alert): void;
  /** Gives up what is on its way: a restart looks anew. */
  stop(): Promise<void>;
}

const policy = { baseMs: 1_000, maxMs: 60_000, expiryMs: 10 * 60_000, maxAttempts: 10 };
const timeoutMs = 10_000;
/** While the receiver is away. Who has been told nothing for so long looks for himself. */
const maxWaiting = 100;

/** Posts alerts one after the other, so that no end of one overtakes its beginning; each with bounded retries under one webhook-id. */
export function createAlertPost(options: AlertPostOptions): AlertPost {
  const { log } = options;
  const stopping = new AbortController();
  let waiting = 0;
  let queue = Promise.resolve();

  return {
    send: (alert) => {
      if (waiting >= maxWaiting || stopping.signal.aborted) {
        log.warn('alert is not sent', { alertId: alert.id });
        return;
      }
      waiting += 1;
      queue = queue
        .then(() => deliver(options, alert, stopping.signal))
        .catch((error: unknown) => log.error('alert could not be sent', { alertId: alert.id, error: describeError(error) }))
        .finally(() => {
          waiting -= 1;
        });
    },
    stop: async () => {
      stopping.abort();
      await queue;
    },
  };
}

/** Rejects when there are to be no more attempts. */
async function deliver(options: AlertPostOptions, alert: Alert, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const firstDueAt = clock.now();
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      await post(options, alert, signal);
      return;
    } catch (error) {
      const delayMs = nextDelay(policy, { attempt, firstDueAt }, clock);
      if (delayMs === undefined) throw error;
      log.warn('alert postponed', { alertId: alert.id, attempt, delayMs, error: describeError(error) });
      await clock.sleep(delayMs, signal);
    }
  }
}

async function post({ url, secret, fetch, clock }: AlertPostOptions, alert: Alert, signal: AbortSignal): Promise<void> {
  const { id, state, at, since, ...rest } = alert;
  const data = { ...rest, since: new Date(since).toISOString() };
  const body = JSON.stringify({ type: `parley.alert.${state}`, timestamp: new Date(at).toISOString(), data });
  const headers = {
    ...signStandard({ id, body, now: clock.now() }, [secret]),
    'content-type': 'application/json',
    'user-agent': 'Parley',
  };
  const timeout = withTimeout(clock, timeoutMs, signal);
  try {
    const response = await fetch(url, { method: 'POST', body, headers, redirect: 'manual', signal: timeout.signal });
    await response.arrayBuffer();
    // An address may hold a secret: it is not repeated.
    if (response.status < 200 || response.status > 299)
      throw new Error(`The receiver of alerts (alerts.url) answered ${response.status}.`);
  } finally {
    timeout.clear();
  }
}
