import type { FakeClock } from './fake-clock.ts';

/** Lets virtual time pass, timer by timer, until the work has settled; so a stop takes as long as it takes and no longer. */
export async function runUntil<Result>(clock: FakeClock, work: Promise<Result>): Promise<Result> {
  let settled = false;
  const watched = work.finally(() => {
    settled = true;
  });
  watched.catch(() => undefined); // the caller gets it from the return
  await clock.advance(0);
  for (let at = clock.nextAt(); !settled && at !== undefined; at = clock.nextAt())
    await clock.advance(Math.max(0, at - clock.now()));
  return watched;
}
