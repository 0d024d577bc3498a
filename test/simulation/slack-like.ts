import type { Adapter, FoundMessage } from '../../src/adapter.ts';
import { DeliveryError } from '../../src/errors.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type Network, PlatformRefusal } from './network.ts';
import type { Platform } from './platform.ts';
import type { SimulatedProcess } from './process.ts';
import { cutAt } from './split.ts';
import { createSimulatedStream } from './stream.ts';

export interface AdapterParts {
  readonly process: SimulatedProcess;
  readonly network: Network;
  readonly platform: Platform;
  readonly streaming: boolean;
  /** Longest text of one message. */
  readonly splitAt: number;
}

/**
 * A platform without a nonce: what is posted twice stands there twice. A complete message carries our id, a stream does not
 * before it is completed; history shows both. A stream that has been stopped takes no more text.
 */
export function createSlackLike(parts: AdapterParts): Adapter {
  const { process, splitAt } = parts;
  const inDoubt = new Set<string>();
  const calls = createCalls(parts);

  async function complete(message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> {
    await calls.stop(message, id, signal).catch((error: unknown) => {
      if (!(error instanceof PlatformRefusal)) throw asOpened(error);
    });
    try {
      return await calls.update(message, id, signal);
    } catch (error) {
      if (error instanceof PlatformRefusal && error.message === 'message not found') return calls.post(message, signal);
      throw asOpened(error);
    }
  }

  return {
    name: 'slack',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    split: (text) => cutAt(text, splitAt),
    send: async (message, signal) => {
      if (message.opened) return complete(message, message.opened.id, signal);
      if (!inDoubt.has(message.id)) return calls.post(message, signal);
      const found = await calls.find(message, signal);
      if (found?.complete) return found.receipt;
      return found ? complete(message, found.receipt.id, signal) : calls.post(message, signal);
    },
    find: (message, signal) => calls.find(message, signal),
    remove: (message, receipt, signal) => calls.remove(message, receipt, signal),
    ...(parts.streaming
      ? {
          stream: (opening, signal) =>
            createSimulatedStream({
              ...{ process, signal, splitAt, abortsRequests: false, paceMs: 700 },
              open: (text, bound) => calls.startStream(opening, text, bound),
              grow: (receipt, text, bound) => calls.appendStream(receipt, text, bound),
              onDoubt: () => inDoubt.add(opening.id),
            }),
        }
      : {}),
  };
}

type Addressed = Pick<OutboundMessage, 'id' | 'conversationId'>;

function createCalls({ process, network, platform }: AdapterParts) {
  const { name: by } = process;
  const request = <Result>(label: string, detail: string, { signal, effect }: { signal: AbortSignal; effect: () => Result }) =>
    network.request(process, { label, detail, signal, effect });

  return {
    post: (message: OutboundMessage, signal: AbortSignal): Promise<Receipt> =>
      request('send', describe(message), {
        signal,
        effect: () => {
          const { conversationId, text, id: mark } = message;
          return { id: platform.write({ conversationId, by, text, mark }).id };
        },
      }),
    update: (message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> =>
      request('send', `${describe(message)} as ${id}`, {
        signal,
        effect: () => {
          const post = platform.get(id);
          if (post.stream === 'open') throw new PlatformRefusal('it is still streaming');
          post.text = message.text;
          post.mark = message.id;
          return { id };
        },
      }),
    stop: (message: Addressed, id: string, signal: AbortSignal): Promise<void> =>
      request('stopStream', `${short(message.id)} as ${id}`, {
        signal,
        effect: () => {
          const post = platform.get(id);
          if (post.stream !== 'open') throw new PlatformRefusal('not streaming');
          post.stream = 'ended';
        },
      }),
    startStream: ({ id, conversationId }: Addressed, text: string, signal: AbortSignal): Promise<Receipt> =>
      request('startStream', short(id), {
        signal,
        effect: () => ({ id: platform.write({ conversationId, by, text, streams: true }).id }),
      }),
    appendStream: ({ id }: Receipt, text: string, signal: AbortSignal): Promise<void> =>
      request('appendStream', id, {
        signal,
        effect: () => {
          const post = platform.get(id);
          if (post.stream !== 'open') throw new PlatformRefusal('not streaming');
          post.text = text;
        },
      }),
    find: (message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> =>
      request('find', describe(message), {
        signal,
        effect: () => {
          const shown = platform.shown(message.conversationId);
          const sent = shown.find(({ mark }) => mark === message.id);
          if (sent) return { receipt: { id: sent.id }, complete: true };
          const orphan = message.part > 0 ? undefined : shown.findLast((post) => post.stream !== 'none' && post.mark === undefined);
          return orphan && { receipt: { id: orphan.id }, complete: false };
        },
      }),
    remove: (message: OutboundMessage, { id }: Receipt, signal: AbortSignal): Promise<void> =>
      request('remove', `${describe(message)} as ${id}`, {
        signal,
        effect: () => {
          platform.get(id).isRemoved = true;
        },
      }).catch((error: unknown) => {
        if (!(error instanceof PlatformRefusal)) throw error;
      }),
  };
}

/** Something of this message stands there already: that the request failed for certain does not mean that nothing is to be seen. */
export function asOpened(error: unknown): unknown {
  if (error instanceof PlatformRefusal) {
    return new DeliveryError({ message: `simulated: ${error.message}`, retryable: true, uncertain: true });
  }
  if (!(error instanceof DeliveryError) || error.uncertain) return error;
  const { message, retryable, retryAfterMs } = error;
  return new DeliveryError({ message, retryable, retryAfterMs, uncertain: true });
}

export function describe({ id, part, parts, attempt }: OutboundMessage): string {
  return `${short(id)} part ${part + 1}/${parts} attempt ${attempt}`;
}

export function short(id: string): string {
  return id.slice(0, 6);
}
