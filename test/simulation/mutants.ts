import type { Adapter } from '../../src/adapter.ts';
import type { OpenedDatabase } from '../../src/store/sqlite/database.ts';
import type { Store } from '../../src/store/store.ts';
import type { SimulatedProcess } from './process.ts';

/** A bug that is planted to see whether the simulation finds it. */
export interface Mutant {
  readonly name: string;
  /** A seed that is known to find it, to begin with. */
  readonly seed: number;
  /** Changes the store as one process has it. */
  readonly store?: (store: Store, process: SimulatedProcess) => Store;
  /** Changes the store where it is. */
  readonly ledger?: (store: Store, db: OpenedDatabase['db'], now: () => number) => Store;
  readonly adapter?: (adapter: Adapter) => Adapter;
}
