/** Where something stands that is to be taken out. */
export interface Found {
  readonly start: number;
  readonly end: number;
}

/** Finds all of its kind in a folded text, in time that grows with its length and no faster: texts are hostile. */
export type Find = (text: string) => Iterable<Found>;

/** All matches of an expression that is linear by the way it is written; the last group, where there is one, is what counts. */
export function* matchesOf(expression: RegExp, text: string): Generator<Found> {
  for (const match of text.matchAll(expression)) {
    const end = match.index + match[0].length;
    const value = match.length > 1 ? match.findLast((group, index) => index > 0 && group !== undefined) : undefined;
    yield { start: value === undefined ? match.index : end - value.length, end };
  }
}
