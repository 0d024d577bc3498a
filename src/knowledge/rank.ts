import type { RankedPassage } from '../store/store.ts';
import { detectLanguage, type Language } from './language.ts';
import { matchQuality, type Term } from './terms.ts';
import { toWords } from './words.ts';

export interface Ranked<T> {
  readonly passage: T;
  readonly score: number;
  /** The part of the question's terms that the passage has, from 0 to 1; 1 when there are none. */
  readonly coverage: number;
}

export interface RankOptions {
  /** The question's own terms, which a passage must have. */
  readonly asked: readonly Term[];
  /** All terms, those of the conversation included. */
  readonly terms: readonly Term[];
  /** Of the question: passages in the same language are preferred. */
  readonly language: Language | undefined;
}

/** A hit in the last heading says what the passage is about, one in those above it only what its surroundings are about. */
const weights = { heading: 3, ancestors: 1.5, text: 1 } as const;

/**
 * The index ranks by how rare a term is in all documents, every term alike. Here terms weigh differently (what is asked now, what was
 * asked before), a passage about a thing beats one that mentions it, and the same word counts only once it has been said.
 */
export function rankPassages<T extends RankedPassage>(
  candidates: readonly T[],
  { asked, terms, language }: RankOptions,
): readonly Ranked<T>[] {
  const hits = candidates.map((passage) => terms.map((term) => hitOf(passage, term)));
  const rarity = terms.map((_, index) => {
    const found = hits.filter((row) => (row[index] ?? 0) > 0).length;
    return Math.log(1 + (candidates.length - found + 0.5) / (found + 0.5));
  });
  const ranked = candidates.map((passage, row): Ranked<T> => {
    const found = hits[row] ?? [];
    let score = 0;
    for (const [index, term] of terms.entries()) score += (found[index] ?? 0) * (rarity[index] ?? 0) * term.weight;
    score *= 1 + 0.2 / (1 + passage.position);
    if (language && detectLanguage(passage.text) === language) score *= 1.3;
    const covered = asked.filter((term) => (found[terms.findIndex(({ stem }) => stem === term.stem)] ?? 0) > 0).length;
    return { passage, score, coverage: asked.length === 0 ? 1 : covered / asked.length };
  });
  return ranked.toSorted((first, second) => second.score - first.score || comparePlace(first.passage, second.passage));
}

function comparePlace(first: RankedPassage, second: RankedPassage): number {
  if (first.source !== second.source) return first.source < second.source ? -1 : 1;
  return first.position - second.position;
}

function hitOf(passage: RankedPassage, term: Term): number {
  const path = passage.heading.split(' › ');
  const last = path.pop() ?? '';
  const text = sum(passage.text, term);
  return weights.heading * best(last, term) + weights.ancestors * best(path.join(' '), term) + (weights.text * text) / (text + 1);
}

function best(text: string, term: Term): number {
  return Math.max(0, ...toWords(text).map((word) => matchQuality(term, word)));
}

function sum(text: string, term: Term): number {
  return toWords(text).reduce((total, word) => total + matchQuality(term, word), 0);
}
