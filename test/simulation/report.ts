import type { Figures } from './figures.ts';
import type { Failure } from './shard.ts';

const number = new Intl.NumberFormat('en');

/** What the runs consisted of, and what they have shown. */
export function describeFigures(figures: Figures, wallMs: number): string {
  const counted = (value: number, what: string): string => `${number.format(value)} ${what}`;
  const did = [
    counted(figures.seeds, 'seeds'),
    counted(figures.messages, 'messages'),
    counted(figures.crashes, 'crashes'),
    counted(figures.stalls, 'stalls'),
    counted(figures.stops, 'orderly stops'),
    counted(figures.redeliveries, 'redeliveries'),
    counted(figures.modelCalls, 'model calls'),
    counted(figures.modelFailures, 'of them failed'),
    counted(figures.requests, 'requests to platforms'),
    counted(figures.lostRequests, 'requests lost'),
    counted(figures.lostAnswers, 'answers lost'),
    counted(figures.refusals, 'refusals'),
    counted(figures.replies, 'answers'),
    counted(figures.notices, 'notices'),
    counted(figures.deadLetters, 'dead letters'),
  ].join(', ');
  const time = `${(figures.virtualMs / 3_600_000).toFixed(1)} virtual hours in ${(wallMs / 1_000).toFixed(1)} s`;
  const late = `${figures.lateWrites} writes without a lease, of which ${figures.lateResidue} could not be taken back`;
  return `${did}, ${time}. ${late}; ${figures.remains} beginnings of answers remained whose question was deleted or that are dead.`;
}

/** For the person who has to find out why: what is wrong, everything that happened, and how to see it again. */
export function describeFailure({ seed, violations, journal }: Failure, mutant?: string): string {
  const replay = `npm run simulate -- --seed ${seed}${mutant === undefined ? '' : ` --mutant ${mutant}`}`;
  const what = violations.map((violation) => `  - ${violation}`).join('\n');
  return `${journal.join('\n')}\n\nseed ${seed}:\n${what}\nsee it again: ${replay}`;
}
