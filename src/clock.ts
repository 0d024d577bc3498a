import { setTimeout as sleepFor } from 'node:timers/promises';
import { onAbort } from './on-abort.ts';

/**
 * Time and chance, passed in wherever they are needed, so that a test can own both.
 * This file is the only one that reads the system's clock or sets timers.
 */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** ms from an arbitrary start, never set back: for measuring. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `task` once after `ms`, and returns what cancels it. Does not keep the process alive. */
  after(ms: number, task: () => void): () => void;
  /** Evenly distributed in [0, 1). */
  random(): number;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleepFor(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted(); // Node rejects with an AbortError of its own, which hides the reason.
      throw error;
    }
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};

/** A signal that aborts when `parent` does or after `ms`, and `clear` to drop the timer when the work is done. */
export function withTimeout(clock: Clock, ms: number, parent?: AbortSignal): { signal: AbortSignal; clear: () => void } {
  const controller = new AbortController();
  const release = parent && onAbort(parent, () => controller.abort(parent.reason));
  const cancel = clock.after(ms, () => controller.abort(new DOMException(`Timed out after ${ms} ms`, 'TimeoutError')));
  return {
    signal: controller.signal,
    clear: () => {
      cancel();
      release?.();
    },
  };
}

/** Waits until all of the work has settled, or for `ms`, whichever is first. */
export async function settleWithin(clock: Clock, ms: number, work: readonly Promise<unknown>[]): Promise<void> {
  const controller = new AbortController();
  const timeout = clock.sleep(ms, controller.signal).catch(() => undefined);
  await Promise.race([Promise.allSettled(work), timeout]);
  controller.abort();
}
