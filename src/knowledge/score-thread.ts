import { parentPort } from 'node:worker_threads';
import { scoreRows, type VectorBlock } from './scores.ts';

export interface ScoreRequest {
  readonly id: number;
  /** In shared memory: only its handles cross the thread. */
  readonly blocks: readonly VectorBlock[];
  readonly query: Float32Array;
}

export interface ScoreAnswer {
  readonly id: number;
  readonly scores: readonly Float32Array[];
}

/** Computes what would hold up the event loop. It keeps nothing between two requests. */
parentPort?.on('message', ({ id, blocks, query }: ScoreRequest) => {
  parentPort?.postMessage({ id, scores: blocks.map((block) => scoreRows(block, query)) } satisfies ScoreAnswer);
});
