import type { NewPlaceChange, PlaceChange, PlaceChangeResult } from '../place-settings.ts';

/** What people have set for places, on the platforms themselves. Every change stays; the newest of a place holds. */
export interface SettingStore {
  /** Records a change, once. Where the place was changed since `replaces`, nothing happens. */
  changePlace(change: NewPlaceChange & { readonly adapter: string }): Promise<PlaceChangeResult>;
  /** The newest change of each place, or all of them; newest first. */
  listPlaces(query: { readonly adapter: string; readonly all?: boolean }): Promise<readonly PlaceChange[]>;
}
