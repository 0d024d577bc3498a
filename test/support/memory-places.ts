import type { AdapterPlaces } from '../../src/adapter.ts';
import type { NewPlaceChange, PlaceChange } from '../../src/place-settings.ts';

/** What people have set for places, in memory. */
export function createMemoryPlaces(): AdapterPlaces & { readonly changes: PlaceChange[] } {
  const changes: PlaceChange[] = [];
  const ids = new Set<string>();
  const newestOf = ({ tenant, place }: Pick<NewPlaceChange, 'tenant' | 'place'>): PlaceChange | undefined =>
    changes.findLast((change) => change.tenant === tenant && change.place === place);
  return {
    changes,
    list: async () => changes.filter((change) => newestOf(change) === change),
    change: async ({ id, replaces, ...change }) => {
      if (ids.has(id)) return 'repeated';
      if ((newestOf(change)?.seq ?? 0) !== replaces) return 'stale';
      ids.add(id);
      changes.push({ seq: changes.length + 1, at: 0, ...change });
      return 'saved';
    },
  };
}
