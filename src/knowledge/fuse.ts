import type { RankedPassage } from '../store/knowledge-store.ts';
import type { SimilarPassage } from './vectors.ts';

/** The constant of reciprocal rank fusion, as in the paper of Cormack, Clarke and Büttcher (2009): how little the first places stand out. */
const flatness = 60;

/**
 * One ranking out of two that cannot be compared: a passage counts 1 / (60 + its place) in each. Its score is then what it has of the best
 * one, in the ranking in which it does better: from 0 to 1.
 */
export function fuse(byWords: readonly RankedPassage[], bySense: readonly SimilarPassage[]): readonly RankedPassage[] {
  const fused = new Map<string, { passage: RankedPassage; weight: number; score: number }>();
  const add = (passage: RankedPassage, weight: number): void => {
    const key = JSON.stringify([passage.collection, passage.source, passage.position]);
    const known = fused.get(key);
    const score = Math.max(passage.score, known?.score ?? 0);
    fused.set(key, { passage, weight: weight + (known?.weight ?? 0), score });
  };
  const best = { words: byWords[0]?.score ?? 1, sense: bySense[0]?.similarity ?? 1 };
  for (const [place, passage] of byWords.entries())
    add({ ...passage, score: passage.score / best.words }, 1 / (flatness + place));
  for (const [place, { id: _, similarity, ...passage }] of bySense.entries())
    add({ ...passage, score: similarity / best.sense }, 1 / (flatness + place));
  return [...fused.values()]
    .toSorted((first, second) => second.weight - first.weight || second.score - first.score)
    .map(({ passage, score }) => ({ ...passage, score }));
}
