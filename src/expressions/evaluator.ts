import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../clock.ts';
import {
  outOfMemory,
  type EvaluatorMessage,
  type ExpressionJob,
  type ExpressionResult,
  type KeyedExpression,
} from '../expression.ts';

/** A child process that evaluates one job at a time. */
export interface Evaluator {
  /** Resolves when it takes jobs; false where it never will. */
  readonly ready: Promise<boolean>;
  /** A result for every expression: where the process ends first, by itself or by the deadline, a problem of the one that it was at. Never rejects. */
  run(job: ExpressionJob): Promise<readonly ExpressionResult[]>;
  isAlive(): boolean;
  /** Whether it was ended because a job took too long. */
  wasKilled(): boolean;
  /** Resolves when the process is gone. */
  end(): Promise<void>;
}

export interface EvaluatorOptions {
  readonly clock: Clock;
  /** How long one job may take. */
  readonly timeoutMs: number;
  readonly startTimeoutMs: number;
}

export function startEvaluator({ clock, timeoutMs, startTimeoutMs }: EvaluatorOptions): Evaluator {
  const child = startProcess();
  const ready = Promise.withResolvers<boolean>();
  const gone = Promise.withResolvers<string>();
  let take: ((result: ExpressionResult) => void) | undefined;
  let alive = true;
  let killed = false;

  child.on('message', (message) => {
    const received = message as EvaluatorMessage; // our own process says nothing else
    if (received.type === 'ready') ready.resolve(true);
    else take?.(received.result);
  });
  child.on('error', () => child.kill('SIGKILL')); // Where it could not be started or told; the exit says the rest.
  const finish = (why: string): void => {
    alive = false;
    ready.resolve(false);
    gone.resolve(why);
  };
  child.once('exit', (code, signal) => finish(describeExit(code, signal)));
  if (child.pid === undefined) finish('no process could be started for it');
  const cancelStart = clock.after(startTimeoutMs, () => child.kill('SIGKILL'));
  void ready.promise.then(cancelStart);

  return {
    ready: ready.promise,
    isAlive: () => alive,
    wasKilled: () => killed,
    run: async ({ expressions, ...job }) => {
      const results: ExpressionResult[] = [];
      const done = Promise.withResolvers<undefined>();
      let late = false;
      const cancel = clock.after(timeoutMs, () => {
        late = true;
        killed = true;
        child.kill('SIGKILL');
      });
      take = (result) => {
        results.push(result);
        if (results.length === expressions.length) done.resolve(undefined);
      };
      if (child.connected) child.send({ ...job, expressions });
      const why = await Promise.race([done.promise, gone.promise]);
      take = undefined;
      cancel();
      if (why === undefined) return results;
      const problem = late ? `It takes longer than ${timeoutMs} ms` : why;
      return [...results, ...toFailures(expressions.slice(results.length), problem)];
    },
    end: async () => {
      if (!alive) return;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    },
  };
}

function startProcess(): ChildProcess {
  return fork(fileURLToPath(new URL('./evaluator-process.ts', import.meta.url)), {
    // Neither Parley's environment, which holds secrets, nor its output: V8 writes pages when it runs out of memory.
    env: {},
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  });
}

/** The first was under way when the process ended. */
function toFailures([stuck, ...rest]: readonly KeyedExpression[], problem: string): readonly ExpressionResult[] {
  if (!stuck) return [];
  const unreached = rest.map(({ key }) => ({ key, ok: false as const, problem: `It was not reached: ${stuck.key} failed` }));
  return [{ key: stuck.key, ok: false, problem }, ...unreached];
}

/** V8 aborts a process whose memory is used up. */
function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  if (code === outOfMemory || signal === 'SIGABRT' || signal === 'SIGTRAP') return 'It takes too much memory';
  return `The process that evaluates it has ended (${signal ?? `exit status ${code}`})`;
}
