import { type Clock, withTimeout } from '../clock.ts';
import type { Embedder } from '../embedding.ts';
import { describeError, ModelError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { KnowledgeStore, VectorPassage } from '../store/knowledge-store.ts';
import { embedBacklog } from './backlog.ts';
import { createScorer } from './scorer.ts';
import { createVectorIndex, type NearestOptions } from './vector-index.ts';

export interface SimilarPassage extends VectorPassage {
  /** The cosine of passage and question. */
  readonly similarity: number;
}

export type FindSimilar = (
  text: string,
  options: Pick<NearestOptions, 'limit' | 'allows'>,
  signal?: AbortSignal,
) => Promise<readonly SimilarPassage[]>;

/** Search by vectors. It is in addition to that by words: whatever fails here is logged, and finds nothing. */
export interface Vectors {
  /** Takes over what the ledger has. */
  load(): Promise<void>;
  /** The same, and makes what is missing: to be called when documents have changed. Waits for it only where it is made here. */
  update(): Promise<void>;
  /** Whether they tell how words are written, and not what they mean: then a question whose words are all found needs none of them. */
  readonly isBySpelling: boolean;
  /** Passages that are near enough to be an answer, nearest first. Rejects only when it is aborted. */
  similar: FindSimilar;
  stop(): Promise<void>;
}

export interface VectorsOptions {
  readonly store: KnowledgeStore;
  readonly embedder: Embedder;
  readonly clock: Clock;
  readonly log: Log;
}

/** Somebody waits for an answer. */
const queryTimeoutMs = 3_000;
/** So long an endpoint that has failed is not asked for a question: every answer would wait for it. */
const pauseMs = 30_000;
const longestQuery = 2_000;

export function createVectors(options: VectorsOptions): Vectors {
  const { store, embedder, log } = options;
  const scorer = createScorer();
  const index = createVectorIndex({ store, model: embedder.name, scorer });
  const stopping = new AbortController();
  const embedQuery = createQueryEmbedder(options);
  let filling: Promise<void> | undefined;
  let wantsMore = false;

  async function load(): Promise<void> {
    await index.update().catch((error: unknown) => log.warn('vectors were not loaded', { error: describeError(error) }));
  }

  /** One at a time; documents that change meanwhile get their turn after. */
  async function fill(): Promise<void> {
    try {
      do {
        wantsMore = false;
        await embedBacklog({ ...options, onSaved: index.append }, stopping.signal);
      } while (wantsMore);
    } catch (error) {
      if (!stopping.signal.aborted) log.warn('passages were not embedded', { error: describeError(error) });
    } finally {
      filling = undefined;
    }
  }

  return {
    isBySpelling: embedder.isLocal,
    load,
    update: async () => {
      await load();
      if (stopping.signal.aborted) return;
      wantsMore = true;
      filling ??= fill();
      if (embedder.isLocal) await filling;
    },
    similar: async (text, { limit, allows }, signal) => {
      if (index.isEmpty()) return [];
      try {
        const query = await embedQuery(text.slice(0, longestQuery), signal);
        if (!query) return [];
        const near = await index.nearest(query, { limit, allows, minSimilarity: embedder.minSimilarity });
        return await withPassages(store, near);
      } catch (error) {
        signal?.throwIfAborted();
        log.warn('vectors were not searched', { error: describeError(error) });
        return [];
      }
    },
    stop: async () => {
      stopping.abort(new Error('Parley stops.'));
      await filling;
      await scorer.stop();
    },
  };
}

/** Undefined while the endpoint fails: the first time is logged, and that it works again. */
function createQueryEmbedder({ embedder, clock, log }: VectorsOptions) {
  let failed = false;
  let pausedUntil = 0;
  return async function embedQuery(text: string, parent?: AbortSignal): Promise<Float32Array | undefined> {
    if (clock.now() < pausedUntil) return undefined;
    const timeout = withTimeout(clock, queryTimeoutMs, parent);
    try {
      const [vector] = await embedder.embed([text], timeout.signal);
      if (failed) log.info('questions are embedded again', { model: embedder.name });
      failed = false;
      return vector;
    } catch (error) {
      parent?.throwIfAborted();
      const askedMs = error instanceof ModelError ? (error.retryAfterMs ?? 0) : 0;
      pausedUntil = clock.now() + Math.max(pauseMs, askedMs);
      const fields = { model: embedder.name, error: describeError(error) };
      if (!failed) log.warn('questions cannot be embedded now: documents are searched by words only', fields);
      failed = true;
      return undefined;
    } finally {
      timeout.clear();
    }
  };
}

async function withPassages(
  store: KnowledgeStore,
  near: readonly { readonly id: number; readonly similarity: number }[],
): Promise<readonly SimilarPassage[]> {
  if (near.length === 0) return [];
  const similarities = new Map(near.map(({ id, similarity }) => [id, similarity]));
  const passages = await store.passagesOf(near.map(({ id }) => id));
  return passages.map((passage) => ({ ...passage, similarity: similarities.get(passage.id) ?? 0 }));
}
