import type { AdapterInstallations, StoredInstallation } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';

/** Installations in a map, as the ledger keeps them. */
export function createMemoryInstallations(clock: Pick<Clock, 'now'>): AdapterInstallations & {
  readonly rows: Map<string, StoredInstallation>;
} {
  const rows = new Map<string, StoredInstallation>();
  return {
    rows,
    list: async () => [...rows.values()],
    find: async (id) => rows.get(id),
    save: async ({ id, data, replaces }) => {
      const known = rows.get(id);
      if (replaces !== undefined && known?.data !== replaces) return false;
      rows.set(id, { id, data, installedAt: replaces !== undefined && known ? known.installedAt : clock.now() });
      return true;
    },
  };
}
