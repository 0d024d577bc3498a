import type { Adapter, MessageStream, StreamOpening } from '../../src/adapter.ts';
import type { Destination, OutboundMessage, Receipt } from '../../src/message.ts';
import { createGate } from './gate.ts';

/** A message as the platform shows it. */
export interface Post {
  readonly id: string;
  /** The id that it was sent under: what `find` recognises it by. */
  readonly nonce: string;
  readonly conversationId: string;
  text: string;
  removed: boolean;
}

/** What one call of `send` does. `show` puts the message on the platform. */
export type SendStep = (message: OutboundMessage, show: () => Receipt, signal: AbortSignal) => Receipt | Promise<Receipt>;

export interface FakeStream {
  readonly opening: StreamOpening;
  readonly signal: AbortSignal;
  text: string;
  closed: boolean;
  /** Shows the message; what is appended later changes it. */
  open(): void;
  /** Shows the message, and nobody learns of it. */
  lose(): void;
}

export interface FakeAdapterOptions {
  readonly name?: string;
  /** Whether it can stream: `at once` shows the message with its first text, `by hand` when the test opens it. */
  readonly stream?: 'at once' | 'by hand';
  readonly typing?: boolean;
  /** Longest text of one message, in characters; without it one message holds everything. */
  readonly splitAt?: number;
  readonly overrides?: Partial<Adapter>;
}

export interface FakeAdapter extends Adapter {
  readonly posts: Post[];
  /** What stands in a conversation, in order. */
  textsIn(conversationId: string): string[];
  /** Every call of `send`, oldest first. */
  readonly sends: OutboundMessage[];
  /** Ids that `find` was asked for. */
  readonly lookups: string[];
  readonly streams: FakeStream[];
  readonly typings: Destination[];
  /** What the next calls of `send` do, one each; after them every call shows the message. */
  readonly script: SendStep[];
}

/** A platform in memory and the adapter that joins it. */
export function createFakeAdapter(options: FakeAdapterOptions = {}): FakeAdapter {
  const posts: Post[] = [];
  const sends: OutboundMessage[] = [];
  const lookups: string[] = [];
  const typings: Destination[] = [];
  const script: SendStep[] = [];
  const streams: FakeStream[] = [];

  function show(message: Pick<OutboundMessage, 'id' | 'conversationId' | 'opened'>, text: string): Receipt {
    const existing = posts.find(({ id, removed }) => id === message.opened?.id && !removed);
    if (existing) existing.text = text;
    const id = existing?.id ?? `P${posts.length + 1}`;
    if (!existing) posts.push({ id, nonce: message.id, conversationId: message.conversationId, text, removed: false });
    return { id };
  }

  const { splitAt } = options;
  return {
    name: options.name ?? 'fake',
    posts,
    sends,
    lookups,
    typings,
    script,
    streams,
    textsIn: (conversationId) =>
      posts.filter((post) => post.conversationId === conversationId && !post.removed).map(({ text }) => text),
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    send: async (message, signal) => {
      sends.push(message);
      const step = script.shift();
      return step ? step(message, () => show(message, message.text), signal) : show(message, message.text);
    },
    find: (message) => {
      lookups.push(message.id);
      const post = posts.find(({ nonce, removed }) => nonce === message.id && !removed);
      return Promise.resolve(post && { receipt: { id: post.id }, complete: post.text === message.text });
    },
    remove: (_message, receipt) => {
      const post = posts.find(({ id }) => id === receipt.id);
      if (post) post.removed = true;
      return Promise.resolve();
    },
    ...(splitAt === undefined ? {} : { split: (text) => cut(text, splitAt) }),
    ...(options.typing ? { typing: (destination) => Promise.resolve(void typings.push(destination)) } : {}),
    ...(options.stream
      ? {
          stream: (opening, signal) => {
            const { stream, handle } = createFakeStream(opening, signal, (text, opened) => show({ ...opening, ...opened }, text));
            if (options.stream === 'at once') handle.open();
            streams.push(handle);
            return stream;
          },
        }
      : {}),
    ...options.overrides,
  };
}

type Show = (text: string, opened: { readonly opened?: Receipt }) => Receipt;

function createFakeStream(
  opening: StreamOpening,
  signal: AbortSignal,
  show: Show,
): { stream: MessageStream; handle: FakeStream } {
  const opened = createGate<Receipt | 'unknown' | undefined>();
  let receipt: Receipt | undefined;
  const handle: FakeStream = {
    opening,
    signal,
    text: '',
    closed: false,
    open: () => {
      receipt ??= show(handle.text, {});
      opened.open(receipt);
    },
    lose: () => {
      receipt ??= show(handle.text, {});
      opened.open('unknown');
    },
  };
  const stream: MessageStream = {
    opened: opened.opened,
    append: (text) => {
      handle.text += text;
      if (receipt) show(handle.text, { opened: receipt });
    },
    close: () => {
      handle.closed = true;
      opened.open(undefined); // no effect where it has opened
      return Promise.resolve();
    },
  };
  return { stream, handle };
}

function cut(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, part) => text.slice(part * length, (part + 1) * length));
}

/** A call of `send` whose message arrives, but whose response does not. */
export function loseResponse(error: Error): SendStep {
  return (_message, show) => {
    show();
    throw error;
  };
}

/** A call of `send` that the platform refuses. */
export function refuse(error: Error): SendStep {
  return () => {
    throw error;
  };
}
