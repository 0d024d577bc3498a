import { setImmediate as nextTick } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

export interface FakeClock extends Clock {
  /**
   * Lets `ms` of virtual time pass: every timer that falls due fires at its own time, in order, timers that are set on the way
   * included, and what awaits it runs on before the next one. Resolves when nothing is left to run at the new time.
   */
  advance(ms: number): Promise<void>;
  /** Changes what `now` says as a corrected system clock does: no timer fires, `monotonic` does not notice. */
  shift(ms: number): void;
  /** How many sleeps and timers are pending: 0 after a clean stop. */
  pending(): number;
  /** When the next one falls due, in ms since 1970. */
  nextAt(): number | undefined;
}

export interface FakeClockOptions {
  /** ms since 1970; 1 June 2026 by default. */
  readonly now?: number;
  /** Of `random`: the same seed, the same numbers. */
  readonly seed?: number;
}

interface Timer {
  /** On the monotonic axis. */
  readonly at: number;
  readonly fire: () => void;
}

/** A Clock that stands still until it is told to go on. Virtual time costs no real time. */
export function createFakeClock({ now = Date.UTC(2026, 5, 1), seed = 1 }: FakeClockOptions = {}): FakeClock {
  const timers = new Set<Timer>();
  let elapsed = 0;
  let wall = now;

  function set(ms: number, fire: () => void): () => void {
    const timer: Timer = { at: elapsed + Math.max(ms, 0), fire };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  /** The earliest timer; of two at the same time the one that was set first. */
  function earliest(): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of timers) if (!found || timer.at < found.at) found = timer;
    return found;
  }

  function moveTo(at: number): void {
    wall += at - elapsed;
    elapsed = at;
  }

  async function advance(ms: number): Promise<void> {
    const end = elapsed + ms;
    await nextTick();
    for (let timer = earliest(); timer && timer.at <= end; timer = earliest()) {
      moveTo(Math.max(timer.at, elapsed));
      timers.delete(timer);
      timer.fire();
      await nextTick();
    }
    moveTo(Math.max(end, elapsed));
  }

  return {
    now: () => wall,
    monotonic: () => elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(reasonOf(signal));
        const onAbort = (): void => {
          cancel();
          if (signal) reject(reasonOf(signal));
        };
        const cancel = set(ms, () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        });
        return signal?.addEventListener('abort', onAbort, { once: true });
      }),
    after: set,
    random: createRandom(seed),
    advance,
    shift: (ms) => {
      wall += ms;
    },
    pending: () => timers.size,
    nextAt: () => {
      const timer = earliest();
      return timer && wall + timer.at - elapsed;
    },
  };
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
}

/** Evenly distributed in [0, 1): mulberry32, which is small and good enough for tests. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
