import type { Json } from './message.ts';

/** What people have set for one place (a channel, say) on the platform itself. */
export interface PlaceSettings {
  /** For the core: how it answers there. What is left out is as configured. */
  readonly profile: PlaceProfile;
  /** For the adapter, in its own terms. */
  readonly rules: Json;
}

/** In characters: more of it people may not set on a platform. */
export const maxPlaceInstructions = 3_000;
export const maxPlaceLanguage = 80;

export interface PlaceProfile {
  readonly instructions?: string;
  readonly language?: string;
  /** One that the configuration allows; what it no longer allows counts for nothing. */
  readonly model?: string;
}

/** Recorded for good: who set what, and when. */
export interface PlaceChange {
  /** Never the same within its adapter; a later one is greater. */
  readonly seq: number;
  readonly tenant: string;
  /** As the adapter names it. */
  readonly place: string;
  readonly settings: PlaceSettings;
  readonly author: { readonly id: string; readonly name: string };
  /** ms since 1970. */
  readonly at: number;
}

export interface NewPlaceChange extends Omit<PlaceChange, 'seq' | 'at'> {
  /** The same for every delivery of one submission. */
  readonly id: string;
  /** `seq` of the change that it was made from; 0 where nothing was set before. */
  readonly replaces: number;
}

/** `repeated`: recorded already. `stale`: somebody has changed the place since, and nothing has happened. */
export type PlaceChangeResult = 'saved' | 'repeated' | 'stale';

/** The events of a place with settings bear this as their profile; `base` is the name under which the configuration has it, if it does. */
export function toPlaceProfileName({ adapter, tenant, place, base }: PlaceProfileName): string {
  return [adapter, tenant, place, ...(base === undefined ? [] : [base])].join('/');
}

export interface PlaceProfileName {
  readonly adapter: string;
  readonly tenant: string;
  readonly place: string;
  readonly base?: string | undefined;
}

/** Undefined where it is the name of something else. */
export function parsePlaceProfileName(name: string): PlaceProfileName | undefined {
  const [adapter, tenant, place, base, ...rest] = name.split('/');
  if (!adapter || !tenant || !place || rest.length > 0) return undefined;
  return { adapter, tenant, place, base };
}

/** Names of profiles hold none of it next to another one: each part of them is there. */
const layerMark = '//';

/** A profile of several: of each thing the first that says it holds, as a channel goes before its server. */
export function layerProfileNames(names: readonly string[]): string {
  return names.join(layerMark);
}

export function splitProfileName(name: string): readonly string[] {
  return name.split(layerMark);
}
