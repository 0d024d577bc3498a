import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Place } from '../place-rule.ts';
import type { KnowledgeStore } from '../store/knowledge-store.ts';
import { detectLanguage, type Language } from './language.ts';
import { createKnowledgeSearch, type Finding, type PassageQuery } from './search.ts';
import { visibleAt, type KnowledgeSource } from './source.ts';
import { toTerms } from './terms.ts';
import type { Vectors } from './vectors.ts';

/** The documents, to be asked. */
export interface Knowledge {
  /** Finds what may be seen at the place, and nothing else. */
  search(query: KnowledgeQuery, signal?: AbortSignal): Promise<readonly Finding[]>;
  /** What the documents that may be seen at the place are about: their titles. */
  topics(place?: Place): Promise<readonly string[]>;
  detectLanguage(text: string): Language | undefined;
}

export interface KnowledgeQuery extends Omit<PassageQuery, 'collections'> {
  /** Where it is asked. Without it only what may be seen everywhere is found. */
  readonly place?: Place | undefined;
}

export interface KnowledgeOptions {
  readonly store: Pick<KnowledgeStore, 'searchPassages' | 'listTitles' | 'noteGap'>;
  /** All sources as they are now. It is asked for each search: a scope that is narrowed holds at once. */
  readonly sources: () => Promise<readonly Omit<KnowledgeSource, 'refreshMs'>[]>;
  readonly log: Log;
  /** Undefined: documents are searched by words only. */
  readonly vectors?: Pick<Vectors, 'similar' | 'isBySpelling'> | undefined;
}

const maxTopics = 10_000;

export function createKnowledge({ store, sources, log, vectors }: KnowledgeOptions): Knowledge {
  const search = createKnowledgeSearch(store, vectors);

  /** Nobody waits for it. */
  function noteGap(question: string): void {
    store.noteGap(question).catch((error: unknown) => log.warn('a gap was not noted', { error: describeError(error) }));
  }

  return {
    search: async ({ place, ...query }, signal) => {
      const found = await search({ ...query, collections: visibleAt(await sources(), place) }, signal);
      if (found.length === 0 && isAsking(query)) noteGap(query.question);
      return found;
    },
    topics: async (place) => store.listTitles(maxTopics, visibleAt(await sources(), place)),
    detectLanguage,
  };
}

/** Whether it holds words that could be looked for: thanks and greetings are no gap. */
function isAsking({ question }: Pick<KnowledgeQuery, 'question'>): boolean {
  return toTerms(question, { language: detectLanguage(question) }).length > 0;
}
