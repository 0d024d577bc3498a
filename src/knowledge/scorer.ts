import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ScoreAnswer, ScoreRequest } from './score-thread.ts';
import { scoreRows, type VectorBlock } from './scores.ts';

/** Compares a query with every vector there is. */
export interface Scorer {
  /** The cosines, block by block. Rejects when its thread dies; the next call starts another one. */
  score(blocks: readonly VectorBlock[], query: Float32Array): Promise<readonly Float32Array[]>;
  stop(): Promise<void>;
}

/** So many numbers take about a millisecond: less than to hand them to a thread, and no event loop minds. */
const computedHere = 1_000_000;

interface Pending {
  readonly resolve: (scores: readonly Float32Array[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Few vectors are compared at once, many on a thread of its own, which starts with the first search that needs it. */
export function createScorer(limit: number = computedHere): Scorer {
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let calls = 0;

  function fail(failed: Worker, error: unknown): void {
    if (worker !== failed) return;
    worker = undefined;
    for (const { reject } of pending.values()) reject(error);
    pending.clear();
  }

  function start(): Worker {
    const started = startThread();
    started.on('message', ({ id, scores }: ScoreAnswer) => {
      pending.get(id)?.resolve(scores);
      pending.delete(id);
      if (pending.size === 0) started.unref();
    });
    started.on('error', (error) => fail(started, error));
    started.on('exit', () => fail(started, new Error('The thread that compares vectors has ended.')));
    return started;
  }

  return {
    score: async (blocks, query) => {
      const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
      if (rows * query.length <= limit) return blocks.map((block) => scoreRows(block, query));
      worker ??= start();
      const { promise, resolve, reject } = Promise.withResolvers<readonly Float32Array[]>();
      const id = (calls += 1);
      pending.set(id, { resolve, reject });
      // It keeps the process alive only while somebody waits for it.
      worker.ref();
      worker.postMessage({ id, blocks: blocks.map(({ values, rows }) => ({ values, rows })), query } satisfies ScoreRequest);
      return promise;
    },
    stop: async () => {
      await worker?.terminate();
    },
  };
}

function startThread(): Worker {
  const cacheFolder = getCompileCacheDir();
  return new Worker(new URL('./start-score-thread.js', import.meta.url), {
    workerData: cacheFolder ? { compileCache: dirname(cacheFolder) } : {},
  });
}
