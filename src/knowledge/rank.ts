import type { RankedPassage } from '../store/knowledge-store.ts';
import { detectLanguage, isStopWord, type Language } from './language.ts';
import { matchQuality, type Term } from './terms.ts';
import { toWords } from './words.ts';

export interface Ranked<T> {
  readonly passage: T;
  readonly score: number;
  /** Whether the passage has enough of what was asked to be an answer. */
  readonly isAnswer: boolean;
  /** Whether it has all that was asked. */
  readonly isWhole: boolean;
}

export interface RankOptions {
  /** The question's own terms, which a passage must have. */
  readonly asked: readonly Term[];
  /** All terms, those of the conversation included. */
  readonly terms: readonly Term[];
  /** Of the question: passages in the same language are preferred. */
  readonly language: Language | undefined;
  /** The document that the conversation is about. */
  readonly current: string | undefined;
}

/** What a hit counts: in the last heading, which says what the passage is about, in those above it, and in the text. */
const weights = { heading: 3, ancestors: 1.5, text: 1.5 } as const;

/** As if there were at least so many passages: in a handful, every word would look common. */
const leastPassages = 60;

/**
 * The index ranks by how rare a term is in all documents, every term alike. Here terms weigh differently (what is asked now, what was
 * asked before), a passage about a thing beats one that mentions it, and saying a word more often counts less each time.
 */
export function rankPassages<T extends RankedPassage>(candidates: readonly T[], options: RankOptions): readonly Ranked<T>[] {
  const { asked, terms, language, current } = options;
  const hits = candidates.map((passage) => hitsOf(passage, terms));
  const subjects = terms.map((_, index) => hits.some(({ title }) => title[index]));
  const namesSubject = terms.some((term, index) => subjects[index] && asked.includes(term));
  const rarity = terms.map((_, index) => rarityOf(hits.filter((row) => (row.scores[index] ?? 0) > 0).length, candidates.length));
  const ranked = candidates.map((passage, row): Ranked<T> => {
    const found = hits[row] ?? { scores: [], title: [], heading: [] };
    let score = 0;
    for (const [index, term] of terms.entries()) score += (found.scores[index] ?? 0) * (rarity[index] ?? 0) * term.weight;
    if (passage.position === 0) score *= bonus.introduction;
    if (passage.source === current && !namesSubject) score *= bonus.current;
    if (language && detectLanguage(passage.text) === language) score *= bonus.language;
    const onSubject = subjects.some((isSubject, index) => isSubject && (found.title[index] || found.heading[index]));
    const least = onSubject ? leastCoverage.onSubject : leastCoverage.elsewhere;
    const covered = coverage(found.scores, rarity, options);
    return { passage, score, isAnswer: covered >= least, isWhole: covered > 0.999 };
  });
  return ranked.toSorted((first, second) => second.score - first.score || comparePlace(first.passage, second.passage));
}

const bonus = {
  /** A document begins with what matters most. */
  introduction: 1.15,
  /** A question that names no subject stays with the one that was talked about. */
  current: 1.4,
  /** Of two passages on one thing in two languages, the one that the reader understands. */
  language: 1.6,
} as const;

/**
 * Below this part of what was asked, rare words counting more, a passage shares words with a question without answering it. What
 * documents are named after is a subject: a passage under such a heading may have less, because the question has found its place.
 */
const leastCoverage = { onSubject: 0.22, elsewhere: 0.5 } as const;

/** What was asked is a part of the terms; a passage that has only words of the conversation before is no answer. */
function coverage(scores: readonly number[], rarity: readonly number[], { asked, terms }: RankOptions): number {
  if (asked.length === 0) return 1;
  let found = 0;
  let all = 0;
  for (const [index, { stem }] of terms.entries()) {
    if (!asked.some((term) => term.stem === stem)) continue;
    all += rarity[index] ?? 0;
    if ((scores[index] ?? 0) > 0) found += rarity[index] ?? 0;
  }
  return found / all;
}

/** Logarithmic; a word that no passage has counts as if one had it. */
function rarityOf(found: number, candidates: number): number {
  const passages = Math.max(candidates, leastPassages);
  const having = Math.max(found, 1);
  return Math.log(1 + (passages - having + 0.5) / (having + 0.5));
}

/** Of each term. */
interface Hits {
  readonly scores: readonly number[];
  /** Whether the title of the document has it, and the heading of the passage. */
  readonly title: readonly boolean[];
  readonly heading: readonly boolean[];
}

function hitsOf(passage: RankedPassage, terms: readonly Term[]): Hits {
  const path = passage.heading.split(' › ').map(toWords);
  const heading = path.at(-1) ?? [];
  const ancestors = path.slice(0, -1).flat();
  const text = toWords(passage.text);
  // In a short heading a word is more of what it says.
  const length = heading.filter((word) => !isStopWord(word, undefined)).length;
  const headingWeight = weights.heading / Math.max(length, 1) ** 0.3;
  const scores = terms.map((term) => {
    const inText = text.reduce((total, word) => total + matchQuality(term, word), 0);
    return (
      Math.max(headingWeight * best(heading, term), weights.ancestors * best(ancestors, term)) +
      (weights.text * inText) / (inText + 0.5)
    );
  });
  const isIn = (words: readonly string[]) => terms.map((term) => best(words, term) > 0);
  return { scores, title: isIn(path[0] ?? []), heading: isIn(heading) };
}

function best(words: readonly string[], term: Term): number {
  return Math.max(0, ...words.map((word) => matchQuality(term, word)));
}

function comparePlace(first: RankedPassage, second: RankedPassage): number {
  if (first.collection !== second.collection) return first.collection < second.collection ? -1 : 1;
  if (first.source !== second.source) return first.source < second.source ? -1 : 1;
  return first.position - second.position;
}
