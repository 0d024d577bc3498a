import { hash } from 'node:crypto';
import { holdsAt, type Place, type PlaceRule } from '../place-rule.ts';

/** Where documents come from. Those of one source are a collection. */
export interface KnowledgeSource {
  readonly name: string;
  /** Where its documents may be seen: where one of the rules holds. Everywhere where it is left out. */
  readonly allow?: readonly PlaceRule[] | undefined;
  /** How old what is known of it may become. */
  readonly refreshMs: number;
  readonly content: SourceContent;
}

export type SourceContent =
  /** Absolute paths. */
  | { readonly type: 'folder'; readonly folder: string }
  | { readonly type: 'files'; readonly files: readonly string[] }
  | { readonly type: 'urls'; readonly urls: readonly string[] }
  /** Pages are fetched from the host of the sitemap alone. */
  | { readonly type: 'sitemap'; readonly sitemap: string; readonly maxPages: number }
  /** Answers of the own ledger that so many people found good, and nobody bad, of conversations where the rule holds. */
  | { readonly type: 'tickets'; readonly of: PlaceRule; readonly minGood: number };

/** The source that all may see. */
const commonSource = 'folder';

/**
 * The key of a source's documents: `docs#1f3a5c7e`, its name and what it is made of. A source that is made of something else from now on has
 * another collection, so that a new scope never shows what was read for the old one, not even while the new one is being read.
 */
export function collectionOf({ name, content }: Pick<KnowledgeSource, 'name' | 'content'>): string {
  return name === commonSource ? name : `${name}#${hash('sha256', JSON.stringify(identityOf(content))).slice(0, 8)}`;
}

/** The name of the source whose documents these are. */
export function nameOf(collection: string): string {
  return collection.replace(/#.*$/s, '');
}

function identityOf(content: SourceContent): unknown {
  if (content.type === 'folder') return ['folder', content.folder];
  if (content.type === 'files') return ['files', content.files];
  if (content.type === 'urls') return ['urls', content.urls];
  if (content.type === 'sitemap') return ['sitemap', content.sitemap];
  const { adapters, tenants, channels } = content.of;
  return ['tickets', adapters ?? null, tenants ?? null, channels ?? null, content.minGood];
}

/** The collections that may be seen at a place. Where no place is known, those that may be seen everywhere. */
export function visibleAt(sources: readonly Omit<KnowledgeSource, 'refreshMs'>[], place: Place | undefined): readonly string[] {
  return sources
    .filter(({ allow }) => allow === undefined || (place !== undefined && allow.some((rule) => holdsAt(rule, place))))
    .map(collectionOf);
}
