import type { Spending } from '../store/limit-store.ts';
import type { Verdict, WaitingEvent } from '../store/store.ts';
import type { NewFact } from '../store/memory-store.ts';
import type { Post } from '../tools/post.ts';
import type { Asks } from './approval-request.ts';

/** What a turn comes to, before it is cut into parts and committed. */
export interface TurnResult {
  readonly text: string;
  /** Where these are not all that the turn has taken, the others wait for the next one. */
  readonly events?: readonly WaitingEvent[];
  readonly verdict: Verdict;
  readonly reason?: string;
  /** Of the events that belong in the transcript, by seq. */
  readonly tokens: ReadonlyMap<number, number>;
  /** Of the answer, where it belongs in the transcript. */
  readonly answerTokens?: number;
  /** What came with the events, by seq. */
  readonly files?: ReadonlyMap<number, { readonly text: string; readonly tokens: number }>;
  readonly reset?: boolean;
  readonly usage?: { readonly model: string; readonly inputTokens: number; readonly outputTokens: number };
  readonly failure?: { readonly errorId: string; readonly message: string };
  readonly reached?: Spending['reached'];
  /** Nothing is sent: that the limit is reached has been said here. */
  readonly isSilent?: boolean;
  /** What is posted elsewhere beside it. */
  readonly posts?: readonly Post[];
  /** What a person is to be asked, below the text; that may be nothing then. */
  readonly asks?: Asks;
  readonly remembers?: readonly NewFact[];
}

export const stoppedReason = 'stopped by a person';
