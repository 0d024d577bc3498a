import type { Clock } from '../../src/clock.ts';
import { withTimeout } from '../../src/clock.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { signStandard } from '../../src/signature.ts';
import { toAddressRefusal } from '../../src/outbound.ts';
import { parseRetryAfter } from '../../src/http-response.ts';
import type { WebhookCallback } from './source.ts';

export interface CallbackOptions {
  readonly callback: WebhookCallback;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/**
 * Posts an answer to a callback, once, signed by Standard Webhooks. The webhook-id is the message's, on every attempt: whoever receives
 * it twice can tell, which is why an attempt whose outcome is not known may be repeated.
 */
export async function sendCallback(message: OutboundMessage, options: CallbackOptions, signal: AbortSignal): Promise<Receipt> {
  const { callback, fetch: fetch_, clock } = options;
  const { host } = new URL(callback.url);
  const body = JSON.stringify(toPayload(message));
  const headers = {
    ...signStandard({ id: message.id, body, now: clock.now() }, callback.secrets),
    'content-type': 'application/json',
    'user-agent': 'Parley',
  };
  const timeout = withTimeout(clock, callback.timeoutMs, signal);
  try {
    const response = await fetch_(callback.url, { method: 'POST', body, headers, redirect: 'manual', signal: timeout.signal });
    await discard(response);
    if (response.status >= 200 && response.status < 300) return { id: message.id };
    throw toDeliveryError(response, { host, now: clock.now() });
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    const refusal = toAddressRefusal(error, `webhooks.${message.tenant}.callback.url`);
    if (refusal) throw refusal;
    throw new DeliveryError({
      message: `The callback at ${host} could not be reached, or did not answer within ${callback.timeoutMs} ms.`,
      retryable: true,
      uncertain: false,
      cause: error,
    });
  } finally {
    timeout.clear();
  }
}

function toPayload(message: OutboundMessage) {
  const { id, inReplyTo, text, part, parts, createdAt, destination, conversationId, replaces } = message;
  return {
    type: 'parley.answer',
    timestamp: new Date(createdAt).toISOString(),
    data: {
      id,
      conversation: destination['conversation'] ?? conversationId,
      inReplyTo,
      text,
      part,
      parts,
      ...(replaces ? { replaces: replaces.id } : {}),
    },
  };
}

/** What a callback answers with interests nobody, but a connection can be used again only when it has been read. */
const maxDiscardedBytes = 64 * 1024;

async function discard({ body }: Response): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.length;
      if (bytes > maxDiscardedBytes) break;
    }
  } catch {
    // The status has come, and it is what counts.
  }
}

const temporaryRedirects = new Set([302, 303, 307]);
const temporaryRefusals = new Set([408, 425, 429]);

function toDeliveryError(response: Response, { host, now }: { host: string; now: number }): DeliveryError {
  const { status } = response;
  const retryable = status >= 500 || temporaryRefusals.has(status) || temporaryRedirects.has(status);
  const retryAfterMs = status === 429 || status === 503 ? parseRetryAfter(response, now) : undefined;
  return new DeliveryError({
    message: `The callback at ${host} answered ${status}. ${advise(status)}`,
    retryable,
    uncertain: false,
    retryAfterMs,
  });
}

function advise(status: number): string {
  if (status === 401 || status === 403)
    return "Check that the receiver has the callback's secret and that both clocks are right.";
  if (status === 404) return 'Check the address in callback.url.';
  if (status === 410) return 'It wants no more answers: remove the callback, or set the new address in callback.url.';
  if (status >= 300 && status < 400) return 'Redirects are not followed: set the final address in callback.url.';
  return status === 429 || status >= 500
    ? 'The receiver is in trouble, or wants to be left alone for now.'
    : 'The receiver refuses the answer; its log should say why.';
}
