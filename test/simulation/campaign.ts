import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { addFigures, createFigures, type Figures } from './figures.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';
import { kindOf } from './revising.ts';
import type { Failure, Task, TaskReport } from './shard.ts';
import { runSeed } from './world.ts';

export interface CampaignResult {
  readonly figures: Figures;
  readonly failures: readonly Failure[];
  readonly wallMs: number;
}

const threads = 2;
const seedsPerTask = 20;
/** More of them do not tell more. */
const enoughFailures = 3;

/** Lives many seeds, on as many threads as the smallest machine has cores. */
export async function runCampaign(ranges: readonly Task[]): Promise<CampaignResult> {
  const startedAt = performance.now();
  const figures = createFigures();
  const failures: Failure[] = [];
  const tasks = ranges.flatMap(toTasks);

  async function work(): Promise<void> {
    const thread = new Worker(new URL('./shard.ts', import.meta.url));
    const broken = once(thread, 'error').then(([error]) => Promise.reject(error as Error)); // what the thread died of
    broken.catch(() => undefined);
    try {
      for (let task = tasks.shift(); task && failures.length < enoughFailures; task = tasks.shift()) {
        thread.postMessage(task);
        const [report] = (await Promise.race([once(thread, 'message'), broken])) as [TaskReport]; // the answer of shard.ts
        addFigures(figures, report.figures);
        failures.push(...report.failures);
      }
    } finally {
      await thread.terminate();
    }
  }

  await Promise.all(Array.from({ length: threads }, work));
  return { figures, failures, wallMs: performance.now() - startedAt };
}

function toTasks({ from, count }: Task): Task[] {
  return Array.from({ length: Math.ceil(count / seedsPerTask) }, (_, index) => {
    const start = from + index * seedsPerTask;
    return { from: start, count: Math.min(seedsPerTask, from + count - start) };
  });
}

/** Another range at every run, far from the fixed seeds. */
export function drawFreshSeeds(count: number): Task {
  return { from: 1_000_000 + Math.floor(Math.random() * 2_000_000_000), count };
}

export interface Catch {
  readonly seed: number;
  readonly violation: string;
}

/** The first seed that finds a planted bug: the one that is known to, or else of those from 1 to `limit`. */
export async function catchMutant(mutant: Mutant, limit: number): Promise<Catch | undefined> {
  for (let seed = 0; seed <= limit; seed += 1) {
    const run = await runSeed(seed === 0 ? mutant.seed : seed + kindOf(mutant.seed), mutant);
    const [violation] = run.violations;
    if (violation !== undefined) return { seed: run.seed, violation };
  }
  return undefined;
}

export function findMutant(name: string): Mutant | undefined {
  return mutants.find((mutant) => mutant.name === name);
}
