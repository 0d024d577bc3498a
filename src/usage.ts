/** What asking came to: of a person, in a place, on a day. */
export interface Usage {
  /** Messages and commands that a turn took up. */
  readonly questions: number;
  /** One answer may be for several questions. */
  readonly answers: number;
  /** Turns that were given up. */
  readonly failures: number;
  /** As the model counts them; none for a model that does not. */
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export const noUsage: Usage = { questions: 0, answers: 0, failures: 0, inputTokens: 0, outputTokens: 0 };

/** What a person may know of how Parley does, and of what they themselves have asked. */
export interface Overview {
  readonly model: {
    readonly name: string;
    /** How the newest turn ended that asked it; undefined before the first one. */
    readonly newest: { readonly at: number; readonly failed: boolean } | undefined;
  };
  /** Events that wait for their turn, of everybody. */
  readonly waiting: number;
  readonly oldestWaitingAt: number | undefined;
  /** Since the first of the month, in UTC. */
  readonly month: Usage;
  readonly total: Usage;
}
