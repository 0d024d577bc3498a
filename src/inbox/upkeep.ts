import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

export interface UpkeepOptions {
  readonly store: Pick<Store, 'prune' | 'forgetOverheard' | 'sumUsage' | 'expireApprovals'>;
  readonly clock: Clock;
  readonly log: Log;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Longer than any platform redelivers: Slack minutes, webhook senders up to a few days. */
const keepMs = 30 * 24 * hourMs;
/**
 * What people say to each other is kept no longer than a mention before it is worth waiting for: Slack repeats a delivery for six minutes.
 * What it holds back in an outage of its own may come later; but a question that is an hour late only gets an apology, unless configured otherwise.
 */
const overheardMs = 2 * hourMs;
const batch = 1_000;
/** Few enough for those who wait for the ledger meanwhile. */
const summedAtOnce = 200;
const expiredAtOnce = 50;

/** Clears out what is old, a bounded number at a time, so that the ledger never waits long for it. */
export function createUpkeep({ store, clock, log }: UpkeepOptions): { stop(): Promise<void> } {
  let stopped = false;

  async function clear(keptMs: number, remove: Store['prune']): Promise<number> {
    const before = clock.now() - keptMs;
    let removed = 0;
    let last: number;
    do {
      last = await remove({ before, limit: batch });
      removed += last;
    } while (last >= batch && !stopped);
    return removed;
  }

  const pruning = repeat(clock, hourMs, async () => {
    try {
      const removed = await clear(keepMs, store.prune);
      if (removed > 0) log.info('old events removed', { removed });
    } catch (error) {
      log.error('old events could not be removed', { error: describeError(error) });
    }
  });
  const forgetting = repeat(clock, 10 * minuteMs, async () => {
    try {
      await clear(overheardMs, store.forgetOverheard);
    } catch (error) {
      log.error('messages that were not for the bot could not be cleared', { error: describeError(error) });
    }
  });

  const summing = repeat(clock, 10 * minuteMs, async () => {
    try {
      while ((await store.sumUsage({ limit: summedAtOnce })) >= summedAtOnce && !stopped);
    } catch (error) {
      log.error('usage could not be added up', { error: describeError(error) });
    }
  });

  const expiring = repeat(clock, minuteMs / 4, async () => {
    try {
      while ((await store.expireApprovals({ limit: expiredAtOnce })) >= expiredAtOnce && !stopped);
    } catch (error) {
      log.error('requests for approval could not be ended', { error: describeError(error) });
    }
  });

  return {
    stop: async () => {
      stopped = true;
      await Promise.all([pruning.stop(), forgetting.stop(), summing.stop(), expiring.stop()]);
    },
  };
}

/** `everyMs` after the start, and after each end. `task` must not reject. */
function repeat(clock: Clock, everyMs: number, task: () => Promise<void>): { stop(): Promise<void> } {
  let running = Promise.resolve();
  let cancel: (() => void) | undefined = clock.after(everyMs, run);

  function run(): void {
    running = task().then(() => {
      if (cancel) cancel = clock.after(everyMs, run);
    });
  }

  return {
    stop: async () => {
      cancel?.();
      cancel = undefined;
      await running;
    },
  };
}
