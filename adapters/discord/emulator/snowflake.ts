import type { Clock } from '../../../src/clock.ts';

/** First millisecond of 2015, from which snowflakes count. */
const epoch = 1_420_070_400_000;

/** Ids that carry the clock's time in their upper 42 bits and never repeat or fall back, even when the clock does. */
export function createSnowflakes(clock: Pick<Clock, 'now'>): () => string {
  let last = 0n;
  return () => {
    const fromTime = BigInt(Math.max(0, clock.now() - epoch)) << 22n;
    last = fromTime > last ? fromTime : last + 1n;
    return last.toString();
  };
}
