import type { Question } from '../../src/bot-turns.ts';
import { parseConversationId } from '../../src/conversation-id.ts';
import type { MessageEdit } from '../../src/message.ts';
import { inPost } from './buttons.ts';
import { isThread } from './conversation.ts';
import type { Place } from './conversation.ts';
import type { Places, Post } from './places.ts';
import { isSnowflake } from './snowflake.ts';

export interface PostRules {
  /** Names of the tags of posts in which nobody waits for an answer any more. */
  readonly solvedTags: readonly string[];
}

interface PostsOptions extends PostRules {
  /** Whether the posts of this forum are support cases. */
  readonly hasCases: (guildId: string, forumId: string) => boolean;
}

/**
 * Posts in forums as support cases. A post is a thread, and the message that it begins with has its id
 * (https://docs.discord.com/developers/topics/threads#thread-only-channels). That message is the question, with the title and the tags, which
 * everything stands in that people did not write twice; who has posted needs no mention afterwards, and everybody else does. Once the post
 * has a tag that says that it is solved, so does who has posted it.
 */
export function createPosts({ solvedTags, hasCases }: PostsOptions, places: Places) {
  const solved = new Set(solvedTags.map((tag) => tag.toLowerCase()));

  /** Undefined for what is not for the bot. */
  async function judge(question: Question, place: Place): Promise<Question | undefined> {
    if (question.type !== 'message') return question;
    const post = isThread(place) ? await places.postOf(place.channelId) : undefined;
    if (!post) return question.addressed ? question : undefined;
    const destination = solved.size > 0 ? { ...question.destination, [inPost]: 'yes' } : question.destination;
    if (question.messageId === place.channelId) {
      return { ...question, addressed: true, destination, text: withTitle(question.text, post) };
    }
    if (question.addressed) return { ...question, destination };
    const isSolved = post.tags.some((tag) => solved.has(tag.toLowerCase()));
    return !isSolved && question.author.id === post.ownerId ? { ...question, addressed: true, destination } : undefined;
  }

  /** The question of a post keeps its title when it is edited. */
  async function edited(edit: MessageEdit): Promise<MessageEdit> {
    const channelId = parseConversationId(edit.conversationId)?.path[0];
    if (channelId !== edit.messageId || !isSnowflake(channelId)) return edit;
    const forumId = await places.parentOf(channelId);
    if (forumId === undefined || !hasCases(edit.tenant, forumId)) return edit;
    const post = await places.postOf(channelId);
    return post ? { ...edit, text: withTitle(edit.text, post) } : edit;
  }

  return { judge, edited };
}

/** As text that a person has written: a title is no less untrusted than what stands beneath it. */
function withTitle(text: string, { title, tags }: Post): string {
  const head = [`Title: ${title}`, ...(tags.length > 0 ? [`Tags: ${tags.join(', ')}`] : [])].map(toLine);
  return `${head.join('\n')}\n\n${text}`.trim();
}

function toLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}
