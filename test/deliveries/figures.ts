import type { Campaign, MemorySample } from './campaign.ts';

/** By how much the memory grew, in KB for 1,000 deliveries: the slope of a line through the samples by least squares. */
export interface Growth {
  readonly heapKb: number;
  readonly rssKb: number;
}

/** What is loaded, compiled and cached once counts for nothing. */
const warmUpShare = 0.3;

export function growthOf(samples: readonly MemorySample[]): Growth {
  const warm = samples.slice(Math.floor(samples.length * warmUpShare));
  return { heapKb: slopeOf(warm, ({ heapMb }) => heapMb), rssKb: slopeOf(warm, ({ rssMb }) => rssMb) };
}

function slopeOf(samples: readonly MemorySample[], toMb: (sample: MemorySample) => number): number {
  const mean = (of: (sample: MemorySample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [meanSent, meanMb] = [mean(({ sent }) => sent), mean(toMb)];
  const above = samples.reduce((sum, sample) => sum + (sample.sent - meanSent) * (toMb(sample) - meanMb), 0);
  const below = samples.reduce((sum, { sent }) => sum + (sent - meanSent) ** 2, 0);
  return (above / below) * 1_000 * 1_024;
}

export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

export function renderCampaign({ tally, seed, seconds, samples, callbacks, modelCalls, problems }: Campaign): string {
  const { heapKb, rssKb } = growthOf(samples);
  const last = samples.at(-1);
  const line = (name: string, value: string): string => `${name.padEnd(34)} ${value}`;
  const kinds = (counts: ReadonlyMap<string, number>): string[] =>
    [...counts].toSorted(([a], [b]) => a.localeCompare(b)).map(([kind, count]) => line(`  ${kind}`, String(count)));
  const total = (counts: ReadonlyMap<string, number>): string => String([...counts.values()].reduce((sum, n) => sum + n, 0));
  const times = (values: readonly number[]): string =>
    [50, 95, 99, 99.9].map((percent) => `p${percent} ${percentile(values, percent).toFixed(1)}`).join(', ');
  return [
    line('deliveries', String(tally.sent)),
    line('accepted', String(tally.accepted)),
    line('came a second time', total(tally.duplicates)),
    ...kinds(tally.duplicates),
    line('hostile', total(tally.hostile)),
    ...kinds(tally.hostile),
    line('turns (model calls)', String(modelCalls)),
    line('callbacks', String(callbacks)),
    line('deliveries/s, each answered', (tally.sent / seconds).toFixed(0)),
    line('until acknowledged, ms', times(tally.ackMs)),
    line('until answered, ms', times(tally.answerMs)),
    line('heap, KB per 1,000 deliveries', `${heapKb.toFixed(1)} (${last?.heapMb.toFixed(1)} MB at the end)`),
    line('RSS, KB per 1,000 deliveries', `${rssKb.toFixed(1)} (${last?.rssMb.toFixed(1)} MB at the end)`),
    line('promises not kept', String(problems.length)),
    ...problems.slice(0, 20).map((problem) => `  ${problem}`),
    `seed ${seed}, ${seconds.toFixed(1)} s`,
  ].join('\n');
}
