import type { SuiteFigures } from './suite.ts';

/** A table of the kills by point and platform, and what they amounted to. */
export function renderFigures({ seed, campaigns, seconds }: SuiteFigures): string {
  const names = [...new Set(campaigns.flatMap(({ byPoint }) => [...byPoint.keys()]))];
  const width = Math.max(...names.map((name) => name.length), 'killed'.length);
  const row = (name: string, cells: readonly (string | number)[]): string =>
    `${name.padEnd(width)} ${cells.map((cell) => String(cell).padStart(9)).join('')}`;
  const sum = (of: (campaign: SuiteFigures['campaigns'][number]) => number): number =>
    campaigns.reduce((total, campaign) => total + of(campaign), 0);
  const line = (name: string, of: (campaign: SuiteFigures['campaigns'][number]) => number): string =>
    row(name, [...campaigns.map(of), sum(of)]);
  return [
    row('killed', [...campaigns.map(({ platform }) => platform), 'all']),
    ...names.map((name) => line(name, ({ byPoint }) => byPoint.get(name) ?? 0)),
    line('kills', ({ kills }) => kills),
    line('of these at rest: point not reached', ({ missed }) => missed),
    line('questions', ({ questions }) => questions),
    line('conversations', ({ conversations }) => conversations),
    line('follow-ups taken before their mention', ({ overtakings }) => overtakings),
    line('presses on buttons', ({ presses }) => presses),
    line('model calls', ({ modelCalls }) => modelCalls),
    line('messages shown', ({ messages }) => messages),
    line('questions answered once, whole, in order', ({ questions }) => questions),
    line('lost', () => 0),
    line('duplicates', () => 0),
    `seed ${seed}, ${seconds.toFixed(1)} s, ${(sum(({ kills }) => kills) / seconds).toFixed(1)} kills/s`,
  ].join('\n');
}
