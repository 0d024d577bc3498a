import type { Adapter, FoundMessage, StreamOpening } from '../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type AdapterParts, asOpened, cutAt, describe, short } from './adapter-parts.ts';
import { PlatformRefusal } from './network.ts';
import { createSimulatedStream } from './stream.ts';

/**
 * A platform without a nonce: what is posted twice stands there twice. History shows what was posted under an id, and whether it was
 * completed. A stream that has been stopped takes no more text.
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
              grow: ({ id }, text, bound) => calls.appendStream(opening, { id, text }, bound),
            }),
        }
      : {}),
  };
}

function createCalls({ process, network, platform }: AdapterParts) {
  const { name: by } = process;
  const request = <Result>(label: string, detail: string, { signal, effect }: { signal: AbortSignal; effect: () => Result }) =>
    network.request(process, { label, detail, signal, effect });
  const toWriting = ({ id, conversationId }: Pick<OutboundMessage, 'id' | 'conversationId'>, text: string, isStream: boolean) => {
    return { conversationId, by, text, partId: id, isStream };
  };

  return {
    post: async (message: OutboundMessage, signal: AbortSignal): Promise<Receipt> => {
      const post = await request('send', describe(message), {
        signal,
        effect: () => platform.write({ ...toWriting(message, message.text, false), mark: message.id }),
      });
      post.isKnown = true;
      return { id: post.id };
    },
    update: (message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> =>
      request('send', `${describe(message)} as ${id}`, {
        signal,
        effect: () => {
          if (platform.get(id).stream === 'open') throw new PlatformRefusal('it is still streaming');
          platform.edit(id, toWriting(message, message.text, false)).mark = message.id;
          return { id };
        },
      }),
    stop: (message: OutboundMessage, id: string, signal: AbortSignal): Promise<void> =>
      request('stopStream', `${short(message.id)} as ${id}`, {
        signal,
        effect: () => {
          const post = platform.get(id);
          if (post.stream !== 'open') throw new PlatformRefusal('not streaming');
          post.stream = 'ended';
        },
      }),
    startStream: (opening: StreamOpening, text: string, signal: AbortSignal): Promise<Receipt> =>
      request('startStream', short(opening.id), {
        signal,
        effect: () => ({ id: platform.write({ ...toWriting(opening, text, true), stream: 'open' }).id }),
      }),
    appendStream: (opening: StreamOpening, { id, text }: { id: string; text: string }, signal: AbortSignal): Promise<void> =>
      request('appendStream', id, {
        signal,
        effect: () => {
          if (platform.get(id).stream !== 'open') throw new PlatformRefusal('not streaming');
          platform.edit(id, toWriting(opening, text, true));
        },
      }),
    find: (message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> =>
      request('find', describe(message), {
        signal,
        effect: () => {
          const found = platform.shown(message.conversationId).find(({ origin }) => origin.partId === message.id);
          return found && { receipt: { id: found.id }, complete: found.mark === message.id };
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
