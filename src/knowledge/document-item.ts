import type { ListedDocument, SourceProblem } from '../store/knowledge-store.ts';

/** Reads a file that is no plain text, in a place where what a parser does with hostile input hurts nobody. Rejects with the signal's reason only. */
export type ReadDocument = (
  file: { readonly name: string; readonly bytes: Uint8Array },
  signal: AbortSignal,
) => Promise<ReadText | { readonly problem: string }>;

export interface ReadText {
  /** Markdown, as far as the format tells headings, lists and tables. */
  readonly text: string;
  readonly title?: string | undefined;
  /** The address that a page says is its own. Untrusted. */
  readonly canonical?: string | undefined;
  /** What should be known about how it was read. */
  readonly note?: string | undefined;
}

/** One document that a source says it has. */
export interface DocumentItem {
  /** Its name in the source: a path, or an address. */
  readonly source: string;
  /** Rejects for the signal only. */
  read(before: KnownBefore, signal: AbortSignal): Promise<ItemResult>;
}

export interface KnownBefore {
  readonly document: ListedDocument | undefined;
  readonly problem: SourceProblem | undefined;
}

export type ItemResult =
  | { readonly type: 'unchanged'; readonly stamps?: Stamps }
  | { readonly type: 'read'; readonly content: ItemContent; readonly stamps?: Stamps }
  /** `keep`: what is known of it may still be right. */
  | { readonly type: 'unread'; readonly reason: string; readonly keep: boolean; readonly hash?: string | undefined };

/** What the next conditional request is made with. */
export interface Stamps {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface ItemContent extends ReadText {
  readonly hash: string;
  readonly markdown: boolean;
  readonly url?: string | undefined;
}

/** What a source has. */
export interface Listing {
  readonly items: readonly DocumentItem[];
  /** How many may be read at once. */
  readonly atOnce: number;
  readonly problems: readonly SourceProblem[];
  /** Whether nothing is known now about a document that is not among the items, so that it stays. */
  keeps(source: string): boolean;
}

/** Part of every hash: another way of reading, cutting and indexing documents must reach those that have not changed. */
export const indexVersion = 3;
