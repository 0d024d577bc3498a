import type { Figures } from './figures.ts';
import type { Failure } from './shard.ts';

const number = new Intl.NumberFormat('en');

/** What the runs consisted of, and what they have shown. */
export function describeFigures(figures: Figures, wallMs: number): string {
  const counted = (value: number, what: string): string => `${number.format(value)} ${what}`;
  const did = [
    counted(figures.seeds, 'seeds'),
    counted(figures.messages, 'messages'),
    counted(figures.steps, 'places to crash'),
    counted(figures.crashes, 'crashes'),
    counted(figures.stalls, 'stalls'),
    counted(figures.stops, 'orderly stops'),
    counted(figures.redeliveries, 'redeliveries'),
    counted(figures.overtakings, 'follow-ups before their mention'),
    counted(figures.modelCalls, 'model calls'),
    counted(figures.modelFailures, 'of them failed'),
    counted(figures.requests, 'requests to platforms'),
    counted(figures.lostRequests, 'requests lost'),
    counted(figures.lostAnswers, 'answers lost'),
    counted(figures.refusals, 'refusals'),
    counted(figures.answersStopped, 'stops of answers'),
    counted(figures.latePresses, 'too late'),
    counted(figures.strangersPresses, 'by strangers'),
    counted(figures.replies, 'answers'),
    counted(figures.notices, 'notices'),
    counted(figures.deadLetters, 'dead letters'),
  ].join(', ');
  const time = `${(figures.virtualMs / 3_600_000).toFixed(1)} virtual hours in ${(wallMs / 1_000).toFixed(1)} s`;
  const { lateWrites, second, begun, overwritten, remains } = figures;
  const stayed = `${second} second messages, ${begun} beginnings and ${overwritten} overwritten answers stayed`;
  const late = `Because of ${number.format(lateWrites)} writes without a lease ${stayed}`;
  return `${did}, ${time}. ${late}; so did ${remains} beginnings whose question was deleted or whose answer is dead.`;
}

/** For the person who has to find out why: what is wrong, everything that happened, and how to see it again. */
export function describeFailure({ seed, violations, journal }: Failure, mutant?: string): string {
  const replay = `npm run simulate -- --seed ${seed}${mutant === undefined ? '' : ` --mutant ${mutant}`}`;
  const what = violations.map((violation) => `  - ${violation}`).join('\n');
  return `${journal.join('\n')}\n\nseed ${seed}:\n${what}\nsee it again: ${replay}`;
}

/** The first one whole, and of the others only what is wrong first. */
export function describeFailures(failures: readonly Failure[]): string {
  const [first, ...others] = failures.toSorted((one, other) => one.seed - other.seed);
  if (!first) return '';
  return [describeFailure(first), ...others.map(({ seed, violations }) => `seed ${seed}: ${violations[0]}`)].join('\n');
}
