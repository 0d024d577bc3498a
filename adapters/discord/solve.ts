import { refusalCode } from './delivery-error.ts';
import { whisper } from './response.ts';
import type { Response } from './response.ts';
import { isRecord, recordsOf, textOf } from './record.ts';
import type { Fields } from './record.ts';
import type { Rest } from './rest.ts';
import { isSnowflake } from './snowflake.ts';

/** Somebody has pressed "Solved" under an answer in a post. */
export interface Solving {
  readonly threadId: string;
  readonly userId: string;
  /** Whether they may manage threads, as Discord says. */
  readonly isModerator: boolean;
}

export interface SolveOptions {
  readonly rest: Rest;
  readonly solvedTags: readonly string[];
}

const missingPermissions = 50013;
const words = {
  done: 'Marked as solved. I answer here again when I am mentioned, or when the tag is taken away.',
  notYours: 'Only who has posted this, and who may manage threads, can mark it as solved.',
  noTag: 'This forum has no tag for that.',
  full: 'The post has five tags already, which is all that Discord allows.',
  notAllowed: 'I may not change the tags here: I lack the permission Manage Threads.',
  trouble: 'That did not work. Please try again.',
} as const;

/** At most so many has a post: https://docs.discord.com/developers/resources/channel#channel-object-channel-structure (`applied_tags`). */
const maxTags = 5;

/**
 * Gives the post the tag that says so. Discord holds what comes of it, and all that Parley knows of it: nothing is in the ledger, and a second press
 * changes nothing. Resolves with what the person is told.
 */
export async function solve(
  options: SolveOptions,
  { threadId, userId, isModerator }: Solving,
  signal: AbortSignal,
): Promise<Response> {
  const { rest } = options;
  const get = async (id: unknown): Promise<Fields> => {
    const channel = isSnowflake(id) ? await rest.call({ method: 'GET', route: `/channels/${id}`, signal }) : undefined;
    return isRecord(channel) ? channel : {};
  };
  try {
    const thread = await get(threadId);
    if (!isModerator && thread['owner_id'] !== userId) return whisper(words.notYours);
    const wanted = tagIn(await get(thread['parent_id']), options.solvedTags);
    if (wanted === undefined) return whisper(words.noTag);
    const applied = Array.isArray(thread['applied_tags']) ? thread['applied_tags'].filter(isSnowflake) : [];
    if (applied.includes(wanted)) return whisper(words.done);
    if (applied.length >= maxTags) return whisper(words.full);
    await rest.call({ method: 'PATCH', route: `/channels/${threadId}`, body: { applied_tags: [...applied, wanted] }, signal });
    return whisper(words.done);
  } catch (error) {
    return whisper(refusalCode(error) === missingPermissions ? words.notAllowed : words.trouble);
  }
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
