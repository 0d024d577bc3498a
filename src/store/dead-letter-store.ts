/** What could not be done: a turn that failed for good, or a part that could not be delivered. */
export interface DeadLetterStore {
  listDeadLetters(query: { readonly limit: number; readonly all?: boolean }): Promise<readonly DeadLetter[]>;
  /** The dead letter with this id, or the only one whose id starts with it. */
  getDeadLetter(id: string): Promise<DeadLetterDetail | undefined>;
  /** Makes the work ready once more. False when it is not open any more. */
  replayDeadLetter(id: string): Promise<boolean>;
  discardDeadLetter(id: string): Promise<boolean>;
}

export interface DeadLetter {
  readonly id: string;
  /** A turn that got no answer, or a part of an answer that could not be delivered. */
  readonly kind: 'turn' | 'delivery';
  readonly adapter: string;
  readonly conversationId: string;
  readonly error: string;
  readonly errorId: string | undefined;
  readonly attempts: number;
  readonly at: number;
  readonly state: 'open' | 'replayed' | 'discarded';
}

export interface DeadLetterDetail extends DeadLetter {
  /** The questions, oldest first. */
  readonly questions: readonly { readonly eventId: string; readonly author: string; readonly text: string }[];
  /** The undelivered texts. */
  readonly parts: readonly string[];
}
