import { fold } from '../fold-text.ts';
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
    const folded = fold(text).text;
    return checks.find(({ flags }) => flags(folded))?.category;
  };
}

/** Words as they stand, with any space between them: no more than their own length is looked at from any place of a text. */
function toWordPattern(words: readonly string[]): RegExp {
  const literal = words.map((word) =>
    fold(word.trim())
      .text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
      .replaceAll(/\s+/g, String.raw`\s{1,4}`),
  );
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${literal.join('|')})(?![\\p{L}\\p{N}])`, 'iu');
}
