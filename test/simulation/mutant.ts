import type { Adapter } from '../../src/adapter.ts';
import type { OpenedDatabase } from '../../src/store/sqlite/database.ts';
import type { Store } from '../../src/store/store.ts';
import type { SimulatedProcess } from './process.ts';

/** A bug that is planted to see whether the simulation finds it. */
export interface Mutant {
  readonly name: string;
  /** A seed that has found it, to begin with. */
  readonly seed: number;
  readonly plant: (tools: MutantTools) => Planted;
}

export interface MutantTools {
  readonly db: OpenedDatabase['db'];
  readonly now: () => number;
}

/** What a bug changes; of one run. */
export interface Planted {
  /** The store as one process has it. */
  readonly store?: (store: Store, process: SimulatedProcess) => Store;
  /** The store where it is: what this does to the database at once is one transaction with the call. */
  readonly ledger?: (store: Store) => Store;
  readonly adapter?: (adapter: Adapter) => Adapter;
}
