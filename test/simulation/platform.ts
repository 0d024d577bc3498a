import { PlatformRefusal } from './network.ts';

/** A message of the bot, as people see it. */
export interface Post {
  readonly id: string;
  readonly conversationId: string;
  /** The process that wrote it. */
  readonly by: string;
  readonly at: number;
  /** The part that it was to show when it was written: the truth, which no adapter gets to see. */
  readonly partId: string;
  /** The id that the bot gave it: Slack's metadata, Discord's nonce, a webhook-id. */
  mark: string | undefined;
  text: string;
  stream: 'none' | 'open' | 'ended';
  isRemoved: boolean;
}

export interface Writing {
  readonly conversationId: string;
  readonly by: string;
  readonly text: string;
  readonly partId: string;
  readonly mark?: string | undefined;
  /** The message grows from here on. */
  readonly streams?: boolean;
}

/** What a platform shows, oldest first, and what can be done to it. */
export interface Platform {
  readonly posts: readonly Post[];
  write(writing: Writing): Post;
  /** Throws PlatformRefusal where there is no such message. */
  get(id: string): Post;
  shown(conversationId: string): Post[];
}

export interface PlatformOptions {
  readonly name: string;
  readonly now: () => number;
  readonly onWrite: (post: Post) => void;
}

export function createPlatform({ name, now, onWrite }: PlatformOptions): Platform {
  const posts: Post[] = [];
  const isShown = (post: Post): boolean => !post.isRemoved;
  return {
    posts,
    write: ({ conversationId, by, text, mark, partId, streams }) => {
      const id = `${name}-${posts.length + 1}`;
      const stream = streams ? 'open' : 'none';
      const post: Post = { id, conversationId, by, at: now(), mark, partId, text, stream, isRemoved: false };
      posts.push(post);
      onWrite(post);
      return post;
    },
    get: (id) => {
      const post = posts.find((each) => each.id === id && isShown(each));
      if (!post) throw new PlatformRefusal('message not found');
      return post;
    },
    shown: (conversationId) => posts.filter((post) => post.conversationId === conversationId && isShown(post)),
  };
}
