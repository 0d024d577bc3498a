/** What the ledger keeps for the knowledge stage: documents cut into passages, and a full-text index over them. */
export interface KnowledgeStore {
  listDocuments(): Promise<readonly KnowledgeDocument[]>;
  /** Replaces the document and its passages as a whole. */
  putDocument(document: KnowledgeDocument, passages: readonly (Passage | IndexedPassage)[]): Promise<void>;
  removeDocument(source: string): Promise<void>;
  /** Best passages first. `match` is an FTS5 expression over the columns heading and text. Rejects with a StoreError when it is malformed. */
  searchPassages(match: string, limit: number): Promise<readonly RankedPassage[]>;
  /** Remembers that nothing was found: once for the same words, with how often. Who asked, and where, is not kept. The newest thousand stay. */
  noteGap(question: string): Promise<void>;
  /** The most frequent first. */
  listGaps(limit: number): Promise<readonly KnowledgeGap[]>;
}

export interface KnowledgeGap {
  /** As it was asked last. */
  readonly question: string;
  readonly count: number;
  /** ms since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface KnowledgeDocument {
  readonly source: string;
  /** Of the content: a document with the same hash need not be read again. */
  readonly hash: string;
}

export interface Passage {
  readonly source: string;
  readonly heading: string;
  readonly text: string;
  /** 0-based, in the order of the document. */
  readonly position: number;
}

export interface IndexedPassage extends Passage {
  /** Further words to find it by, where the index cannot tell the words of the heading and the text apart. */
  readonly words: { readonly heading: string; readonly text: string };
}

export interface RankedPassage extends Passage {
  /** Higher is better. */
  readonly score: number;
}
