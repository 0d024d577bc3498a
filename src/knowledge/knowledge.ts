import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KnowledgeStore } from '../store/knowledge-store.ts';
import { ingestFolder, type IngestReport } from './ingest.ts';
import { detectLanguage, type Language } from './language.ts';
import { createKnowledgeSearch, type Finding, type KnowledgeQuery } from './search.ts';
import { toTerms } from './terms.ts';

/** The documents of the knowledge folder, to be asked. */
export interface Knowledge {
  /** Brings the index up to date with the folder. To be called once before the first search, and whenever the folder has changed. */
  refresh(signal?: AbortSignal): Promise<IngestReport>;
  search(query: KnowledgeQuery, signal?: AbortSignal): Promise<readonly Finding[]>;
  /** What the documents are about: their titles as of the last refresh. */
  topics(): readonly string[];
  detectLanguage(text: string): Language | undefined;
}

export interface KnowledgeOptions {
  readonly folder: string;
  readonly store: KnowledgeStore;
  readonly log: Log;
}

export function createKnowledge({ folder, store, log }: KnowledgeOptions): Knowledge {
  let titles: readonly string[] = [];
  const search = createKnowledgeSearch(store);

  /** Nobody waits for it. */
  function noteGap(question: string): void {
    store.noteGap(question).catch((error: unknown) => log.warn('a gap was not noted', { error: describeError(error) }));
  }

  return {
    refresh: async (signal) => {
      const report = await ingestFolder({ folder, store, log }, signal);
      titles = report.titles;
      return report;
    },
    search: async (query, signal) => {
      const found = await search(query, signal);
      if (found.length === 0 && isAsking(query)) noteGap(query.question);
      return found;
    },
    topics: () => titles,
    detectLanguage,
  };
}

/** Whether it holds words that could be looked for: thanks and greetings are no gap. */
function isAsking({ question }: KnowledgeQuery): boolean {
  return toTerms(question, { language: detectLanguage(question) }).length > 0;
}
