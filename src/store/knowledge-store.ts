/** What the ledger keeps for the knowledge stage: documents cut into passages, and a full-text index over them. */
export interface KnowledgeStore extends VectorStore {
  /** In the order of collection and source; of one collection where it is named. */
  listDocuments(collection?: string): Promise<readonly ListedDocument[]>;
  /** Titles of documents, each once, in the order of the documents: those of these collections, or of all where they are left out. */
  listTitles(limit: number, collections?: readonly string[]): Promise<readonly string[]>;
  /** Replaces the document and its passages as a whole. */
  putDocument(document: KnowledgeDocument, passages: readonly (Passage | IndexedPassage)[]): Promise<void>;
  /** The document has been looked at again, and its passages are still right. Changes nothing where it is not there. */
  touchDocument(document: Omit<KnowledgeDocument, 'hash' | 'title' | 'url'>): Promise<void>;
  removeDocument(document: DocumentKey): Promise<void>;
  /**
   * Best passages first: of these collections, and of no other; of all where they are left out. The limit counts what may be seen.
   * `match` is an FTS5 expression over the columns heading and text. Rejects with a StoreError when it is malformed.
   */
  searchPassages(match: string, limit: number, collections?: readonly string[]): Promise<readonly RankedPassage[]>;
  /** Remembers that nothing was found: once for the same words, with how often. Who asked, and where, is not kept. The newest thousand stay. */
  noteGap(question: string): Promise<void>;
  /** The most frequent first. */
  listGaps(limit: number): Promise<readonly KnowledgeGap[]>;
  /** Sources that were added by a command, by name. */
  listSources(): Promise<readonly AddedSource[]>;
  /** Replaces one of the same name. */
  putSource(source: AddedSource): Promise<void>;
  /** Removes the source, and how its last look ended, whatever it was made of; not its documents. Resolves with whether it was there. */
  removeSource(name: string): Promise<boolean>;
  listSyncs(): Promise<readonly SourceSync[]>;
  /** Replaces what was known of the collection, and of others of the same source. */
  putSync(sync: SourceSync): Promise<void>;
  /** As if it had never been looked at. */
  removeSync(collection: string): Promise<void>;
}

export interface KnowledgeGap {
  /** As it was asked last. */
  readonly question: string;
  readonly count: number;
  /** ms since 1970. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface DocumentKey {
  /** The source that it came by: its name, and after a # what it was made of then. */
  readonly collection: string;
  /** Its name there: a path, or an address. */
  readonly source: string;
}

export interface KnowledgeDocument extends DocumentKey {
  /** Of the content: a document with the same hash need not be read again. */
  readonly hash: string;
  readonly title: string;
  /** Where people find it. */
  readonly url?: string | undefined;
  /** When it was found to be so; ms since 1970. */
  readonly fetchedAt: number;
  /** What came with it, for the next request to ask whether it has changed. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface ListedDocument extends KnowledgeDocument {
  /** How many it was cut into. */
  readonly passages: number;
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
  readonly collection: string;
  /** Of its document. */
  readonly title: string;
  /** Where people find its document. */
  readonly url?: string | undefined;
  /** Higher is better. */
  readonly score: number;
}

export interface AddedSource {
  readonly name: string;
  /** JSON, as it would stand in the configuration. */
  readonly settings: string;
  /** ms since 1970. */
  readonly addedAt: number;
}

/** How the last look at a source has ended. */
export interface SourceSync {
  readonly collection: string;
  /** ms since 1970. */
  readonly syncedAt: number;
  readonly problems: readonly SourceProblem[];
}

export interface SourceProblem {
  /** A path, an address, or the source as a whole. */
  readonly source: string;
  /** Completes "it was not read: ...". */
  readonly reason: string;
  /** Of the content that cannot be read: the same content need not be tried again. */
  readonly hash?: string | undefined;
}

/**
 * What the ledger keeps of the vectors of passages. A passage has at most one, of one model; with its document it goes, in the same
 * transaction. Values are 32-bit floats.
 */
export interface VectorStore {
  /** Passages without a vector of this model, in the order in which they came in, those behind `after` only. */
  listUnembedded(query: {
    readonly model: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly Unembedded[]>;
  /**
   * Keeps vectors, each in place of one by another model. One whose document has been changed or removed meanwhile is dropped, and so is
   * one that is there already. Returns how many were kept.
   */
  saveVectors(vectors: { readonly model: string; readonly vectors: readonly PassageVector[] }): Promise<number>;
  /** Ids of all vectors of this model, ascending. */
  listVectorIds(model: string): Promise<readonly number[]>;
  /** Vectors of this model whose id is above `after`, in the order of their ids. */
  loadVectors(query: {
    readonly model: string;
    readonly after: number;
    readonly limit: number;
  }): Promise<readonly StoredVector[]>;
  /** The passages of these vectors, in the order of `ids`; without those that are gone. */
  passagesOf(ids: readonly number[]): Promise<readonly VectorPassage[]>;
}

export interface Unembedded extends Passage {
  /** Its place in the order of arrival. */
  readonly at: number;
  /** Of its document: with it, the text is still the one that was embedded. */
  readonly hash: string;
}

export interface PassageVector extends Pick<Unembedded, 'at' | 'hash' | 'position'> {
  readonly vector: Float32Array;
}

export interface StoredVector {
  readonly id: number;
  readonly collection: string;
  readonly source: string;
  readonly vector: Float32Array;
}

export interface VectorPassage extends Omit<RankedPassage, 'score'> {
  readonly id: number;
}
