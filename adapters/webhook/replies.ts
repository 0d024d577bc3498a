import type { FoundMessage } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { Action, CreateAction } from '../../src/http-action.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import type { Outbound } from '../../src/outbound.ts';
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
  readonly createAction: CreateAction;
}

/** Throws a TypeError where the reply cannot be used. */
export function createReplyWay(source: WebhookSource, parts: ReplyParts): ReplyWay {
  const { callback } = source;
  const fetch: typeof globalThis.fetch = (input, init) => parts.outbound.fetchBy()(input, init);
  return (
    createReply(source, parts) ?? {
      // Without a callback the answer is fetched, and has arrived with being committed.
      send: (message, signal) =>
        callback ? sendCallback(message, { callback, fetch, clock: parts.clock }, signal) : Promise.resolve({ id: message.id }),
      find: () => Promise.resolve(undefined),
    }
  );
}

/** Undefined where the source has no reply. Throws a TypeError where it cannot be used. */
export function createReply(source: WebhookSource, { outbound, clock, createAction }: ReplyParts): Action | undefined {
  const { name, reply, keep = {} } = source;
  if (!reply) return undefined;
  const fetch: typeof globalThis.fetch = (input, init) => outbound.fetchBy(reply.tls)(input, init);
  return createAction(reply, { fetch, clock, key: `webhooks.${name}.reply`, kept: Object.keys(keep) });
}
