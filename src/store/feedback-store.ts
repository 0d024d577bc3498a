/** What people think of answers. Judgements come in as `feedback` events, by `accept`; whoever judges an answer again replaces what they said. */
export interface FeedbackStore {
  /** Newest first. */
  listFeedback(query: { readonly since: number; readonly limit: number }): Promise<readonly Judgement[]>;
  /**
   * Answers that so many people found good and nobody bad, newest first, each with what it answered, as they read now: empty where that was
   * deleted. `before` is the `cursor` of the last one of the page before.
   */
  listSolved(query: SolvedQuery): Promise<readonly SolvedTurn[]>;
  /** By adapter. */
  summariseFeedback(query: { readonly since: number }): Promise<readonly FeedbackSummary[]>;
}

export interface Judgement {
  readonly rating: 'good' | 'bad';
  /** Why, in the words of who judged; untrusted. */
  readonly reason: string | undefined;
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly turnId: string;
  readonly authorId: string;
  readonly authorName: string;
  /** What the turn answered, oldest first, and what it answered; as they read now. Empty where they were deleted or never kept. */
  readonly questions: readonly string[];
  readonly answer: string;
  /** ms since 1970. */
  readonly at: number;
}

export interface SolvedQuery {
  readonly minGood: number;
  readonly limit: number;
  readonly before?: number | undefined;
}

export interface SolvedTurn {
  readonly cursor: number;
  readonly turnId: string;
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
  /** Oldest first; untrusted. */
  readonly questions: readonly string[];
  readonly answer: string;
}

export interface FeedbackSummary {
  readonly adapter: string;
  readonly good: number;
  readonly bad: number;
  /** How many of them say why. */
  readonly withReason: number;
  readonly people: number;
  readonly answers: number;
}

/** The verdicts' reasons of `feedback` events. */
export const judgementKept = 'judgement kept';
export const notOurAnswer = 'not an answer of the bot that is still known';
