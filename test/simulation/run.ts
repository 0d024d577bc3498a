import { parseArgs } from 'node:util';
import { catchMutant, drawFreshSeeds, findMutant, runCampaign } from './campaign.ts';
import type { Mutant } from './mutant.ts';
import { kindOf } from './revising.ts';
import { mutants } from './mutants.ts';
import { describeFailure, describeFailures, describeFigures } from './report.ts';
import { runSeed } from './world.ts';

const usage = `usage: npm run simulate -- [--seeds N] [--fresh N] [--seed S] [--mutant NAME]

  --seeds N      live the seeds 1 to N; from S on, together with --seed S
  --fresh N      and N seeds that nobody has lived yet
  --seed S       live this seed, and print everything that happens
  --mutant NAME  plant a bug, and look for the first of 300 seeds (or N) that finds it; "all" for every one of them
                 ${mutants.map(({ name }) => name).join('\n                 ')}

Without anything: what npm test does, 1,500 seeds, 300 fresh ones, and every bug.`;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    fresh: { type: 'string' },
    seed: { type: 'string' },
    mutant: { type: 'string' },
    help: { type: 'boolean' },
  },
});

if (values.help) console.log(usage);
else await main();

async function main(): Promise<void> {
  const { mutant } = values;
  const seed = toCount('seed', values.seed);
  const seeds = toCount('seeds', values.seeds);
  const fresh = toCount('fresh', values.fresh);
  const planted = mutant === undefined || mutant === 'all' ? undefined : findMutant(mutant);
  if (mutant !== undefined && mutant !== 'all' && !planted) fail(`There is no bug of the name ${mutant}.`);
  if (seed !== undefined && seeds === undefined) return replay(seed, planted);
  if (planted) return gate([planted], seeds ?? 300);
  if (mutant === 'all') return gate(mutants, seeds ?? 300);
  const isWhole = seed === undefined && seeds === undefined && fresh === undefined;
  await campaign({ from: seed ?? 1, count: seeds ?? (isWhole ? 1_500 : 0), fresh: fresh ?? (isWhole ? 300 : 0) });
  if (isWhole && process.exitCode === undefined) await gate(mutants, 300);
}

async function replay(seed: number, mutant: Mutant | undefined): Promise<void> {
  const startedAt = performance.now();
  const { violations, journal, figures } = await runSeed(seed, mutant);
  console.log(describeFailure({ seed, violations, journal: journal.lines() }, mutant?.name));
  console.log(`${describeFigures(figures, performance.now() - startedAt)} ${violations.length} violations.`);
  if (violations.length > 0) process.exitCode = 1;
}

async function campaign({ from, count, fresh }: { from: number; count: number; fresh: number }): Promise<void> {
  const drawn = drawFreshSeeds(fresh);
  if (fresh > 0) console.log(`fresh seeds ${drawn.from} to ${drawn.from + fresh - 1}`);
  const { figures, failures, wallMs } = await runCampaign([{ from, count }, drawn]);
  if (failures.length > 0) console.log(describeFailures(failures));
  console.log(`${describeFigures(figures, wallMs)} ${failures.length} seeds with violations.`);
  if (failures.length > 0) process.exitCode = 1;
}

async function gate(planted: readonly Mutant[], limit: number): Promise<void> {
  let caught = 0;
  for (const mutant of planted) {
    const found = await catchMutant(
      { ...mutant, seed: planted.length === 1 && kindOf(mutant.seed) === 0 ? 1 : mutant.seed },
      limit,
    );
    if (found) caught += 1;
    const what = found ? `seed ${found.seed}: ${found.violation.split('\n')[0]}` : `no seed of ${limit} finds it`;
    console.log(`${mutant.name.padEnd(34)} ${what}`);
  }
  console.log(`${caught} of ${planted.length} planted bugs caught.`);
  if (caught < planted.length) process.exitCode = 1;
}

function toCount(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 0) fail(`--${name} takes a whole number, not ${value}.`);
  return count;
}

function fail(problem: string): never {
  console.error(`${problem}\n\n${usage}`);
  process.exit(2);
}
