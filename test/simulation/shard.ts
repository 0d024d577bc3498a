import { parentPort } from 'node:worker_threads';
import { addFigures, createFigures, type Figures } from './figures.ts';
import { runSeed } from './world.ts';

/** Seeds for one thread to live through. */
export interface Task {
  readonly from: number;
  readonly count: number;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
  /** What happened, an event a line. */
  readonly journal: readonly string[];
}

export interface TaskReport {
  readonly figures: Figures;
  readonly failures: readonly Failure[];
}

parentPort?.on('message', (task: Task) => {
  void runTask(task).then((report) => parentPort?.postMessage(report));
});

async function runTask({ from, count }: Task): Promise<TaskReport> {
  const figures = createFigures();
  const failures: Failure[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const { violations, journal, ...run } = await runSeed(seed);
    addFigures(figures, run.figures);
    if (violations.length > 0) failures.push({ seed, violations, journal: journal.lines() });
  }
  return { figures, failures };
}
