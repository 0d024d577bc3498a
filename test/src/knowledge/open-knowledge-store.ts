import { systemClock } from '../../../src/clock.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { Store } from '../../../src/store/store.ts';

/** The real ledger, on a database in memory. */
export function openKnowledgeStore(): Store {
  return createInProcessStore(openMemoryDatabase(), systemClock);
}
