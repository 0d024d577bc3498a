import { isUnspaced, toUnspacedWords } from './unspaced.ts';

/**
 * The words of a text as the full-text index sees them: lower case, without diacritics, letters and digits only. Of scripts that put no
 * spaces between words they are pairs of characters, or words of a dictionary, which the index is given beside the text.
 */
export function toWords(text: string): readonly string[] {
  return isUnspaced(text) ? [...toUnspacedWords(text, toSpacedWords)] : toSpacedWords(text);
}

/** What the index has to be given beside the text, as a text; empty where it sees every word by itself. */
export function toIndexWords(text: string): string {
  return isUnspaced(text) ? [...new Set(toUnspacedWords(text, toSpacedWords))].join(' ') : '';
}

function toSpacedWords(text: string): readonly string[] {
  return fold(text).match(/[\p{Script=Latin}\p{N}]+|[\p{L}\p{Co}]+/gu) ?? [];
}

/** Lower case and without diacritics: `Größe` and `grosse` stay two words, `café` and `cafe` become one. */
function fold(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** Endings that inflection and derivation put on words, longest first. What is left begins the other forms of the word as well. */
const endings: Readonly<Record<string, readonly string[]>> = {
  en: [
    'ications',
    'ability',
    'ication',
    'ations',
    'ation',
    'able',
    'ings',
    'ions',
    'ing',
    'ion',
    'ied',
    'ies',
    'ed',
    'es',
    's',
    'y',
    'e',
  ],
  de: ['ungen', 'ung', 'en', 'et', 'er', 'em', 'es', 'st', 'e', 'n', 's', 't'],
  fr: ['ations', 'ation', 'ements', 'ement', 'ons', 'ent', 'er', 'ez', 'es', 'e', 's'],
  es: ['aciones', 'acion', 'ando', 'ar', 'er', 'ir', 'os', 'as', 'es', 'o', 'a', 's'],
  it: ['azioni', 'azione', 'ando', 'are', 'ere', 'ire', 'i', 'e', 'o', 'a'],
  pt: ['acoes', 'acao', 'ando', 'ar', 'er', 'ir', 'os', 'as', 'es', 'o', 'a', 's'],
  nl: ['ingen', 'ing', 'en', 'e', 's', 't'],
};

const shortestStem = 4;

/** The beginning that a word has in common with its inflected forms: `verified` and `verification` have `verif`. Not a word by itself. */
export function stemOf(word: string, language: string): string {
  if (/\d/.test(word)) return word;
  for (const ending of endings[language] ?? []) {
    if (word.endsWith(ending) && word.length - ending.length >= shortestStem) return word.slice(0, -ending.length);
  }
  return language === 'en' && word.length === shortestStem && word.endsWith('s') ? word.slice(0, -1) : word;
}
