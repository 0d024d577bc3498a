import type { Destination } from '../message.ts';

/**
 * A copy of an answer, which goes into a thread on another platform.
 *
 * All copies of one conversation's answers for one place wait in one queue, in order, and stand in one thread there. The first of them opens it: a part
 * of its own, in front of the copy, whose receipt the others are handed. It is written where no thread is open and none is about to be; when it can
 * never arrive, what was to stand under it is dead with it, and the next answer opens another thread.
 *
 * Copies are decoration of the ledger's promise, not the promise: they change no verdict, their dead letters are their own, and nobody is told but the operator.
 * What arrives there is also written into the transcript of the conversation that the thread is, for whoever asks the bot in it.
 */
export interface AnswerCopy {
  /** In the form of a conversation id. */
  readonly queue: string;
  readonly adapter: string;
  readonly tenant: string;
  readonly destination: Destination;
  /** Opens the thread: what it is about, and the question. */
  readonly opener: CopyPart;
  /** In its stead, where the thread is there: the question. */
  readonly question: CopyPart;
  readonly parts: readonly CopyPart[];
}

export interface CopyPart {
  readonly id: string;
  readonly text: string;
}

export interface Copied {
  readonly copies?: readonly AnswerCopy[] | undefined;
}
