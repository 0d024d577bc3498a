import type { Clock } from '../../clock.ts';
import { ModelError } from '../../errors.ts';

export interface CallLimits {
  readonly clock: Clock;
  /** Who is called, for the message when it takes too long. */
  readonly host: string;
  /** Where its settings are, for the same. */
  readonly section: string;
  readonly idleTimeoutMs: number;
  readonly timeoutMs: number;
}

/**
 * One call of an endpoint, which can end before its answer does: because the caller aborts, because nothing arrives any more, or
 * because the whole takes too long. `wait` then rejects with the reason even where the transport ignores its signal.
 */
export interface Call {
  /** For the transport. */
  readonly signal: AbortSignal;
  /** The same promise, which rejects as soon as the call ends early. One at a time. */
  wait<T>(promise: Promise<T>): Promise<T>;
  /** Something has arrived: the idle time starts anew. */
  touch(): void;
  /** Changes how long nothing may arrive from now on. */
  limitIdle(ms: number): void;
  /** Lets go of timers and listeners. */
  close(): void;
}

export function createCall({ clock, host, section, idleTimeoutMs, timeoutMs }: CallLimits, parent: AbortSignal): Call {
  const controller = new AbortController();
  let idleMs = idleTimeoutMs;
  let touchedAt = clock.monotonic();
  let failWaiting: ((reason: unknown) => void) | undefined;

  const end = (reason: unknown): void => {
    if (controller.signal.aborted) return;
    failWaiting?.(reason);
    controller.abort(reason);
  };
  const onParentAbort = (): void => end(parent.reason);
  parent.addEventListener('abort', onParentAbort, { once: true });
  if (parent.aborted) onParentAbort();

  const cancelTotal = clock.after(timeoutMs, () =>
    end(timedOut(`${host} took longer than ${timeoutMs} ms for one answer (${section}.timeoutSeconds).`)),
  );
  // One timer that looks at the time when it fires: an answer of 500 chunks would otherwise set and clear 500 of them.
  let cancelIdle = clock.after(idleMs, checkIdle);

  function checkIdle(): void {
    const left = idleMs - (clock.monotonic() - touchedAt);
    if (left > 0) cancelIdle = clock.after(left, checkIdle);
    else end(timedOut(`${host} sent nothing for ${idleMs} ms (${section}.idleTimeoutSeconds).`));
  }

  return {
    signal: controller.signal,
    wait: (promise) =>
      new Promise((resolve, reject) => {
        failWaiting = reject;
        if (controller.signal.aborted) failWaiting(controller.signal.reason);
        promise.then(resolve, reject);
      }),
    touch: () => {
      touchedAt = clock.monotonic();
    },
    limitIdle: (ms) => {
      idleMs = ms;
      touchedAt = clock.monotonic();
      cancelIdle();
      cancelIdle = clock.after(ms, checkIdle);
    },
    close: () => {
      parent.removeEventListener('abort', onParentAbort);
      cancelTotal();
      cancelIdle();
      failWaiting = undefined;
    },
  };
}

function timedOut(message: string): ModelError {
  const publicMessage = 'The AI model took too long to answer. Please ask again in a little while.';
  return new ModelError({ message, publicMessage, retryable: true });
}
