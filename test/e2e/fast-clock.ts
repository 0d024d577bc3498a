import { systemClock, type Clock } from '../../src/clock.ts';

/** Real time, `factor` times as fast: so that nobody waits a second for a Retry-After of a second. */
export function createFastClock(factor: number): Clock {
  const start = systemClock.now();
  const from = systemClock.monotonic();
  const passed = (): number => (systemClock.monotonic() - from) * factor;
  return {
    now: () => Math.floor(start + passed()),
    monotonic: passed,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
    after: (ms, task) => systemClock.after(ms / factor, task),
    random: systemClock.random,
  };
}
