import { ToolError } from '../errors.ts';
import type { Post } from './post.ts';
import { textOf, type Tool } from './tool.ts';

/** A place where the model may have something posted, under a name that the operator gives it. */
export interface PostTarget extends Omit<Post, 'text'> {
  /** For the model: what is posted there. */
  readonly title: string;
  /** Whether a person has to approve of each message. One does in any case where the context holds what strangers wrote. */
  readonly approve: boolean;
}

/** Short enough to be shown whole to who approves. */
const maxLength = 1_000;
const maxPosts = 3;

/** Posts to places that the configuration names, and to no other. Undefined where there is none. */
export function createPostMessage(targets: Readonly<Record<string, PostTarget>>): Tool | undefined {
  const names = Object.keys(targets);
  if (names.length === 0) return undefined;
  const places = names.map((each) => `${each} (${targets[each]?.title})`).join(', ');
  return {
    name: 'post_message',
    title: 'Posting to another channel',
    description:
      `Posts a message to another place: ${places}. Use it when somebody asks for that, or when what is said has to be known there. ` +
      'It is sent together with your answer: say that it is posted, and where. Put nothing into it that the people there should not see.',
    parameters: {
      type: 'object',
      properties: {
        to: { type: 'string', enum: names, description: 'The place.' },
        text: {
          type: 'string',
          minLength: 1,
          maxLength,
          description: 'The message, in Markdown. It has to make sense by itself.',
        },
      },
      required: ['to', 'text'],
      additionalProperties: false,
    },
    // It only prepares: an attempt at the answer that is not committed has posted nothing.
    readOnly: true,
    asks: ({ to }, isUntrusted) => isUntrusted || (targets[textOf(to)]?.approve ?? true),
    untrusted: false,
    run: async ({ to, text }, { posts }) => {
      const target = targets[textOf(to)];
      if (!target) throw new ToolError(`There is no place of this name. There are: ${names.join(', ')}.`);
      if (!posts) throw new ToolError('There is no answer that it could be sent with.');
      if (textOf(text).trim() === '') throw new ToolError('Not posted: the message is empty.');
      if (posts.length >= maxPosts) throw new ToolError(`Not posted: at most ${maxPosts} messages with one answer.`);
      const { adapter, tenant, destination } = target;
      posts.push({ adapter, tenant, destination, text: textOf(text) });
      return `It is posted to ${textOf(to)} together with this answer.`;
    },
  };
}
