/** Answers that a source of webhooks may be given again. Nobody asks here where no source has that switched on. */
export interface AnswerCacheStore {
  /** The text that was kept under this key for this source; undefined where there is none, or its time is over. */
  findAnswer(query: { readonly source: string; readonly key: string }): Promise<string | undefined>;
  /**
   * Replaces one of the same key. The newest thousand of a source stay. Keeps nothing where the turn has lost its lease or has to begin anew: what it has
   * read may have been forgotten meanwhile.
   */
  keepAnswer(answer: KeptAnswer): Promise<void>;
}

export interface KeptAnswer {
  /** Of webhooks. */
  readonly source: string;
  /** Digest of all that the model was asked with. */
  readonly key: string;
  readonly text: string;
  /** It is not found from then on, in ms since 1970. */
  readonly expiresAt: number;
  /** The turn that was answered so. */
  readonly by: AnsweringTurn;
}

/** As in TurnHold. */
interface AnsweringTurn {
  readonly owner: string;
  readonly conversationId: string;
  readonly token: number;
}

export const mostKeptAnswers = 1_000;
