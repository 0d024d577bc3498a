import { parseArgs } from 'node:util';
import { startFakes, type Fakes } from './fakes.ts';
import { createLoad, type Load, type Timing } from './load.ts';
import { startSubject, subjects, type Subject, type SubjectName } from './subject.ts';

/**
 * npm run bench [-- --rounds 3 --seconds 6 --in-flight 1000]
 *
 * Three bots, interleaved in rounds so that a machine that speeds up or slows down does so for all of them. The figure to compare is
 * events per second of CPU, and its ratio to the floor within the same round; wall-clock figures depend on who else uses the machine.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '100' },
    'in-flight': { type: 'string', default: '1000' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const rate = Number(values.rate);
const inFlight = Number(values['in-flight']);

interface Row {
  readonly subject: SubjectName;
  readonly figures: Readonly<Record<string, number>>;
}

const names = Object.keys(subjects) as SubjectName[]; // the keys of that very object
const fakes = await startFakes();
const rows: Row[] = [];
try {
  for (let round = 1; round <= rounds; round++) {
    for (const subject of names) {
      process.stdout.write(`round ${round} of ${rounds}: ${subjects[subject].label}\n`);
      rows.push({ subject, figures: await measure(subject, fakes) });
    }
  }
} finally {
  await fakes.close();
}
report(rows);

async function measure(name: SubjectName, to: Fakes): Promise<Record<string, number>> {
  const subject = await startSubject(name, to);
  const load = createLoad({ url: subject.url, fakes: to, conversations: 100_000 });
  try {
    to.latencyMs = 0;
    await closedLoop(load, { workers: 64, forMs: 2_000 });
    const full = await saturate(subject, load);
    to.latencyMs = 300;
    const steady = await openLoop(subject, load);
    const held = await holdInFlight(subject, load, to);
    return { 'start, ms': subject.startedMs, ...full, ...steady, ...held };
  } finally {
    await load.close();
    await subject.stop();
  }
}

/** Model latency 0: as many events as the bot can take with 64 in flight. */
async function saturate(subject: Subject, load: Load): Promise<Record<string, number>> {
  const before = await subject.sample();
  const from = performance.now();
  const timings = await closedLoop(load, { workers: 64, forMs: seconds * 1_000 });
  const elapsed = performance.now() - from;
  const after = await subject.sample();
  return {
    'events/s': (timings.length / elapsed) * 1_000,
    'events/CPU-s': (timings.length / (after.cpuMs - before.cpuMs)) * 1_000,
    'full load: ack p50, ms': percentile(timings, 'ackMs', 50),
    'full load: ack p99, ms': percentile(timings, 'ackMs', 99),
    'full load: answer p50, ms': percentile(timings, 'wholeMs', 50),
    'full load: answer p99, ms': percentile(timings, 'wholeMs', 99),
    'full load: loop delay p99, ms': after.loopDelayP99Ms,
  };
}

/** Model latency 300 ms, a fixed rate. */
async function openLoop(subject: Subject, load: Load): Promise<Record<string, number>> {
  await subject.sample();
  const pending: Promise<Timing>[] = [];
  const from = performance.now();
  while (performance.now() - from < seconds * 1_000) {
    const due = ((performance.now() - from) / 1_000) * rate;
    while (pending.length < due) pending.push(load.ask());
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const timings = await Promise.all(pending);
  const { loopDelayP99Ms } = await subject.sample();
  return {
    [`${rate}/s: ack p50, ms`]: percentile(timings, 'ackMs', 50),
    [`${rate}/s: ack p99, ms`]: percentile(timings, 'ackMs', 99),
    [`${rate}/s: first text after the model's, ms`]: percentile(timings, 'firstMs', 50) - 300,
    [`${rate}/s: answer after the model's p50, ms`]: percentile(timings, 'wholeMs', 50) - 300,
    [`${rate}/s: answer after the model's p99, ms`]: percentile(timings, 'wholeMs', 99) - 300,
    [`${rate}/s: loop delay p99, ms`]: loopDelayP99Ms,
  };
}

/** What a conversation costs while its model call is under way. */
async function holdInFlight(subject: Subject, load: Load, to: Fakes): Promise<Record<string, number>> {
  const before = await subject.sample(true);
  to.latencyMs = 8_000;
  const pending: Promise<Timing>[] = [];
  for (let n = 0; n < inFlight; n++) {
    pending.push(load.ask());
    if (n % 5 === 4) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const during = await subject.sample(true);
  await Promise.all(pending);
  return {
    'heap per conversation in flight, KB': ((during.heapMb - before.heapMb) * 1024) / inFlight,
    'RSS per conversation in flight, KB': ((during.rssMb - before.rssMb) * 1024) / inFlight,
    'RSS with them, MB': during.rssMb,
  };
}

async function closedLoop(load: Load, { workers, forMs }: { workers: number; forMs: number }): Promise<Timing[]> {
  const timings: Timing[] = [];
  const until = performance.now() + forMs;
  const work = async (): Promise<void> => {
    while (performance.now() < until) timings.push(await load.ask());
  };
  await Promise.all(Array.from({ length: workers }, work));
  return timings;
}

function percentile(timings: readonly Timing[], key: keyof Timing, percent: number): number {
  const sorted = timings.map((timing) => timing[key]).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

function report(all: readonly Row[]): void {
  const keys = Object.keys(all[0]?.figures ?? {});
  const width = Math.max(...keys.map((key) => key.length)) + 2;
  const line = (cells: readonly string[]): string =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(width) : cell.padStart(14))).join('');
  const of = (subject: SubjectName, key: string): number[] =>
    all.filter((row) => row.subject === subject).map(({ figures }) => figures[key] ?? Number.NaN);
  process.stdout.write(`\nMedians of ${rounds} rounds, ${seconds} s each\n${line(['', ...names])}\n`);
  for (const key of keys) process.stdout.write(`${line([key, ...names.map((name) => median(of(name, key)).toFixed(1))])}\n`);
  const ratio = (name: SubjectName): number =>
    median(of(name, 'events/CPU-s').map((value, round) => value / (of('floor', 'events/CPU-s')[round] ?? Number.NaN)));
  const ratios = names.map((name) => `${name} ${ratio(name).toFixed(2)}`).join(', ');
  process.stdout.write(`\nevents per CPU-second, ratio to the floor in the same round: ${ratios}\n`);
  process.stdout.write(`Parley to the tutorial app: ${(ratio('parley') / ratio('tutorial')).toFixed(2)}\n`);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
