import type { Clock } from './clock.ts';

export interface ClaimLoopOptions {
  /** Takes up what is ready. `more`: there may be more than was taken; `nextAt`: when something becomes ready, in ms since 1970. */
  readonly claim: () => Promise<{ readonly more: boolean; readonly nextAt: number | undefined }>;
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
  /** Longest time between two looks: another process may have put something there. */
  readonly pollMs: number;
}

export interface ClaimLoop {
  start(): void;
  /** Claims nothing more. Resolves once no claim is under way. */
  stop(): Promise<void>;
  /** Something may be ready now. */
  wake(): void;
  /** Something becomes ready at this time. */
  lookAt(at: number): void;
  active(): boolean;
}

/** Calls `claim` whenever something may be ready, never twice at once; a call that comes meanwhile makes it look again. */
export function createClaimLoop({ claim, onError, clock, pollMs }: ClaimLoopOptions): ClaimLoop {
  let active = false;
  let claiming: Promise<void> | undefined;
  let again = false;
  let timerAt = Number.POSITIVE_INFINITY;
  let cancelTimer: (() => void) | undefined;

  function wake(): void {
    if (!active) return;
    again = true;
    claiming ??= claimUntilEmpty().finally(() => {
      claiming = undefined;
      if (again) wake();
    });
  }

  async function claimUntilEmpty(): Promise<void> {
    let nextAt: number | undefined;
    try {
      do {
        again = false;
        const claimed = await claim();
        nextAt = claimed.nextAt;
        again ||= claimed.more;
      } while (again && active);
    } catch (error) {
      onError(error);
    }
    lookAt(Math.min(nextAt ?? Number.POSITIVE_INFINITY, clock.now() + pollMs));
  }

  /** One timer, set to the earliest time that is known. */
  function lookAt(at: number): void {
    if (!active || at >= timerAt) return;
    cancelTimer?.();
    timerAt = at;
    cancelTimer = clock.after(Math.max(1, at - clock.now()), () => {
      timerAt = Number.POSITIVE_INFINITY;
      wake();
    });
  }

  return {
    start: () => {
      active = true;
      wake();
    },
    stop: async () => {
      active = false;
      again = false;
      cancelTimer?.();
      timerAt = Number.POSITIVE_INFINITY;
      await claiming;
    },
    wake,
    lookAt,
    active: () => active,
  };
}
