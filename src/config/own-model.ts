import type { Settings } from './schema.ts';

type ModelSettings = Pick<Settings['model'], 'provider' | 'fallback' | 'openai' | 'providers'>;

/** The model of a place: a provider by its name, or another model of the provider that answers elsewhere. */
export function toOwnModel<Model extends ModelSettings>(model: Model, name: string): Model {
  const { provider, fallback, openai, providers } = model;
  const own = providers[provider];
  if (Object.hasOwn(providers, name)) return { ...model, provider: name, fallback: fallback.filter((each) => each !== name) };
  if (own) return { ...model, providers: { ...providers, [provider]: { ...own, model: name } } };
  return { ...model, openai: { ...openai, model: name } };
}
