import type { Adapter, FoundMessage } from '../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type AdapterParts, asOpened, cutAt, describe, short } from './adapter-parts.ts';
import { PlatformRefusal } from './network.ts';
import { createSimulatedStream } from './stream.ts';

/**
 * A platform without a nonce: what is posted twice stands there twice. A complete message carries our id, a stream does not
 * before it is completed; history shows both. A stream that has been stopped takes no more text.
 */
export function createSlackLike(parts: AdapterParts): Adapter {
  const { process, splitAt } = parts;
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
    send: (message, signal) => (message.opened ? complete(message, message.opened.id, signal) : calls.post(message, signal)),
    find: (message, signal) => calls.find(message, signal),
    remove: (message, receipt, signal) => calls.remove(message, receipt, signal),
    ...(parts.streaming
      ? {
          stream: (opening, signal) =>
            createSimulatedStream({
              ...{ process, signal, splitAt, abortsRequests: false, paceMs: 700 },
              open: (text, bound) => calls.startStream(opening, text, bound),
              grow: (receipt, text, bound) => calls.appendStream(receipt, text, bound),
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
          return { id: platform.write({ conversationId, by, text, mark, partId: mark }).id };
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
        effect: () => ({ id: platform.write({ conversationId, by, text, partId: id, streams: true }).id }),
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
          // What this answer has streamed stands behind all that is complete: what stands before it is another answer's remains.
          const last = shown.at(-1);
          const isOrphan = message.part === 0 && last?.mark === undefined && last?.stream !== 'none';
          return last && isOrphan ? { receipt: { id: last.id }, complete: false } : undefined;
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
