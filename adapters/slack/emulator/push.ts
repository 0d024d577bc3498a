import { createHmac } from 'node:crypto';
import { Agent, request as startRequest } from 'node:http';
import type { Clock } from '../../../src/clock.ts';
import type { Attempt, FailureReason } from './deliveries.ts';

export interface PushOptions {
  readonly clock: Clock;
  readonly signingSecret: string;
  /** How long the bot has to acknowledge. */
  readonly ackTimeoutMs: number;
}

export interface Push {
  send(url: string, attempt: Attempt): Promise<FailureReason | undefined>;
  close(): void;
}

/** Events by HTTP: a signed POST, acknowledged by any status of 2xx within 3 seconds. */
export function createPush({ clock, signingSecret, ackTimeoutMs }: PushOptions): Push {
  const agent = new Agent({ keepAlive: true });

  function send(url: string, attempt: Attempt): Promise<FailureReason | undefined> {
    const { delivery } = attempt;
    const isForm = delivery.kind === 'command';
    // The body of a command was made by `toCommandBody`: texts only.
    const body = isForm ? new URLSearchParams(delivery.body as Record<string, string>).toString() : JSON.stringify(delivery.body);
    const headers = {
      ...sign(body, clock.now(), signingSecret),
      ...retryHeaders(attempt),
      'content-type': isForm ? formType : 'application/json',
    };
    return new Promise((resolve) => {
      const request = startRequest(url, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      });
      const cancel = clock.after(ackTimeoutMs, () => end('http_timeout'));
      const end = (outcome: FailureReason | undefined): void => {
        cancel();
        resolve(outcome);
        if (outcome === 'http_timeout') request.destroy();
      };
      request.on('error', () => end('connection_failed'));
      request.on('response', (response) => {
        const { statusCode = 0 } = response;
        response
          .on('error', () => end('connection_failed'))
          .on('end', () => end(statusCode >= 200 && statusCode < 300 ? undefined : 'http_error'));
        response.resume();
      });
      request.end(body);
    });
  }

  return { send, close: () => agent.destroy() };
}

const formType = 'application/x-www-form-urlencoded';

/** The proof that a request comes from the platform. */
function sign(body: string, now: number, signingSecret: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const digest = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${digest}` };
}

function retryHeaders({ retryNum, retryReason }: Attempt): Record<string, string> {
  if (retryNum === 0) return {};
  return { 'x-slack-retry-num': String(retryNum), 'x-slack-retry-reason': retryReason ?? 'unknown_error' };
}
