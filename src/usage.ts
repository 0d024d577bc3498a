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
