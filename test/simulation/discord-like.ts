import type { Adapter } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type AdapterParts, asOpened, cutAt, describe, short } from './adapter-parts.ts';
import { PlatformRefusal } from './network.ts';
import type { Post } from './platform.ts';
import { createSimulatedStream } from './stream.ts';

/** For so long a post under a nonce that is known returns the earlier message, whatever it says and even if it has been deleted. */
const nonceMs = 3 * 60_000;

/** A platform with a nonce; a stream is a message that is edited, and takes every edit that comes, however late. */
export function createDiscordLike(parts: AdapterParts): Adapter {
  const { process, splitAt, network, platform } = parts;
  const calls = createCalls(parts);

  async function complete(message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> {
    try {
      return await calls.edit({ id, text: message.text, detail: describe(message) }, signal);
    } catch (error) {
      if (!(error instanceof PlatformRefusal)) throw asOpened(error);
      return post(message, `${message.id}r`, signal);
    }
  }

  async function post(message: OutboundMessage, nonce: string, signal: AbortSignal): Promise<Receipt> {
    const { conversationId, text } = message;
    const posted = await calls.post({ conversationId, text, nonce, partId: message.id, detail: describe(message) }, signal);
    return posted.text === text ? { id: posted.id } : complete(message, posted.id, signal);
  }

  return {
    name: 'discord',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    split: (text) => cutAt(text, splitAt),
    send: (message, signal) =>
      message.opened ? complete(message, message.opened.id, signal) : post(message, message.id, signal),
    find: (message, signal) => calls.find(message, signal),
    remove: (message, { id }, signal) =>
      network
        .request(process, {
          ...{ label: 'remove', detail: `${describe(message)} as ${id}`, signal },
          effect: () => {
            platform.get(id).isRemoved = true;
          },
        })
        .catch((error: unknown) => {
          if (!(error instanceof PlatformRefusal)) throw error;
        }),
    typing: (_destination, signal) =>
      network.request(process, { label: 'typing', detail: '', signal, effect: () => undefined }),
    ...(parts.streaming
      ? {
          stream: ({ id, conversationId }, signal) =>
            createSimulatedStream({
              ...{ process, signal, splitAt, abortsRequests: true, paceMs: 1_300 },
              open: async (text, bound) => {
                const posted = await calls.post(
                  { conversationId, text, nonce: id, partId: id, detail: `${short(id)} stream` },
                  bound,
                );
                return { id: posted.id };
              },
              grow: async (receipt, text, bound) => {
                await calls.edit({ id: receipt.id, text, detail: `${short(id)} stream` }, bound);
              },
            }),
        }
      : {}),
  };
}

interface NewPost {
  readonly conversationId: string;
  readonly text: string;
  readonly nonce: string;
  readonly partId: string;
  readonly detail: string;
}

interface Edit {
  readonly id: string;
  readonly text: string;
  readonly detail: string;
}

function createCalls({ process, network, platform }: AdapterParts) {
  const { name: by } = process;
  return {
    post: ({ conversationId, text, nonce, partId, detail }: NewPost, signal: AbortSignal): Promise<Pick<Post, 'id' | 'text'>> =>
      network.request(process, {
        ...{ label: 'send', detail, signal },
        effect: () => {
          const earlier = platform.posts.find((post) => post.mark === nonce && isKnown(post, process.clock));
          const { id, text: shown } = earlier ?? platform.write({ conversationId, by, text, mark: nonce, partId });
          return { id, text: shown };
        },
      }),
    edit: ({ id, text, detail }: Edit, signal: AbortSignal): Promise<Receipt> =>
      network.request(process, {
        ...{ label: 'send', detail: `${detail}: edit ${id}`, signal },
        effect: () => {
          platform.get(id).text = text;
          return { id };
        },
      }),
    find: (message: OutboundMessage, signal: AbortSignal) =>
      network.request(process, {
        ...{ label: 'find', detail: describe(message), signal },
        effect: () => {
          const marks = [message.id, `${message.id}r`];
          const found = platform.shown(message.conversationId).find(({ mark }) => mark !== undefined && marks.includes(mark));
          return found && { receipt: { id: found.id }, complete: found.text === message.text };
        },
      }),
  };
}

function isKnown(post: Post, clock: Pick<Clock, 'now'>): boolean {
  return clock.now() - post.at < nonceMs;
}
