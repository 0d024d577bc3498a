import module from 'node:module';
import { workerData } from 'node:worker_threads';

// A thread does not share the compile cache of its process, and would load the compiler of TypeScript: 30 MB that stay.
if (workerData.compileCache) module.enableCompileCache(workerData.compileCache);
await import('./thread.ts');
// At once, for a process may be killed.
if (workerData.compileCache) module.flushCompileCache?.();
