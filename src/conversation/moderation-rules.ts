import { fold } from '../fold-text.ts';
import { unspacedCharacters } from '../knowledge/unspaced.ts';
import { createLinearPattern } from '../linear-pattern.ts';

/** What is flagged as one category. */
export interface ModerationRule {
  /** Words and phrases, whatever their case. */
  readonly words: readonly string[];
  /** Regular expressions in linear time, whatever the case. */
  readonly patterns: readonly string[];
}

/** By their categories. */
export type ModerationRules = Readonly<Record<string, ModerationRule>>;

/** The category of the first rule that finds something in a text. */
export function createRuleCheck(rules: ModerationRules): (text: string) => string | undefined {
  const checks = Object.entries(rules).map(([category, { words, patterns }]) => {
    const word = words.length > 0 ? toWordPattern(words) : undefined;
    const own = patterns.map((source) => createLinearPattern(source, { ignoreCase: true }));
    return { category, flags: (text: string) => (word?.test(text) ?? false) || own.some((each) => each.test(text)) };
  });
  return (text) => {
    if (checks.length === 0) return undefined;
    // Marks are left out as a disguise, but those of a letter that is written as two characters belong to it: both are looked at.
    const readings = new Set([fold(text).text, fold(text.normalize('NFC')).text]);
    return checks.find(({ flags }) => [...readings].some(flags))?.category;
  };
}

/** Words as they stand, with any space between them: no more than their own length is looked at from any place of a text. */
function toWordPattern(words: readonly string[]): RegExp {
  const folded = words.map((word) => fold(word.trim().normalize('NFC')).text).filter((word) => word !== '');
  const [unspaced, spaced] = [
    folded.filter((word) => unspacedFirst.test(word)),
    folded.filter((word) => !unspacedFirst.test(word)),
  ];
  // What may not stand before is looked for once for all words: most places of a text are passed by with that.
  const ways = [
    ...unspaced.map(toLiteral),
    ...(spaced.length > 0 ? [`(?<!${letter})(?:${spaced.map(toLiteral).join('|')})`] : []),
  ];
  return new RegExp(ways.length > 0 ? ways.join('|') : '(?!)', 'iv');
}

const letter = String.raw`[[\p{L}\p{N}]--[${unspacedCharacters}]]`;
const unspacedFirst = new RegExp(`^[${unspacedCharacters}]`, 'u');
const unspacedLast = new RegExp(`[${unspacedCharacters}]$`, 'u');

/** Where words are written without spaces between them nothing tells that one ends. */
function toLiteral(word: string): string {
  const written = word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`).replaceAll(/\s+/g, String.raw`\s{1,4}`);
  return unspacedLast.test(word) ? written : `${written}(?!${letter})`;
}
