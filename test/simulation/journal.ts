import { hash } from 'node:crypto';

/** What happened, for whoever has to understand a failing seed, and to tell whether two runs were the same. */
export interface Journal {
  note(who: string, what: string, detail?: string): void;
  /** Readable, one event a line. */
  lines(): string[];
  /** Of everything noted. */
  digest(): string;
}

interface Entry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
  readonly detail: string;
}

export function createJournal(now: () => number): Journal {
  const startedAt = now();
  const entries: Entry[] = [];
  const lines = (): string[] => entries.map((entry) => toLine(entry, startedAt));
  return {
    note: (who, what, detail = '') => entries.push({ at: now(), who, what, detail }),
    lines,
    digest: () => hash('sha256', lines().join('\n')),
  };
}

/** The id in a notice is the only thing in a run that is not drawn from the seed. */
const errorId = /under the id [2-9a-z]{1,8}/g;

function toLine({ at, who, what, detail }: Entry, startedAt: number): string {
  const seconds = ((at - startedAt) / 1000).toFixed(3).padStart(8);
  return `${seconds}  ${who.padEnd(9)} ${what.padEnd(22)} ${detail.replaceAll(errorId, 'under the id ...')}`.trimEnd();
}
