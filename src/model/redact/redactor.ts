import { fold } from '../../fold-text.ts';
import { createLinearPattern } from '../../linear-pattern.ts';
import type { RedactedKind } from '../../redacted-kinds.ts';
import type { Find } from './find.ts';
import { finders } from './kinds.ts';

export interface RedactorOptions {
  readonly kinds: readonly RedactedKind[];
  /** Regular expressions of the operator, by the name that stands in their placeholders. They go before the kinds. */
  readonly patterns: Readonly<Record<string, string>>;
}

/** A value that is to be taken out: the text as it stands there, and of which kind it is, as in `EMAIL`. */
export interface Sensitive {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

export type FindSensitive = (text: string) => readonly Sensitive[];

/** Finds all that is to be taken out of a text, in order. What several kinds find in part is one piece, so that nothing of either is left. */
export function createRedactor({ kinds, patterns }: RedactorOptions): FindSensitive {
  const own = Object.entries(patterns).map(([name, source]): readonly [string, Find] => {
    const pattern = createLinearPattern(source);
    return [name, (text) => pattern.covered(text)];
  });
  const all = [...own, ...finders.filter(([kind]) => kinds.includes(kind))].map(
    ([name, find]) => [name.toUpperCase(), find] as const,
  );
  return (text) => {
    const folded = fold(text);
    const found = all.flatMap(([label, find], rank) =>
      [...find(folded.text)].map(({ start, end }) => ({ ...folded.span(start, end), label, rank })),
    );
    return merge(found);
  };
}

function merge(found: readonly (Sensitive & { readonly rank: number })[]): readonly Sensitive[] {
  const merged: (Sensitive & { readonly rank: number })[] = [];
  for (const each of found.toSorted((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last && each.start < last.end) {
      const { label, rank } = each.rank < last.rank ? each : last;
      merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, each.end), label, rank };
    } else {
      merged.push(each);
    }
  }
  return merged;
}
