import type { Clock } from '../../src/clock.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';
import type { Schedule } from './schedule.ts';

/** `local`: the thread goes on where it was. `timer`: a timer of its own. `io`: an answer from outside. */
export type StepKind = 'local' | 'timer' | 'io';

export interface Step {
  readonly kind: StepKind;
  /** What it is about, for the journal and the frequency of faults. */
  readonly label: string;
  readonly ms: number;
}

/**
 * One life of a process. All that its code can wait for goes through `later`, and so every await of it is a place where it may
 * crash, be stopped, or fall asleep. What it has sent by then is on its way; what comes back finds nobody, or somebody late.
 */
export interface SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  /** Runs the task in this process after `ms`, unless the returned function is called first. */
  later(step: Step, task: () => void): () => void;
  /** Ends at once, as by SIGKILL. */
  crash(cause: string): void;
  /** Ends with nothing left to do; returns what is still pending. */
  exit(): string[];
}

export interface ProcessOptions {
  readonly name: string;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onCrash: () => void;
  readonly onStall: () => void;
  /** The process is asked to stop, as by SIGTERM. */
  readonly onStop: () => void;
}

interface PendingStep extends Step {
  readonly task: () => void;
  cancelled: boolean;
}

export function createProcess(options: ProcessOptions): SimulatedProcess {
  const { name, schedule, faults, journal, figures } = options;
  const pending = new Set<PendingStep>();
  let asleep: PendingStep[] | undefined;
  let isAlive = true;

  function later(step: Step, task: () => void): () => void {
    if (!isAlive) return () => undefined;
    const entry: PendingStep = { ...step, task, cancelled: false };
    pending.add(entry);
    schedule.at(step.ms, () => reach(entry));
    return () => {
      entry.cancelled = true;
      pending.delete(entry);
    };
  }

  function reach(entry: PendingStep): void {
    if (!isAlive || entry.cancelled) return;
    if (asleep) {
      asleep.push(entry);
      return;
    }
    figures.steps += 1;
    const fault = faults.atStep(entry.label);
    if (fault === 'crash') return crash(`at ${entry.label} (${entry.kind})`);
    if (fault === 'stall') return stall(entry);
    if (fault === 'stop') options.onStop();
    pending.delete(entry);
    entry.task();
  }

  function crash(cause: string): void {
    if (!isAlive) return;
    isAlive = false;
    journal.note(name, 'CRASH', cause);
    options.onCrash();
  }

  function stall(entry: PendingStep): void {
    const ms = faults.between(5_000, 40_000);
    journal.note(name, 'STALL', `${ms} ms at ${entry.label} (${entry.kind})`);
    options.onStall();
    asleep = [entry];
    schedule.at(ms, wake);
    if (faults.chance(0.15)) schedule.at(ms * faults.random(), () => crash('while asleep'));
  }

  /** The thread goes on where it was. Then it finds timers that are due and answers that have come, in either order. */
  function wake(): void {
    if (!isAlive) return;
    journal.note(name, 'wakes up');
    const kinds: StepKind[] = faults.chance(0.5) ? ['local', 'timer', 'io'] : ['local', 'io', 'timer'];
    const due = asleep ?? [];
    asleep = undefined;
    for (const kind of kinds) for (const entry of due) if (entry.kind === kind) schedule.at(0, () => reach(entry));
  }

  return {
    name,
    later,
    crash,
    isAlive: () => isAlive,
    clock: createProcessClock({ schedule, random: faults.random, later }),
    exit: () => {
      isAlive = false;
      return [...pending].map(({ kind, label }) => `${label} (${kind})`);
    },
  };
}

interface ProcessClockOptions {
  readonly schedule: Schedule;
  readonly random: () => number;
  readonly later: SimulatedProcess['later'];
}

function createProcessClock({ schedule, random, later }: ProcessClockOptions): Clock {
  const after = (ms: number, task: () => void): (() => void) => later({ kind: 'timer', label: 'timer', ms }, task);
  return {
    now: schedule.now,
    monotonic: schedule.now,
    random,
    after,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error); // Parley aborts with errors only
        const onAbort = (): void => {
          cancel();
          reject(signal?.reason as Error); // as above
        };
        const cancel = after(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        return signal?.addEventListener('abort', onAbort, { once: true });
      }),
  };
}
