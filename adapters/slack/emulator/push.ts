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
    const isForm = delivery.kind !== 'event';
    const body = toBody(delivery);
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
        const chunks: Buffer[] = [];
        response
          .on('data', (chunk: Buffer) => chunks.push(chunk))
          .on('error', () => end('connection_failed'))
          .on('end', () => {
            const isTaken = statusCode >= 200 && statusCode < 300;
            if (isTaken) attempt.onResponse(parseResponse(Buffer.concat(chunks).toString('utf8')));
            end(isTaken ? undefined : 'http_error');
          });
      });
      request.end(body);
    });
  }

  return { send, close: () => agent.destroy() };
}

function toBody({ kind, body }: Attempt['delivery']): string {
  if (kind === 'event') return JSON.stringify(body);
  // The body of a command was made by `toCommandBody`: texts only.
  const fields = kind === 'command' ? (body as Record<string, string>) : { payload: JSON.stringify(body) };
  return new URLSearchParams(fields).toString();
}

/** A text, JSON, or nothing. */
function parseResponse(body: string): unknown {
  if (body === '') return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
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
