import type { FoundMessage } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { createAction } from './action/action.ts';
import type { Outbound } from './outbound.ts';
import { sendCallback } from './send.ts';
import type { WebhookSource } from './source.ts';

/** The way of a source's answers. */
export interface ReplyWay {
  /** One attempt. Rejects with a DeliveryError. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  /** Undefined where nothing is found, and where `send` may be repeated without harm. */
  find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined>;
}

export interface ReplyParts {
  readonly outbound: Outbound;
  readonly clock: Clock;
}

/** Throws a TypeError where the reply cannot be used. */
export function createReplyWay(source: WebhookSource, { outbound, clock }: ReplyParts): ReplyWay {
  const { name, callback, reply, keep = {} } = source;
  const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy(reply?.tls)(input, init);
  if (reply) return createAction(reply, { fetch, clock, key: `webhooks.${name}.reply`, kept: Object.keys(keep) });
  return {
    // Without a callback the answer is fetched, and has arrived with being committed.
    send: (message, signal) =>
      callback ? sendCallback(message, { callback, fetch, clock }, signal) : Promise.resolve({ id: message.id }),
    find: () => Promise.resolve(undefined),
  };
}
