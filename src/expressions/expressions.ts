import type { Clock } from '../clock.ts';
import { startEvaluator, type Evaluator } from './evaluator.ts';
import type { ExpressionJob, ExpressionResult, Expressions } from '../expression.ts';

export interface ExpressionsOptions {
  readonly clock: Clock;
  /** How long one job may take before its process is killed. */
  readonly timeoutMs?: number;
  readonly startTimeoutMs?: number;
  /** How long a job may wait for those before it. */
  readonly maxWaitMs?: number;
  readonly maxWaiting?: number;
  /** Starts a process. */
  readonly start?: typeof startEvaluator;
}

/** Evaluates in a process of its own (docs/decisions/0012), which serves one job at a time and is replaced when it has to be ended. */
export function createExpressions(options: ExpressionsOptions): Expressions {
  const {
    clock,
    timeoutMs = 1_000,
    startTimeoutMs = 15_000,
    maxWaitMs = 10_000,
    maxWaiting = 1_000,
    start = startEvaluator,
  } = options;
  let evaluator: Evaluator | undefined;
  /** Jobs that the process has done. */
  let served = 0;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let stopped = false;

  async function run(job: ExpressionJob, since: number): Promise<readonly ExpressionResult[] | 'unavailable'> {
    if (stopped || clock.monotonic() - since > maxWaitMs) return 'unavailable';
    if (!evaluator?.isAlive()) {
      evaluator = start({ clock, timeoutMs, startTimeoutMs });
      served = 0;
    }
    const isReady = await evaluator.ready;
    if (!isReady || stopped) return 'unavailable';
    const results = await evaluator.run(job);
    served += 1;
    if (stopped) return 'unavailable';
    // A process may die late of what it has done for another: what a new one dies of is the job's own.
    const isSuspect = served > 1 && !evaluator.isAlive() && !evaluator.wasKilled() && results.some(({ ok }) => !ok);
    return isSuspect ? run(job, since) : results;
  }

  return {
    evaluate: async (job) => {
      if (waiting >= maxWaiting) return 'unavailable';
      waiting += 1;
      const since = clock.monotonic();
      const mine = last.then(() => run(job, since));
      last = mine;
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
    stop: async () => {
      stopped = true;
      await evaluator?.end();
    },
  };
}
