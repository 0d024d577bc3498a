import type { Config } from '../config.ts';

/** The model of a place: a provider by its name, or another model of the provider that answers elsewhere. */
export function toOwnModel(model: Config['model'], name: string): Config['model'] {
  const { provider, fallback, openai, providers } = model;
  const own = providers[provider];
  if (Object.hasOwn(providers, name)) return { ...model, provider: name, fallback: fallback.filter((each) => each !== name) };
  if (own) return { ...model, providers: { ...providers, [provider]: { ...own, model: name } } };
  return { ...model, openai: { ...openai, model: name } };
}
