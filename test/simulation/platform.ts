import { PlatformRefusal } from './network.ts';

/** A message of the bot, as people see it, and how it came to be what it is. */
export interface Post {
  readonly id: string;
  readonly conversationId: string;
  readonly at: number;
  /** The id that the bot gave it: Slack's metadata, Discord's nonce, a webhook-id. */
  mark: string | undefined;
  text: string;
  /** Whether it can be appended to. */
  stream: 'none' | 'open' | 'ended';
  isRemoved: boolean;
  /** Who wrote it, and whose words stand there now: the truth, which no adapter gets to see. */
  readonly origin: Hand;
  latest: Hand;
}

/** A process that writes a part of an answer. */
export interface Hand {
  readonly by: string;
  readonly partId: string;
  readonly isStream: boolean;
  /** It no longer held the lease under which it began: it slept on the way to the socket, or had given the request up already. */
  readonly isLate: boolean;
}

export interface Writing extends Omit<Hand, 'isLate'> {
  /** Of the lease under which it began to write. */
  readonly token: number | undefined;
  readonly conversationId: string;
  readonly text: string;
  readonly mark?: string | undefined;
  readonly stream?: Post['stream'];
}

/** What a platform shows, oldest first, and what can be done to it. */
export interface Platform {
  readonly posts: readonly Post[];
  write(writing: Writing): Post;
  /** Throws PlatformRefusal where there is no such message. */
  edit(id: string, writing: Writing): Post;
  get(id: string): Post;
  shown(conversationId: string): Post[];
}

export interface PlatformOptions {
  readonly name: string;
  readonly now: () => number;
  readonly isLate: (writing: Writing) => boolean;
  readonly onShow: (post: Post) => void;
}

export function createPlatform({ name, now, isLate, onShow }: PlatformOptions): Platform {
  const posts: Post[] = [];
  const isShown = (post: Post): boolean => !post.isRemoved;
  const toHand = (writing: Writing): Hand => {
    const { by, partId, isStream } = writing;
    return { by, partId, isStream, isLate: isLate(writing) };
  };

  function get(id: string): Post {
    const post = posts.find((each) => each.id === id && isShown(each));
    if (!post) throw new PlatformRefusal('message not found');
    return post;
  }

  return {
    posts,
    get,
    write: (writing) => {
      const { conversationId, text, mark, stream = 'none' } = writing;
      const id = `${name}-${posts.length + 1}`;
      const hand = toHand(writing);
      const post: Post = {
        ...{ id, conversationId, at: now(), mark, text, stream },
        ...{ isRemoved: false, origin: hand, latest: hand },
      };
      posts.push(post);
      onShow(post);
      return post;
    },
    edit: (id, writing) => {
      const post = get(id);
      post.text = writing.text;
      post.latest = toHand(writing);
      onShow(post);
      return post;
    },
    shown: (conversationId) => posts.filter((post) => post.conversationId === conversationId && isShown(post)),
  };
}
