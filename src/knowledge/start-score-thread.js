import module from 'node:module';
import { workerData } from 'node:worker_threads';

// As in src/store/sqlite/start-thread.js: without the cache the thread would load the compiler of TypeScript.
if (workerData.compileCache) module.enableCompileCache(workerData.compileCache);
await import('./score-thread.ts');
if (workerData.compileCache) module.flushCompileCache?.();
