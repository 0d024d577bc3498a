import { isThread, postChannels } from './conversation.ts';
import type { Place } from './conversation.ts';
import { archivedThread, lockedThread, refusalCode } from './delivery-error.ts';
import { whisper } from './response.ts';
import type { Response } from './response.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

/** Somebody has pressed "Solved" under an answer in a post, or used the command for it anywhere. */
export interface Solving extends Place {
  readonly userId: string;
  /** Whether they may manage threads, as Discord says. */
  readonly isModerator: boolean;
  /** The button stands in support cases only. */
  readonly isCommand: boolean;
}

export interface SolveOptions {
  readonly rest: Rest;
  readonly solvedTags: readonly string[];
  /** Whether the posts of this forum are support cases. */
  readonly hasCases: (guildId: string, forumId: string) => boolean;
}

const missingPermissions = 50013;
const words = {
  noPost: 'This works in the posts of a forum: use it in the one that is solved.',
  noCase: 'The posts of this forum are no support cases: nothing is marked as solved here.',
  done: 'Marked as solved. I answer here again when I am mentioned, or when the tag is taken away.',
  notYours: 'Only who has posted this, and who may manage threads, can mark it as solved.',
  noTag: 'This forum has no tag for that.',
  full: 'The post has five tags already, which is all that Discord allows.',
  notAllowed: 'I may not change the tags here: I lack the permission Manage Threads.',
  archived: 'The post is archived or locked. Open it again, and then mark it.',
  trouble: 'That did not work. Please try again.',
} as const;

/** At most so many has a post: https://docs.discord.com/developers/resources/channel#channel-object-channel-structure (`applied_tags`). */
const maxTags = 5;

/**
 * Gives the post the tag that says so. Discord holds what comes of it, and all that Parley knows of it: nothing is in the ledger, and a second press
 * changes nothing. Resolves with what the person is told.
 */
export async function solve(options: SolveOptions, solving: Solving, signal: AbortSignal): Promise<Response> {
  const { rest } = options;
  const { channelId, userId, isModerator } = solving;
  const get = async (id: unknown): Promise<Fields> => {
    const channel = isSnowflake(id) ? await rest.call({ method: 'GET', route: `/channels/${id}`, signal }) : undefined;
    return isRecord(channel) ? channel : {};
  };
  if (solving.channelType !== undefined && !isThread(solving)) return whisper(words.noPost);
  try {
    const thread = await get(channelId);
    const forum = await get(thread['parent_id']);
    const elsewhere = solving.isCommand ? elsewhereIn(forum, solving, options) : undefined;
    if (elsewhere !== undefined) return whisper(elsewhere);
    if (!isModerator && thread['owner_id'] !== userId) return whisper(words.notYours);
    const wanted = tagIn(forum, options.solvedTags);
    if (wanted === undefined) return whisper(words.noTag);
    const applied = Array.isArray(thread['applied_tags']) ? thread['applied_tags'].filter(isSnowflake) : [];
    if (applied.includes(wanted)) return whisper(words.done);
    if (applied.length >= maxTags) return whisper(words.full);
    await rest.call({ method: 'PATCH', route: `/channels/${channelId}`, body: { applied_tags: [...applied, wanted] }, signal });
    return whisper(words.done);
  } catch (error) {
    return whisper(refusals.get(refusalCode(error)) ?? words.trouble);
  }
}

const refusals: ReadonlyMap<number | undefined, string> = new Map([
  [missingPermissions, words.notAllowed],
  [archivedThread, words.archived],
  [lockedThread, words.archived],
]);

/** Why there is nothing to solve in this place. */
function elsewhereIn(forum: Fields, { guildId }: Solving, { hasCases }: SolveOptions): string | undefined {
  const { id, type } = forum;
  if (guildId === undefined || !isSnowflake(id) || !postChannels.has(type)) return words.noPost;
  return hasCases(guildId, id) ? undefined : words.noCase;
}

/** The first of these tags that the forum has. */
function tagIn(forum: Fields, names: readonly string[]): string | undefined {
  const tags = recordsOf(forum['available_tags']);
  for (const name of names) {
    const found = tags.find((tag) => textOf(tag['name'])?.toLowerCase() === name.toLowerCase());
    if (isSnowflake(found?.['id'])) return found['id'];
  }
  return undefined;
}
