import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { describeError, StoreError, StoreLockedError } from '../../errors.ts';
import type { Store } from '../store.ts';
import type { DatabaseOptions } from './database.ts';
import type { FromThread, ToThread, WireResult } from './thread.ts';
import { createStoreProxy, type Enqueue } from './proxy.ts';
import type { Call } from './use-cases.ts';

export interface SqliteStoreOptions extends DatabaseOptions {
  readonly clock: Clock;
  /** Called once when the database thread dies: nothing can be saved any more, and the process should end. */
  readonly onFailure?: (error: StoreError) => void;
}

interface PendingCall {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Opens the store on a thread of its own. Rejects with StoreLockedError or StoreError. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { folder, name, exclusive } = options;
  const cacheFolder = getCompileCacheDir();
  const worker = new Worker(new URL('./start-thread.js', import.meta.url), {
    workerData: {
      folder,
      ...(name ? { name } : {}),
      exclusive,
      ...(cacheFolder ? { compileCache: dirname(cacheFolder) } : {}),
    } satisfies DatabaseOptions & { readonly compileCache?: string },
  });
  await ready(worker, folder);
  const link = createLink(worker, options);
  return createStoreProxy({ clock: options.clock, enqueue: link.enqueue, close: link.close });
}

function ready(worker: Worker, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', (error) => reject(threadFailure(error)));
    worker.once('exit', () => reject(new StoreError('The database thread ended before it was ready.')));
    worker.once('message', (message: FromThread) => {
      if (message.type === 'ready') return resolve();
      const reason = message.type === 'failed' ? message : { locked: false, message: 'The database thread gave no answer.' };
      void worker.terminate();
      reject(reason.locked ? new StoreLockedError(folder) : new StoreError(reason.message));
    });
  });
}

/**
 * One batch is under way at a time; what is called meanwhile makes up the next one. So a single caller waits for one commit
 * only, and under load the batches grow by themselves with the time that the disk takes. The one after another leaves at the end of
 * its turn of the event loop: by then whoever has got a result has called again, and goes along.
 */
function createLink(worker: Worker, { onFailure }: SqliteStoreOptions) {
  let queue: PendingCall[] = [];
  let underWay: PendingCall[] = [];
  let scheduled = false;
  let failure: StoreError | undefined;
  let closing: Promise<void> | undefined;

  function flush(): void {
    scheduled = false;
    if (underWay.length > 0 || queue.length === 0) return;
    underWay = queue;
    queue = [];
    try {
      post(worker, { type: 'batch', calls: underWay.map(({ call }) => call) });
    } catch {
      underWay = rejectUnsendable(underWay);
      if (underWay.length > 0) post(worker, { type: 'batch', calls: underWay.map(({ call }) => call) });
    }
  }

  function fail(error: StoreError): void {
    if (failure) return;
    failure = error;
    const pending = [...underWay, ...queue];
    underWay = [];
    queue = [];
    for (const { reject } of pending) reject(error);
    onFailure?.(error);
  }

  worker.on('message', (message: FromThread) => {
    if (message.type !== 'results') return;
    const batch = underWay;
    underWay = [];
    scheduled = true;
    setImmediate(flush);
    for (const [index, call] of batch.entries()) settle(message.results[index], call);
  });
  worker.on('error', (error) => fail(threadFailure(error)));
  worker.on('exit', (code) => fail(new StoreError(`The database thread ended unexpectedly, with code ${code}.`)));

  const enqueue: Enqueue = (call) =>
    new Promise((resolve, reject) => {
      if (failure) return reject(failure);
      queue.push({ call, resolve, reject });
      if (scheduled || underWay.length > 0) return undefined;
      scheduled = true;
      queueMicrotask(flush);
      return undefined;
    });

  async function close(): Promise<void> {
    // What was called before comes first: batches are run in order, and nothing is called after.
    await enqueue({ name: 'stats', args: [], now: 0 }).catch(() => undefined);
    if (failure) return;
    failure = new StoreError('The database is closed.');
    await closeThread(worker);
  }

  return { enqueue, close: () => (closing ??= close()) };
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message);
}

/** Rejects the calls that cannot cross to the thread, because they hold a function for example, and returns the others. */
function rejectUnsendable(calls: readonly PendingCall[]): PendingCall[] {
  return calls.filter(({ call, reject }) => {
    try {
      structuredClone(call);
      return true;
    } catch (error) {
      reject(new StoreError(`The call ${call.name} cannot be handed to the database: ${describeError(error)}`, { cause: error }));
      return false;
    }
  });
}

function settle(result: WireResult | undefined, { resolve, reject }: PendingCall): void {
  if (result && 'value' in result) resolve(result.value);
  else reject(new StoreError(`The database refused: ${result?.error ?? 'no result'}`));
}

async function closeThread(worker: Worker): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    worker.on('message', (message: FromThread) => {
      if (message.type === 'closed') resolve();
    });
    worker.once('exit', () => resolve());
  });
  post(worker, { type: 'close' });
  await closed;
  await worker.terminate();
}

function threadFailure(error: unknown): StoreError {
  return new StoreError(`The database thread failed: ${describeError(error)}`, { cause: error });
}
