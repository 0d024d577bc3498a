import type { Clock } from '../../clock.ts';
import { describeError, StoreError } from '../../errors.ts';
import type { Store } from '../store.ts';
import type { OpenedDatabase } from './database.ts';
import { createStoreProxy } from './proxy.ts';
import { createBatchRunner } from './use-cases.ts';

/**
 * The same store without a thread: every call is its own transaction, done when it is made. For tools that make a few calls,
 * and for simulations in which several processes share one database in memory.
 */
export function createInProcessStore({ db, close }: OpenedDatabase, clock: Pick<Clock, 'now'>): Store {
  const run = createBatchRunner(db);
  return createStoreProxy({
    clock,
    enqueue: async (call) => {
      const [result] = run([call]);
      if (result && 'value' in result) return result.value;
      const error = result?.error;
      throw error instanceof StoreError
        ? error
        : new StoreError(`The database refused: ${describeError(error)}`, { cause: error });
    },
    close: async () => close(),
  });
}
