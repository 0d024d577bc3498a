/** The candidate that was probably meant, or undefined when none is near. */
export function suggest(name: string, candidates: readonly string[]): string | undefined {
  const plain = simplify(name);
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain, simplify(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.ceil(plain.length / 3) ? best.candidate : undefined;
}

/** bot_token, bot-token and botToken are one name to whoever types it. */
function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[_\-\s]/g, '');
}

/** How many letters have to be put in, left out or replaced to make one text of the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(from).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(to).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
