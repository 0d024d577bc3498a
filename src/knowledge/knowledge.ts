import type { Log } from '../log.ts';
import type { KnowledgeStore } from '../store/knowledge-store.ts';
import { ingestFolder, type IngestReport } from './ingest.ts';
import { detectLanguage, type Language } from './language.ts';
import { createKnowledgeSearch, type Finding, type KnowledgeQuery } from './search.ts';

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
  return {
    refresh: async (signal) => {
      const report = await ingestFolder({ folder, store, log }, signal);
      titles = report.titles;
      return report;
    },
    search: createKnowledgeSearch(store),
    topics: () => titles,
    detectLanguage,
  };
}
