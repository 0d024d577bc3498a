import type { Adapter } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import { type AdapterParts, cutAt, describe } from './adapter-parts.ts';

/** A receiver that takes every message and keeps the first under each id. There is nothing to look up, and nothing in doubt. */
export function createWebhookLike({ process, network, platform, leases, splitAt }: AdapterParts): Adapter {
  const { name: by } = process;
  return {
    name: 'webhook',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    split: (text) => cutAt(text, splitAt),
    send: async (message, signal) => {
      const { conversationId, text, id: mark } = message;
      const token = leases.ofPart(mark);
      const effect = (): void => {
        if (platform.posts.some((post) => post.mark === mark)) return;
        platform.write({ conversationId, by, text, mark, partId: mark, isStream: false, token });
      };
      try {
        await network.request(process, { label: 'send', detail: describe(message), signal, effect });
        return { id: mark };
      } catch (error) {
        if (!(error instanceof DeliveryError)) throw error;
        const { retryable, retryAfterMs } = error;
        throw new DeliveryError({ message: error.message, retryable, retryAfterMs, uncertain: false });
      }
    },
  };
}
