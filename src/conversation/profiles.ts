import type { Model } from '../model/model.ts';
import { parsePlaceProfileName, splitProfileName, toPlaceProfileName } from '../place-settings.ts';
import type { PlaceProfile, PlaceProfileName } from '../place-settings.ts';
import type { Profile } from './profile.ts';

export interface ProfilesOptions {
  /** By the names that events bear, as in `slack/general`. */
  readonly configured: Readonly<Record<string, PlaceProfile>>;
  /** The models that people may choose beside, by adapter. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  readonly createModel: (name: string) => Promise<Model>;
}

export interface Profiles {
  /** The same object until something is set. */
  get(name: string): Profile | undefined;
  /** From now on. */
  set(place: PlaceProfileName, profile: PlaceProfile): void;
}

/** What is set for single places: by the operator, and over that, field by field, by people on the platform. Places with the same model share it. */
export async function createProfiles({ configured, models: allowed, createModel }: ProfilesOptions): Promise<Profiles> {
  const models = new Map<string, Model>();
  const named = Object.values(configured).map(({ model }) => model);
  for (const name of [...named, ...Object.values(allowed).flat()])
    if (name !== undefined && !models.has(name)) models.set(name, await createModel(name));
  const toProfile = ({ instructions, language, model }: PlaceProfile): Profile => ({
    instructions,
    language,
    model: model === undefined ? undefined : models.get(model),
  });
  const bases = new Map(Object.entries(configured).map(([name, profile]) => [name, toProfile(profile)]));
  const set = new Map<string, PlaceProfile>();
  const joined = new Map<string, Profile | undefined>();

  /** Each thing as the first layer has it that says it. */
  function joinLayers(names: readonly string[]): Profile | undefined {
    const layers = names.map(get).filter((layer) => layer !== undefined);
    if (layers.length < 2) return layers[0];
    const first = <Key extends keyof Profile>(key: Key): Profile[Key] => layers.find((layer) => layer[key] !== undefined)?.[key];
    return { instructions: first('instructions'), language: first('language'), model: first('model') };
  }

  function join(name: string): Profile | undefined {
    const layers = splitProfileName(name);
    if (layers.length > 1) return joinLayers(layers);
    const place = parsePlaceProfileName(name);
    if (!place) return undefined;
    const base = place.base === undefined ? undefined : bases.get(`${place.adapter}/${place.base}`);
    const own = set.get(toPlaceProfileName({ ...place, base: undefined }));
    if (!own) return base;
    const model = own.model !== undefined && allowed[place.adapter]?.includes(own.model) ? models.get(own.model) : undefined;
    return {
      instructions: own.instructions ?? base?.instructions,
      language: own.language ?? base?.language,
      model: model ?? base?.model,
    };
  }

  function get(name: string): Profile | undefined {
    if (bases.has(name)) return bases.get(name);
    if (!joined.has(name)) joined.set(name, join(name));
    return joined.get(name);
  }

  return {
    get,
    set: (place, profile) => {
      set.set(toPlaceProfileName({ ...place, base: undefined }), profile);
      joined.clear();
    },
  };
}
