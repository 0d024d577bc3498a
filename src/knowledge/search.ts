import type { KnowledgeStore, RankedPassage } from '../store/knowledge-store.ts';
import { toExcerpt } from './excerpt.ts';
import { detectLanguage } from './language.ts';
import { rankPassages } from './rank.ts';
import { mergeTerms, toMatch, toTerms } from './terms.ts';

export interface KnowledgeQuery {
  readonly question: string;
  /** What the question may refer back to, newest first: what was asked before, what the last answer was about. */
  readonly context?: readonly string[] | undefined;
  /** Passages that have been quoted, newest first: a question like "And then?" is not answered with them again. */
  readonly quoted?: readonly { readonly source: string; readonly heading: string }[] | undefined;
}

export interface Finding extends RankedPassage {
  /** The part of the text that answers best. */
  readonly excerpt: string;
}

/** The newest context counts this much beside the question itself, and what lies before it each time half of that. */
const contextWeight = 0.45;
const contextLength = 4;

/** The index's own ranking decides which passages are looked at more closely. */
const maxCandidates = 60;
const maxFindings = 5;

/** Finds passages that answer a question, best first; none where nothing fits. */
export function createKnowledgeSearch(store: Pick<KnowledgeStore, 'searchPassages'>) {
  return async function searchKnowledge(query: KnowledgeQuery, signal?: AbortSignal): Promise<readonly Finding[]> {
    signal?.throwIfAborted();
    const { question, context = [], quoted = [] } = query;
    const language = detectLanguage(question) ?? detectLanguage(context.join(' '));
    const asked = toTerms(question, { language });
    const earlier = context.slice(0, contextLength).map((text, age) => toTerms(text, { weight: contextWeight / 2 ** age }));
    const terms = mergeTerms([asked, ...earlier]);
    const match = toMatch(terms);
    if (match === undefined) return [];
    const candidates = await store.searchPassages(match, maxCandidates);
    signal?.throwIfAborted();
    const isNew = ({ source, heading }: RankedPassage): boolean =>
      asked.length > 0 || !quoted.some((other) => other.source === source && other.heading === heading);
    return rankPassages(candidates, { asked, terms, language, current: quoted[0]?.source })
      .filter(({ passage, isAnswer }) => isAnswer && isNew(passage))
      .slice(0, maxFindings)
      .map(({ passage, score }) => ({ ...passage, score, excerpt: toExcerpt(passage.text, asked.length > 0 ? asked : terms) }));
  };
}
