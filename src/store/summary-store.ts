import type { Spending } from './limit-store.ts';

/**
 * Rolling summaries of conversations that have become long.
 *
 * ```
 * none ──saveSummary──> covers the transcript up to a message ──saveSummary──> covers more of it
 *   ^                        │
 *   └── reset, or a message that it covers is edited, deleted or answered anew
 * ```
 *
 * A summary stands in place of the messages that it covers: whoever takes up a turn gets it, and the messages after it. It is saved only where what it was made
 * of reads as it did then, and only on top of the one that it goes on from: of two that are made at once one counts. What is deleted lives on in no summary.
 */
export interface SummaryStore {
  /** What a summary of the conversation can be made of: the one that there is, and the oldest messages after it. */
  toSummarise(query: { readonly conversationId: string; readonly limit: number }): Promise<Summarisable>;
  /** False where it does not count any more; then nothing has changed but what it took. */
  saveSummary(summary: NewSummary): Promise<boolean>;
  /** Counts what was taken for a summary that did not come about. */
  settleSummary(spent: NonNullable<Spending['spent']>): Promise<void>;
}

export interface Summary {
  readonly text: string;
  readonly tokens: number;
}

export interface Summarisable {
  readonly summary: Summary | undefined;
  /** What the summary reaches to, or the last reset does. */
  readonly after: number;
  /** Oldest first. */
  readonly messages: readonly SummarisableMessage[];
}

export interface SummarisableMessage {
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  readonly authorName: string;
  readonly text: string;
  readonly tokens: number;
}

export interface NewSummary extends Summary, Pick<Spending, 'spent'> {
  readonly conversationId: string;
  /** As `toSummarise` gave it. */
  readonly after: number;
  /** The seq of the last message that it covers. */
  readonly through: number;
  /** Of all messages that it has been made of, beside the summary before it. */
  readonly digest: string;
}

export interface Summarised {
  /** What was said before the history begins. */
  readonly summary?: Summary | undefined;
}
