import { Worker } from 'node:worker_threads';
import { withTimeout, type Clock } from '../clock.ts';
import type { DocumentJob, DocumentResult } from './document-thread.ts';

export interface DocumentOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Of the thread's heap. */
  readonly maxMegabytes?: number;
  /** Another thread, for tests. */
  readonly thread?: URL;
}

/**
 * Reads one document in a thread of its own, which ends with it: by itself, by its time, by its memory, or with the signal. Rejects with the
 * signal's reason only; everything else is a problem of the document.
 */
export async function readDocument(job: DocumentJob, options: DocumentOptions, signal: AbortSignal): Promise<DocumentResult> {
  const { clock, timeoutMs, maxMegabytes = 512, thread = new URL('./document-thread.ts', import.meta.url) } = options;
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<DocumentResult>();
  const worker = new Worker(thread, {
    workerData: job,
    // The thread needs nothing of this process, least of all its secrets.
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: maxMegabytes, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  });
  const timeout = withTimeout(clock, timeoutMs, signal);
  const onAbort = (): void => resolve({ problem: `reading it took longer than ${timeoutMs / 1000} s` });
  timeout.signal.addEventListener('abort', onAbort, { once: true });
  worker.once('message', (result: DocumentResult) => resolve(result));
  worker.once('error', (error) =>
    resolve({ problem: isOutOfMemory(error) ? 'reading it took too much memory' : 'it is damaged' }),
  );
  worker.once('exit', () => resolve({ problem: 'it is damaged' }));
  try {
    const result = await promise;
    signal.throwIfAborted();
    return result;
  } finally {
    timeout.clear();
    await worker.terminate();
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
