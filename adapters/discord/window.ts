/**
 * Lets at most `count` things begin within any `perMs`. Each call takes the next free place, and says in how many ms that is.
 */
export function createWindow(
  { count, perMs }: { readonly count: number; readonly perMs: number },
  now: () => number,
): () => number {
  /** When the last `count` began or are to begin, oldest at `next`. */
  const begun = Array.from({ length: count }, () => Number.NEGATIVE_INFINITY);
  let next = 0;
  return () => {
    const at = Math.max(now(), (begun[next] ?? 0) + perMs);
    begun[next] = at;
    next = (next + 1) % count;
    return Math.max(0, at - now());
  };
}
