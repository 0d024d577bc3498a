/**
 * Scripts that write words without spaces between them, or, as Korean, with endings that are no part of the word. Marks of Thai belong to it,
 * and so does the sign that prolongs a vowel in Katakana. Each as the inside of a class of characters.
 */
const scripts = [
  String.raw`\p{Script=Han}`,
  String.raw`\p{Script=Katakana}ー`,
  String.raw`\p{Script=Hiragana}`,
  String.raw`\p{Script=Hangul}`,
  String.raw`\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}`,
];
/** All of them. */
export const unspacedCharacters = scripts.join('');

const runs = new RegExp(scripts.map((script) => `[${script}]+`).join('|'), 'gu');
const anyRun = new RegExp(runs.source, 'u');
const dictionaryScript = /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** As wide as an ideograph, or half as wide as Katakana is elsewhere: other characters, but the same words. */
const otherWidth = /[\uff01-\uff5e\uff65-\uff9f]/;

/** Made with the first text that needs it: it loads a dictionary. */
let segmenter: Intl.Segmenter | undefined;

export function isUnspaced(text: string): boolean {
  return anyRun.test(text) || otherWidth.test(text);
}

/** The words of a text with such scripts: `toSpaced` reads what lies between their runs. */
export function* toUnspacedWords(text: string, toSpaced: (text: string) => Iterable<string>): Generator<string> {
  const plain = text.normalize('NFKC');
  let at = 0;
  for (const { 0: run, index } of plain.matchAll(runs)) {
    yield* toSpaced(plain.slice(at, index));
    yield* dictionaryScript.test(run) ? toDictionaryWords(run) : toPairs(run);
    at = index + run.length;
  }
  yield* toSpaced(plain.slice(at));
}

/** Without their marks: the index would begin a new word at each. */
function* toDictionaryWords(run: string): Generator<string> {
  segmenter ??= new Intl.Segmenter('th', { granularity: 'word' });
  for (const { segment } of segmenter.segment(run)) yield segment.replaceAll(/\p{M}/gu, '');
}

/** Each character with its neighbour, and one that has none by itself. Wherever a word begins in the run, its pairs are among these. */
function* toPairs(run: string): Generator<string> {
  const characters = Array.from(run);
  if (characters.length === 1) yield run;
  for (let at = 0; at + 1 < characters.length; at += 1) yield `${characters[at]}${characters[at + 1]}`;
}
