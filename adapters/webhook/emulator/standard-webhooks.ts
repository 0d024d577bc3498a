import { createHmac } from 'node:crypto';

/**
 * Standard Webhooks as its specification has it, written a second time on purpose: a desk that signed with the code it is answered by
 * would not notice a mistake that both share.
 */
export interface SignedContent {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

export function sign({ id, timestamp, body }: SignedContent, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`, 'utf8').digest('base64')}`;
}

const toleranceSeconds = 300;

export interface Received {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** ms since 1970. */
  readonly now: number;
}

/** The webhook-id of a genuine message, undefined for any other. */
export function verify({ headers, body, now }: Received, secret: string): string | undefined {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers;
  if (typeof id !== 'string' || typeof time !== 'string' || typeof signatures !== 'string') return undefined;
  const timestamp = Number.parseInt(time, 10);
  if (String(timestamp) !== time || Math.abs(Math.floor(now / 1000) - timestamp) > toleranceSeconds) return undefined;
  return signatures.split(' ').includes(sign({ id, timestamp, body }, secret)) ? id : undefined;
}
