import { request } from 'node:http';
import { withTimeout } from '../../../src/clock.ts';
import type { Clock } from '../../../src/clock.ts';
import { sign } from './standard-webhooks.ts';

/** Something that happened at the desk, and what became of telling the bot. */
export interface DeskEvent {
  /** The webhook-id, on every attempt. */
  readonly id: string;
  readonly ticketId: string;
  /** JSON. */
  readonly body: string;
  /** `pending` until the bot has answered 2xx; `refused` when it will never want it. */
  state: 'pending' | 'accepted' | 'refused';
  /** Status of each attempt, 0 where there was no response. */
  readonly attempts: number[];
  /** The body of the last response. */
  response: string;
}

export interface DeliveryOptions {
  readonly clock: Clock;
  readonly secret: string;
  readonly targetUrl: () => string;
  readonly timeoutMs: number;
  /** Before the second, third, ... attempt; the last one counts for all that follow. */
  readonly retryDelaysMs: readonly number[];
}

export interface Deliveries {
  /** One attempt, unless an earlier event of the ticket still waits: a desk tells what happened in order. */
  deliver(event: DeskEvent): Promise<void>;
  /** Sends it again, whatever has become of it, as many times at once; resolves with the statuses. */
  redeliver(event: DeskEvent, copies: number): Promise<readonly number[]>;
  pending(): readonly DeskEvent[];
  /** Attempts all that is pending, now. */
  retryPending(): Promise<void>;
  start(): void;
  /** Cuts what is under way, and retries nothing. */
  stop(): void;
}

/** The side of the desk that tells the bot what happened, at least once. */
export function createDeliveries(options: DeliveryOptions): Deliveries {
  const { clock, retryDelaysMs } = options;
  const waiting: DeskEvent[] = [];
  const running = new Map<DeskEvent, Promise<void>>();
  const timers = new Set<() => void>();
  let stopped = new AbortController();

  async function attempt(event: DeskEvent): Promise<void> {
    const { status, body } = await post(options, event, stopped.signal);
    event.attempts.push(status);
    event.response = body;
    if (status >= 200 && status < 300) event.state = 'accepted';
    else if (status >= 400 && status < 500 && !temporary.has(status)) event.state = 'refused';
    if (event.state === 'pending') scheduleRetry(event);
    else waiting.splice(waiting.indexOf(event), 1);
  }

  function scheduleRetry(event: DeskEvent): void {
    if (stopped.signal.aborted) return;
    const delay = retryDelaysMs[Math.min(event.attempts.length, retryDelaysMs.length) - 1] ?? 0;
    const cancel = clock.after(delay, () => {
      timers.delete(cancel);
      void retryPending();
    });
    timers.add(cancel);
  }

  async function deliver(event: DeskEvent): Promise<void> {
    const sameTicket = waiting.filter(({ ticketId }) => ticketId === event.ticketId);
    if (event.state !== 'pending' || sameTicket[0] !== event) return;
    const attempting = running.get(event) ?? attempt(event).finally(() => running.delete(event));
    running.set(event, attempting);
    await attempting;
    const next = waiting.find(({ ticketId }) => ticketId === event.ticketId);
    if (next && next !== event) await deliver(next);
  }

  async function retryPending(): Promise<void> {
    await Promise.all([...waiting].map(deliver));
  }

  return {
    deliver: async (event) => {
      waiting.push(event);
      await deliver(event);
    },
    redeliver: (event, copies) =>
      Promise.all(Array.from({ length: copies }, async () => (await post(options, event, stopped.signal)).status)),
    pending: () => [...waiting],
    retryPending,
    start: () => {
      if (stopped.signal.aborted) stopped = new AbortController();
    },
    stop: () => {
      stopped.abort();
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

const temporary = new Set([408, 425, 429]);

interface Posted {
  /** 0 where there was no response. */
  readonly status: number;
  readonly body: string;
}

/** A connection for each attempt, so that none outlives the desk. */
function post({ clock, secret, targetUrl, timeoutMs }: DeliveryOptions, event: DeskEvent, signal: AbortSignal): Promise<Posted> {
  const timestamp = Math.floor(clock.now() / 1000);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(event.body),
    'webhook-id': event.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': sign({ id: event.id, timestamp, body: event.body }, secret),
  };
  const timeout = withTimeout(clock, timeoutMs, signal);
  return new Promise<Posted>((resolve) => {
    const fail = () => resolve({ status: 0, body: '' });
    const outgoing = request(targetUrl(), { method: 'POST', headers, agent: false, signal: timeout.signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on('error', fail);
    });
    outgoing.on('error', fail);
    outgoing.end(event.body);
  }).finally(timeout.clear);
}
