import { parentPort, workerData } from 'node:worker_threads';
import { describeError, StoreLockedError } from '../../errors.ts';
import { openDatabase, type DatabaseOptions, type OpenedDatabase } from './database.ts';
import { createBatchRunner, type Call, type CallResult } from './use-cases.ts';

/**
 * The thread that holds the database: it may wait for the disk, so that the event loop never has to. It receives batches of
 * calls and answers each with their results, after the commit.
 */
export type ToThread = { readonly type: 'batch'; readonly calls: readonly Call[] } | { readonly type: 'close' };

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly locked: boolean; readonly message: string }
  | { readonly type: 'results'; readonly results: readonly WireResult[] }
  | { readonly type: 'closed' };

/** Errors cross the thread as text. */
export type WireResult = { readonly value: unknown } | { readonly error: string };

if (parentPort) serve(parentPort);

function serve(port: NonNullable<typeof parentPort>): void {
  const post = (message: FromThread): void => port.postMessage(message);
  const opened = open(post);
  if (!opened) return;
  const runBatch = createBatchRunner(opened.db);
  port.on('message', (message: ToThread) => {
    if (message.type === 'close') {
      opened.close();
      post({ type: 'closed' });
      port.close();
      return;
    }
    post({ type: 'results', results: runBatch(message.calls).map(toWire) });
  });
  post({ type: 'ready' });
}

function open(post: (message: FromThread) => void): OpenedDatabase | undefined {
  try {
    return openDatabase(workerData as DatabaseOptions); // given by client.ts
  } catch (error) {
    post({ type: 'failed', locked: error instanceof StoreLockedError, message: describeError(error) });
    return undefined;
  }
}

function toWire(result: CallResult): WireResult {
  return 'error' in result ? { error: describeError(result.error) } : result;
}
