/**
 * Answers that are given once more, or taken back.
 *
 * A turn that has ended is opened again when its question is edited or somebody wants another answer: its events wait once more, bearing
 * its number, and the next turn takes them alone. What that turn says takes the place of what stands, part by part: a part goes out after
 * the one that it replaces, and so knows what the platform shows of it. What is left over is taken away, which is work of the outbox too:
 * a part whose number is not below the parts of its answer removes a message.
 *
 * Only the newest turn of a conversation is opened again: later ones were built on those before.
 */
export interface RevisionRules {
  /** An edit of a question that was asked longer ago changes the transcript only. */
  readonly reviseWithinMs: number;
  /** Whether the answer goes with its question. */
  readonly withdrawDeleted: boolean;
}

/** Of events to be accepted. Without rules edits and deletes change what waits and the transcript, and nothing else. */
export interface RevisableBatch {
  readonly revisions?: RevisionRules | undefined;
}

/** The answer that a turn takes the place of. */
export interface Revised {
  /** Number of the turn that gave it. */
  readonly turn: number;
  /** As the transcript has it; undefined where it does not. */
  readonly answer: string | undefined;
}

export interface Revising {
  readonly revises?: Revised | undefined;
}

/** Of a settled event: its payload is kept, because more than its text is needed to answer it again. */
export interface Kept {
  readonly keepsPayload?: boolean | undefined;
}

/** Of a delivery: it takes a message away, that of `message.replaces` or the one that is found. */
export interface Removing {
  /** Id of an earlier part that may have left a message of which nothing is known: look for that before anything is sent. */
  readonly seeks?: string | undefined;
  readonly removes?: boolean | undefined;
}

export const answeredAgain = 'the question is answered again';
