import { parseJson } from '../json.ts';
import { checkSource, knowledgeSource, sourceName, type KnowledgeSourceSettings } from './knowledge.ts';

/** A source that was not written in the configuration, by the same rules; `problems` say what is wrong with it. */
export function parseAddedSource(
  name: string,
  settings: unknown,
): { readonly source: KnowledgeSourceSettings } | { readonly problems: readonly string[] } {
  const named = sourceName.safeParse(name);
  if (!named.success) return { problems: [`NAME ${named.error.issues[0]?.message ?? 'cannot be used'}`] };
  const parsed = knowledgeSource.safeParse(typeof settings === 'string' ? parseJson(settings) : settings);
  if (!parsed.success) return { problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) };
  const conflicts = checkSource(name, parsed.data);
  if (conflicts.length > 0) return { problems: conflicts.map(({ path, what }) => `${[name, ...path].join('.')} ${what}`) };
  return { source: parsed.data };
}
