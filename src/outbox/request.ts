import type { Clock } from '../clock.ts';
import { onAbort } from '../on-abort.ts';

export interface RequestTime {
  readonly clock: Clock;
  /** For one request to the platform. */
  readonly timeoutMs: number;
}

/**
 * One request to a platform within its time; the signal given to it aborts when that is over, or when `parent` does.
 *
 * A timer that fires long after its time tells that the process was stopped meanwhile. Then the request may have gone out only now, when
 * another process has long taken over, and its answer is what tells whether there are two messages: so it gets its time anew.
 */
export async function withinTime<Result>(
  { clock, timeoutMs }: RequestTime,
  parent: AbortSignal,
  request: (signal: AbortSignal) => Result,
): Promise<Awaited<Result>> {
  const controller = new AbortController();
  const release = onAbort(parent, () => controller.abort(parent.reason));
  let cancel = setTimer();

  function setTimer(): () => void {
    const dueAt = clock.now() + timeoutMs;
    return clock.after(timeoutMs, () => {
      if (clock.now() > dueAt + timeoutMs / 2) cancel = setTimer();
      else controller.abort(new DOMException(`Timed out after ${timeoutMs} ms`, 'TimeoutError'));
    });
  }

  try {
    return await request(controller.signal);
  } finally {
    cancel();
    release();
  }
}
