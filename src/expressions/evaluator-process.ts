import { Worker } from 'node:worker_threads';
import { outOfMemory, type EvaluatorMessage } from '../expression.ts';

/**
 * The process that holds the evaluator's thread, and does nothing but hand on: so that it notices when Parley is gone, whatever the thread is
 * at, and takes the thread with it. What uses up memory faster than V8 can end a thread ends this process, and not Parley.
 */
const thread = new Worker(new URL('./evaluator-thread.ts', import.meta.url), {
  resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
});

process.on('disconnect', () => process.exit());
process.on('message', (job) => thread.postMessage(job));
thread.on('message', (message: EvaluatorMessage) => process.send?.(message));
thread.on('error', (error) => process.exit('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory : 1));
