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
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: { folder, ...(name ? { name } : {}), exclusive } satisfies DatabaseOptions });
  await ready(worker, folder);
  const link = createLink(worker, options);
  return createStoreProxy({ clock: options.clock, enqueue: link.enqueue, close: link.close });
}

function ready(worker: Worker, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('error', (error) => reject(new StoreError(`The database thread failed: ${describeError(error)}`, { cause: error })));
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
 * only, and under load the batches grow by themselves with the time that the disk takes.
 */
function createLink(worker: Worker, { onFailure }: SqliteStoreOptions) {
  let queue: PendingCall[] = [];
  let underWay: PendingCall[] = [];
  let scheduled = false;
  let failure: StoreError | undefined;
  let onClosed: (() => void) | undefined;

  const post = (message: ToThread): void => worker.postMessage(message);

  function flush(): void {
    scheduled = false;
    if (underWay.length > 0 || queue.length === 0) return;
    underWay = queue;
    queue = [];
    post({ type: 'batch', calls: underWay.map(({ call }) => call) });
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
    if (message.type === 'closed') return onClosed?.();
    if (message.type !== 'results') return undefined;
    const batch = underWay;
    underWay = [];
    flush();
    for (const [index, { resolve, reject }] of batch.entries()) settle(message.results[index], { resolve, reject });
    return undefined;
  });
  worker.on('error', (error) => fail(new StoreError(`The database thread failed: ${describeError(error)}`, { cause: error })));
  worker.on('exit', () => fail(new StoreError('The database is closed.')));

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
    if (failure) return;
    await new Promise<void>((resolve) => {
      onClosed = resolve;
      worker.once('exit', () => resolve());
      post({ type: 'close' });
    });
    failure = new StoreError('The database is closed.');
    await worker.terminate();
  }

  return { enqueue, close };
}

function settle(result: WireResult | undefined, { resolve, reject }: Pick<PendingCall, 'resolve' | 'reject'>): void {
  if (result && 'value' in result) resolve(result.value);
  else reject(new StoreError(`The database refused: ${result?.error ?? 'no result'}`));
}
