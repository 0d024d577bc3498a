import { isGrammar, withoutGrammar } from './grammar.ts';
import { detectLanguage, isStopWord, type Language } from './language.ts';
import { isUnspaced } from './unspaced.ts';
import { stemOf, toWords } from './words.ts';

/** A word to look for. */
export interface Term {
  readonly word: string;
  /** What its inflected forms begin with. */
  readonly stem: string;
  /** How much finding it counts, from 0 to 1. */
  readonly weight: number;
}

/** Every term makes the search dearer, and a question that needs more of them is a document. */
const maxTerms = 16;

export interface TermOptions {
  readonly language?: Language | undefined;
  readonly weight?: number;
}

/** The words of a text that carry meaning, each once. */
export function toTerms(text: string, { language = detectLanguage(text), weight = 1 }: TermOptions = {}): readonly Term[] {
  const words = wordsOf(text.slice(0, 4_000)).filter((word) => word.length <= 60 && !isSingleLetter(word));
  const terms = new Map<string, Term>();
  for (const word of words) {
    if (isStopWord(word, language) || terms.size >= maxTerms) continue;
    const stem = stemOf(word, language ?? 'en');
    if (!terms.has(stem)) terms.set(stem, { word, stem, weight });
  }
  // "AI" is a word of grammar in Italian: where nothing else is asked, it is not one.
  return terms.size === 0 && language === undefined ? toTerms(text, { language: 'en', weight }) : [...terms.values()];
}

function wordsOf(text: string): readonly string[] {
  if (!isUnspaced(text)) return toWords(text);
  const words = toWords(withoutGrammar(text)).filter((word) => !isGrammar(word));
  const whole = words.filter((word) => !isSingleIdeograph(word));
  // What consists of nothing but grammar is asked for all the same.
  return [whole, words].find((some) => some.length > 0) ?? toWords(text);
}

/** A rest between two words of grammar. */
function isSingleIdeograph(word: string): boolean {
  return /^(?:\p{Script=Han}|\p{Script=Katakana}|\p{Script=Hangul})$/u.test(word);
}

/** A letter by itself, unless it is a whole word as in Chinese. */
function isSingleLetter(word: string): boolean {
  return word.length === 1 && /[\p{Script=Latin}\p{N}]/u.test(word);
}

/** All terms, each with the greatest weight that it has anywhere. */
export function mergeTerms(lists: readonly (readonly Term[])[]): readonly Term[] {
  const merged = new Map<string, Term>();
  for (const term of lists.flat()) {
    const known = merged.get(term.stem);
    if (!known || known.weight < term.weight) merged.set(term.stem, term);
  }
  return [...merged.values()];
}

/**
 * An FTS5 expression that finds passages with any of the terms. Every one is quoted: MATCH has a syntax of its own, in which an
 * apostrophe, a bracket or the word NOT of a question would be an error or an operator.
 */
export function toMatch(terms: readonly Term[]): string | undefined {
  if (terms.length === 0) return undefined;
  return terms.map(({ word, stem }) => (isPrefix(stem, word) ? `"${stem}" *` : `"${word}"`)).join(' OR ');
}

/** How well a word of a text matches: 1 for the same word, less for another form of it, 0 for another word. */
export function matchQuality({ word, stem }: Term, candidate: string): number {
  if (candidate === word) return 1;
  return isPrefix(stem, word) && candidate.startsWith(stem) && candidate.length <= stem.length + 7 ? 0.8 : 0;
}

/** A short word would be the beginning of too many others; a single ideograph is that of the pairs which have it. */
function isPrefix(stem: string, word: string): boolean {
  return stem.length >= 4 || stem !== word || isSingleIdeograph(word);
}
