import { systemClock } from '../../src/clock.ts';
import type { Embedder } from '../../src/embedding.ts';
import { createKnowledgeSearch } from '../../src/knowledge/search.ts';
import { createVectors } from '../../src/knowledge/vectors.ts';
import { silentLog } from '../../src/log.ts';
import type { Store } from '../../src/store/store.ts';
import { ingestNow, sourceOf } from '../src/knowledge/open-knowledge-store.ts';
import type { RecallQuestion } from './corpus.ts';
import type { Ranker } from './measure.ts';

export const rankings = ['keyword', 'vector', 'fused'] as const;
export type Ranking = (typeof rankings)[number];

export interface RecallLibrary {
  /** Resolves once every passage has its vector. */
  fill(): Promise<void>;
  readonly rank: Readonly<Record<Ranking, Ranker>>;
  stop(): Promise<void>;
}

/** The search of the product over what the store holds, by each of its ways. */
export function createLibrary(store: Store, remote: Embedder): RecallLibrary {
  // Whoever measures waits for the vectors.
  const embedder = { ...remote, isLocal: true };
  const vectors = createVectors({ store, embedder, clock: systemClock, log: silentLog });
  const byWords = createKnowledgeSearch(store);
  const fused = createKnowledgeSearch(store, vectors);
  const withContext = ({ question, context }: RecallQuestion) => ({ question, context: context === undefined ? [] : [context] });
  return {
    fill: () => vectors.update(),
    rank: {
      keyword: (question) => byWords(withContext(question)),
      vector: ({ question, context }) => vectors.similar([context, question].filter(Boolean).join('\n'), { limit: 5 }),
      fused: (question) => fused(withContext(question)),
    },
    stop: () => vectors.stop(),
  };
}

export async function ingest(folder: string, store: Store): Promise<void> {
  await ingestNow(store, sourceOf({ type: 'folder', folder }));
}
