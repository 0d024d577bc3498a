import type { KnowledgeStore, Passage, RankedPassage } from '../store/knowledge-store.ts';
import { toExcerpt } from './excerpt.ts';
import { fuse } from './fuse.ts';
import { detectLanguage } from './language.ts';
import { type Ranked, rankPassages } from './rank.ts';
import { mergeTerms, type Term, toMatch, toTerms } from './terms.ts';
import type { Vectors } from './vectors.ts';

export interface PassageQuery {
  readonly question: string;
  /** What the question may refer back to, newest first: what was asked before, what the last answer was about. */
  readonly context?: readonly string[] | undefined;
  /** Passages that have been quoted, newest first: a question like "And then?" is not answered with them again. */
  readonly quoted?: readonly { readonly source: string; readonly heading: string }[] | undefined;
  /** What may be seen; all where it is left out. */
  readonly collections?: readonly string[] | undefined;
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

/** How many of the nearest passages go into the ranking. */
const maxSimilar = 20;
/** A question with fewer words of its own is read together with what was asked before. */
const fewTerms = 3;
const manyTerms = 8;

/** Finds passages that answer a question, best first; none where nothing fits. By words, and by vectors where somebody looks for those. */
export function createKnowledgeSearch(
  store: Pick<KnowledgeStore, 'searchPassages'>,
  vectors?: Pick<Vectors, 'similar' | 'isBySpelling'>,
) {
  return async function searchKnowledge(query: PassageQuery, signal?: AbortSignal): Promise<readonly Finding[]> {
    signal?.throwIfAborted();
    const { question, context = [], quoted = [], collections } = query;
    const language = detectLanguage(question) ?? detectLanguage(context.join(' '));
    const asked = toTerms(question, { language });
    const earlier = context.slice(0, contextLength).map((text, age) => toTerms(text, { weight: contextWeight / 2 ** age }));
    const terms = mergeTerms([asked, ...earlier]);
    const match = toMatch(terms);
    if (match === undefined) return [];
    const allows = collections && (({ collection }: { readonly collection: string }) => collections.includes(collection));
    const [candidates, similar = []] = await Promise.all([
      store.searchPassages(match, maxCandidates, collections),
      vectors?.similar(
        toSimilarText(query, { asked, isBySpelling: vectors.isBySpelling }),
        { limit: maxSimilar, allows },
        signal,
      ),
    ]);
    signal?.throwIfAborted();
    const isNew = ({ source, heading }: Passage): boolean =>
      asked.length > 0 || !quoted.some((other) => other.source === source && other.heading === heading);
    const answers = rankPassages(candidates, { asked, terms, language, current: quoted[0]?.source }).filter(
      ({ isAnswer }) => isAnswer,
    );
    const byWords = answers.map(({ passage, score }) => ({ ...passage, score }));
    const isSpelt = vectors?.isBySpelling === true && isEnough(answers, asked);
    return (isSpelt || similar.length === 0 ? byWords : fuse(byWords, similar))
      .filter(isNew)
      .slice(0, maxFindings)
      .map((passage) => ({ ...passage, excerpt: toExcerpt(passage.text, asked.length > 0 ? asked : terms) }));
  };
}

/**
 * Whether words say it all, and the spelling of the question nothing more: where the best answer has every one of them, so that none is misspelt, or where
 * so many are asked that they are spelt like everything. Words know more: headings, subjects, what was talked about.
 */
function isEnough([best]: readonly Ranked<RankedPassage>[], asked: readonly Term[]): boolean {
  return best?.isWhole === true || asked.length > manyTerms;
}

interface Similarity {
  readonly asked: readonly Term[];
  readonly isBySpelling: boolean;
}

/** By spelling what was asked before would be found again, whatever is asked now: as by words, that is no answer. */
function toSimilarText({ question, context = [] }: PassageQuery, { asked, isBySpelling }: Similarity): string {
  const [before] = context;
  const needsContext = asked.length < (isBySpelling ? 1 : fewTerms);
  return before !== undefined && needsContext ? `${before}\n${question}` : question;
}
