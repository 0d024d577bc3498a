import type { Adapter, FoundMessage } from '../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type AdapterParts, asOpened, cutAt, describe, short } from './adapter-parts.ts';
import { PlatformRefusal } from './network.ts';
import type { Post, Writing } from './platform.ts';
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
          stream: (opening, signal) => {
            const { id: partId, conversationId } = opening;
            const writing = {
              conversationId,
              by: process.name,
              partId,
              isStream: true,
              token: parts.leases.ofTurn(conversationId),
            };
            return createSimulatedStream({
              ...{ process, signal, splitAt, abortsRequests: false, paceMs: 700 },
              open: (text, bound) => calls.startStream({ ...writing, text }, bound),
              grow: ({ id }, text, bound) => calls.appendStream(id, { ...writing, text }, bound),
            });
          },
        }
      : {}),
  };
}

function createCalls({ process, network, platform, leases }: AdapterParts) {
  const { name: by } = process;
  const request = <Result>(label: string, detail: string, { signal, effect }: { signal: AbortSignal; effect: () => Result }) =>
    network.request(process, { label, detail, signal, effect });
  const toWriting = ({ id, conversationId, text }: OutboundMessage): Writing => {
    return { conversationId, by, text, partId: id, isStream: false, token: leases.ofPart(id) };
  };

  return {
    post: (message: OutboundMessage, signal: AbortSignal): Promise<Receipt> => {
      const writing = { ...toWriting(message), mark: message.id };
      return request('send', describe(message), { signal, effect: () => ({ id: platform.write(writing).id }) });
    },
    update: (message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> => {
      const writing = toWriting(message);
      return request('send', `${describe(message)} as ${id}`, {
        signal,
        effect: () => {
          if (platform.get(id).stream === 'open') throw new PlatformRefusal('it is still streaming');
          platform.edit(id, writing).mark = message.id;
          return { id };
        },
      });
    },
    stop: (message: OutboundMessage, id: string, signal: AbortSignal): Promise<void> =>
      request('stopStream', `${short(message.id)} as ${id}`, {
        signal,
        effect: () => {
          const post = platform.get(id);
          if (post.stream !== 'open') throw new PlatformRefusal('not streaming');
          post.stream = 'ended';
        },
      }),
    startStream: (writing: Writing, signal: AbortSignal): Promise<Receipt> =>
      request('startStream', short(writing.partId), {
        signal,
        effect: () => ({ id: platform.write({ ...writing, stream: 'open' }).id }),
      }),
    appendStream: (id: string, writing: Writing, signal: AbortSignal): Promise<void> =>
      request('appendStream', id, {
        signal,
        effect: () => {
          if (platform.get(id).stream !== 'open') throw new PlatformRefusal('not streaming');
          platform.edit(id, writing);
        },
      }),
    find: (message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> =>
      request('find', describe(message), {
        signal,
        effect: () => {
          const isOurs = ({ mark, origin }: Post): boolean => (mark ?? origin.partId) === message.id;
          const found = platform.shown(message.conversationId).find(isOurs);
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
