import type { AdapterPlaces } from './adapter.ts';
import type { NewPlaceChange, PlaceChange, PlaceChangeResult } from './place-settings.ts';

export interface HeldPlaces {
  /** What has been set last. */
  get(tenant: string, place: string): PlaceChange | undefined;
  /** The places of the tenant for which something has ever been set. */
  placesOf(tenant: string): readonly string[];
  /** Loads what was set before this process. */
  load(): Promise<void>;
  /** Holds for the next message when it resolves. */
  change(change: NewPlaceChange): Promise<PlaceChangeResult>;
}

/** What people have set for places, held here: it is looked at with every message. */
export function holdPlaces(places: AdapterPlaces): HeldPlaces {
  let held = new Map<string, ReadonlyMap<string, PlaceChange>>();
  const load = async (): Promise<void> => {
    const byTenant = Map.groupBy(await places.list(), ({ tenant }) => tenant);
    held = new Map([...byTenant].map(([tenant, changes]) => [tenant, new Map(changes.map((each) => [each.place, each]))]));
  };
  return {
    get: (tenant, place) => held.get(tenant)?.get(place),
    placesOf: (tenant) => [...(held.get(tenant)?.keys() ?? [])],
    load,
    change: async (change) => {
      const result = await places.change(change);
      await load();
      return result;
    },
  };
}
