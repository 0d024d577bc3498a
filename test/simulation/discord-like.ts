import type { Adapter, FoundMessage } from '../../src/adapter.ts';
import type { OutboundMessage, Receipt } from '../../src/message.ts';
import { type AdapterParts, asOpened, cutAt, describe, short } from './adapter-parts.ts';
import { PlatformRefusal } from './network.ts';
import type { Post, Writing } from './platform.ts';
import { createSimulatedStream } from './stream.ts';

/** For so long a post under a nonce that is known returns the earlier message, whatever it says and even if it has been deleted. */
const nonceMs = 3 * 60_000;

/** A platform with a nonce; a stream is a message that is edited, and takes every edit that comes, however late. */
export function createDiscordLike(parts: AdapterParts): Adapter {
  const { process, splitAt } = parts;
  const calls = createCalls(parts);

  async function complete(message: OutboundMessage, id: string, signal: AbortSignal): Promise<Receipt> {
    try {
      return await calls.edit(id, { writing: calls.toWriting(message), detail: describe(message), signal });
    } catch (error) {
      if (!(error instanceof PlatformRefusal)) throw asOpened(error);
      return post(message, `${message.id}r`, signal);
    }
  }

  async function post(message: OutboundMessage, mark: string, signal: AbortSignal): Promise<Receipt> {
    const posted = await calls.post({ writing: { ...calls.toWriting(message), mark }, detail: describe(message), signal });
    return posted.text === message.text ? { id: posted.id } : complete(message, posted.id, signal);
  }

  return {
    name: 'discord',
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    split: (text) => cutAt(text, splitAt),
    send: (message, signal) =>
      message.opened ? complete(message, message.opened.id, signal) : post(message, message.id, signal),
    find: calls.find,
    remove: calls.remove,
    typing: calls.typing,
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
            const detail = `${short(partId)} stream`;
            return createSimulatedStream({
              ...{ process, signal, splitAt, abortsRequests: true, paceMs: 1_300 },
              open: async (text, bound) => {
                const { id } = await calls.post({ writing: { ...writing, text, mark: partId }, detail, signal: bound });
                return { id };
              },
              grow: async ({ id }, text, bound) => {
                await calls.edit(id, { writing: { ...writing, text }, detail, signal: bound });
              },
            });
          },
        }
      : {}),
  };
}

interface Call {
  readonly writing: Writing;
  readonly detail: string;
  readonly signal: AbortSignal;
}

function createCalls({ process, network, platform, leases }: AdapterParts) {
  const { name: by, clock } = process;
  const isKnown = (post: Post): boolean => clock.now() - post.at < nonceMs;
  return {
    toWriting: ({ id, conversationId, text }: OutboundMessage): Writing => {
      return { conversationId, by, text, partId: id, isStream: false, token: leases.ofPart(id) };
    },
    post: ({ writing, detail, signal }: Call): Promise<Pick<Post, 'id' | 'text'>> => {
      const effect = (): Pick<Post, 'id' | 'text'> => {
        const earlier = platform.posts.find((post) => post.mark === writing.mark && isKnown(post));
        const { id, text } = earlier ?? platform.write(writing);
        return { id, text };
      };
      return network.request(process, { label: 'send', detail, signal, effect });
    },
    edit: (id: string, { writing, detail, signal }: Call): Promise<Receipt> => {
      const effect = (): Receipt => ({ id: platform.edit(id, writing).id });
      return network.request(process, { label: 'send', detail: `${detail}: edit ${id}`, signal, effect });
    },
    find: (message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined> => {
      const effect = (): FoundMessage | undefined => {
        const marks = [message.id, `${message.id}r`];
        const found = platform.shown(message.conversationId).find(({ mark }) => mark !== undefined && marks.includes(mark));
        return found && { receipt: { id: found.id }, complete: found.text === message.text };
      };
      return network.request(process, { label: 'find', detail: describe(message), signal, effect });
    },
    remove: async (message: OutboundMessage, { id }: Receipt, signal: AbortSignal): Promise<void> => {
      const effect = (): void => {
        platform.get(id).isRemoved = true;
      };
      try {
        await network.request(process, { label: 'remove', detail: `${describe(message)} as ${id}`, signal, effect });
      } catch (error) {
        if (!(error instanceof PlatformRefusal)) throw error;
      }
    },
    typing: (_destination: unknown, signal: AbortSignal): Promise<void> =>
      network.request(process, { label: 'typing', detail: '', signal, effect: () => undefined }),
  };
}
