import type { CheckReport } from '../../src/adapter.ts';
import { AdapterError, describeError } from '../../src/errors.ts';
import { toRequestFailure } from '../../src/http-failure.ts';
import { createReply } from './replies.ts';
import type { ReplyParts } from './replies.ts';
import type { WebhookSource } from './source.ts';

/**
 * Whether answers could be sent: the host of each callback and reply responds to a HEAD of its root, without credentials, and credentials
 * that are fetched can be had. Nothing is posted. Rejects with an AdapterError that names the settings.
 */
export async function checkWays(sources: readonly WebhookSource[], parts: ReplyParts, signal: AbortSignal): Promise<CheckReport> {
  const problems = await Promise.all(sources.map(async (source) => checkWay(source, parts, signal)));
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new AdapterError(found.join(' '));
  const ways = sources.filter(({ callback, reply }) => callback ?? reply).length;
  const reached = ways === 0 ? 'answers are fetched' : `where answers of ${ways} go can be reached`;
  return { detail: `on, ${sources.map(({ name }) => `/webhooks/${name}`).join(', ')}; ${reached}` };
}

async function checkWay(source: WebhookSource, parts: ReplyParts, signal: AbortSignal): Promise<string | undefined> {
  const { name, callback, reply } = source;
  const key = reply ? `webhooks.${name}.reply` : `webhooks.${name}.callback.url`;
  const action = createReply(source, parts);
  const address = action?.origin ?? callback?.url;
  if (address === undefined) return undefined;
  const { origin, host } = new URL(address);
  const fetch = parts.outbound.fetchBy(reply?.tls);
  try {
    await fetch(`${origin}/`, { method: 'HEAD', redirect: 'manual', signal });
    await action?.authorize(signal);
    return undefined;
  } catch (error) {
    return describeError(toRequestFailure(error, { key, host, now: parts.clock.now(), hasEffect: false }));
  }
}
