import type { Usage } from '../usage.ts';

/**
 * What people asked, and what answering took. Nothing is written for it when a message comes or is answered: turns that have ended are
 * added up later, by person, place and day. The sums outlive the turns that they are made of.
 *
 * The tokens of a turn count for who asked last in it. Days are those of UTC, by the end of the turn.
 */
export interface UsageStore {
  /** Adds turns that have ended to the sums, oldest first, each of them once; returns how many. Fewer than `limit`: all of them are in. */
  sumUsage(query: { readonly limit: number }): Promise<number>;
  /** What has been added up since the day of `since`, or ever: by day newest first, else the most tokens first. */
  usage(query: UsageQuery): Promise<readonly UsageLine[]>;
  /** How the newest turn that asked a model ended. */
  newestTurn(): Promise<{ readonly at: number; readonly failed: boolean } | undefined>;
}

export interface UsageQuery {
  readonly by: 'person' | 'place' | 'day';
  readonly since?: number | undefined;
  readonly limit: number;
  /** Of one person only. */
  readonly of?: { readonly adapter: string; readonly tenant: string; readonly person: string };
}

export interface UsageLine extends Usage {
  /** Both empty where the line is a day. */
  readonly adapter: string;
  readonly tenant: string;
  /** The platform's id of the person or the place (as the conversation ids have it), or the day as in `2026-11-23`. */
  readonly key: string;
  /** What the person was called last; empty for places and days. */
  readonly name: string;
}
