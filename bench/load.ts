import { createHmac } from 'node:crypto';
import { Pool } from 'undici';
import type { Fakes } from './fakes.ts';

export const signingSecret = 'bench-signing-secret';

export interface LoadOptions {
  readonly url: string;
  readonly fakes: Fakes;
  readonly conversations: number;
}

export interface Load {
  /** Sends one mention and resolves with when its answer was whole, relative to now, in ms. */
  ask(): Promise<Timing>;
  close(): Promise<void>;
}

export interface Timing {
  readonly ackMs: number;
  readonly firstMs: number;
  readonly wholeMs: number;
}

interface Waiting {
  readonly sentAt: number;
  ackMs: number;
  firstMs: number;
  readonly done: (timing: Timing) => void;
}

/** Signed Slack mentions over kept-alive connections; every one in a thread, as in a busy channel. */
export function createLoad({ url, fakes, conversations }: LoadOptions): Load {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 64, pipelining: 1 });
  const waiting = new Map<number, Waiting>();
  let last = Math.floor(Math.random() * 1e6) * 1000;

  fakes.onFirst = (n, at) => {
    const entry = waiting.get(n);
    if (entry && entry.firstMs < 0) entry.firstMs = at - entry.sentAt;
  };
  fakes.onWhole = (n, at) => {
    const entry = waiting.get(n);
    if (!entry) return;
    waiting.delete(n);
    const wholeMs = at - entry.sentAt;
    entry.done({ ackMs: entry.ackMs < 0 ? wholeMs : entry.ackMs, firstMs: entry.firstMs, wholeMs });
  };

  return {
    ask: () =>
      new Promise((resolve, reject) => {
        last += 1;
        const entry: Waiting = { sentAt: performance.now(), ackMs: -1, firstMs: -1, done: resolve };
        waiting.set(last, entry);
        const { body, headers } = toRequest(last, conversations);
        pool
          .request({ path: pathname, method: 'POST', headers, body })
          .then(async (response) => {
            await response.body.dump();
            if (response.statusCode !== 200) throw new Error(`The event was answered with ${response.statusCode}.`);
            entry.ackMs = performance.now() - entry.sentAt;
          })
          .catch(reject);
      }),
    close: () => pool.destroy(),
  };
}

function toRequest(n: number, conversations: number): { body: string; headers: Record<string, string> } {
  const seconds = Math.floor(Date.now() / 1000);
  const ts = `${seconds}.${String(n % 1_000_000).padStart(6, '0')}`;
  const thread = `1690000000.${String(n % conversations).padStart(6, '0')}`;
  const event = {
    type: 'app_mention',
    user: `U${n % 500}`,
    ts,
    thread_ts: thread,
    channel: 'C1',
    text: `<@U0BOT> could you please look at the deployment of the service and tell me whether it went well? qx${n}xq`,
    event_ts: ts,
  };
  const authorizations = [{ team_id: 'T1', user_id: 'U0BOT', is_bot: true, is_enterprise_install: false }];
  const envelope = {
    token: 'x',
    team_id: 'T1',
    api_app_id: 'A1',
    type: 'event_callback',
    event_id: `Ev${n}`,
    event_time: seconds,
    authorizations,
    event,
  };
  const body = JSON.stringify(envelope);
  const signature = createHmac('sha256', signingSecret).update(`v0:${seconds}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${signature}`,
    },
  };
}
