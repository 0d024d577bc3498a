import { createHmac, randomBytes } from 'node:crypto';
import { systemClock } from '../../src/clock.ts';
import { eventsPath } from './manifest.ts';
import { isRecord } from './receive.ts';
import { reasonOf } from './unreachable.ts';

export interface DeliveryCheck {
  readonly publicUrl: string;
  readonly signingSecret: string;
  readonly fetch: typeof fetch | undefined;
}

/** What was found, or what is to be mended. */
export type DeliveryReport = { readonly found: string } | { readonly warning: string };

/**
 * Whether what is sent to the public address arrives at this Parley: asks it what Slack asks when the address is set, signed as Slack signs it
 * (https://docs.slack.dev/reference/events/url_verification). It goes out of this machine and back in; whether Slack gets as far is not shown by that.
 */
export async function checkDelivery(
  { publicUrl, signingSecret, fetch = globalThis.fetch }: DeliveryCheck,
  signal: AbortSignal,
): Promise<DeliveryReport> {
  const url = `${publicUrl.replace(/\/+$/, '')}${eventsPath}`;
  const challenge = randomBytes(16).toString('hex');
  const body = JSON.stringify({ type: 'url_verification', challenge });
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: headersFor(body, signingSecret),
      body,
      redirect: 'manual',
      signal,
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.status === 200 && isRecord(answer) && answer['challenge'] === challenge) return { found: `events reach ${url}` };
    return { warning: explain(url, response.status) };
  } catch (error) {
    signal.throwIfAborted();
    return {
      warning: `Nothing answers at ${url} (${reasonOf(error)}): start Parley, and check that PUBLIC_URL leads to it. Slack sends events there.`,
    };
  }
}

function headersFor(body: string, signingSecret: string): Record<string, string> {
  const timestamp = String(Math.floor(systemClock.now() / 1_000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  return { 'content-type': 'application/json', 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` };
}

function explain(url: string, status: number): string {
  if (status === 401)
    return `${url} refuses a signature made with SLACK_SIGNING_SECRET: another Parley runs there, or with another secret.`;
  if (status >= 300 && status < 400) return `${url} redirects, which Slack does not follow: set PUBLIC_URL to where it leads.`;
  return `${url} answers ${status}, and not as Parley does: check that PUBLIC_URL leads to Parley, and that the proxy passes ${eventsPath} on.`;
}
