export interface CountedCalls {
  carriedOut(name: string): number;
  /** By name: those that have arrived, and of which nothing came. A call that is over a limit is one. */
  refused(): ReadonlyMap<string, number>;
  describe(): string;
}

/** Counts the calls that an emulated platform gets from now on. */
export function countCalls(onCall: (listener: (name: string, phase: 'before' | 'after') => void) => void): CountedCalls {
  const counts = { before: new Map<string, number>(), after: new Map<string, number>() };
  onCall((name, phase) => counts[phase].set(name, (counts[phase].get(name) ?? 0) + 1));
  const missing = (name: string): number => (counts.before.get(name) ?? 0) - (counts.after.get(name) ?? 0);
  return {
    carriedOut: (name) => counts.after.get(name) ?? 0,
    refused: () =>
      new Map([...counts.before.keys()].map((name) => [name, missing(name)] as const).filter(([, count]) => count > 0)),
    describe: () => [...counts.before].map(([name, count]) => `${name} ${count} (${missing(name)} not carried out)`).join(', '),
  };
}
