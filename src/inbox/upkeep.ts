import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Store } from '../store/store.ts';

export interface UpkeepOptions {
  readonly store: Pick<Store, 'prune'>;
  readonly clock: Clock;
  readonly log: Log;
}

const everyMs = 60 * 60_000;
/** Longer than any platform redelivers: Slack minutes, webhook senders up to a few days. */
const keepMs = 30 * 24 * 60 * 60_000;
const batch = 1_000;

/** Clears out settled events after 30 days, hourly and a bounded number at a time, so that the ledger never waits long for it. */
export function createUpkeep({ store, clock, log }: UpkeepOptions): { stop(): Promise<void> } {
  let cancel = clock.after(everyMs, run);
  let running = Promise.resolve();
  let stopped = false;

  function run(): void {
    running = prune().catch((error: unknown) => log.error('old events could not be removed', { error: describeError(error) }));
    cancel = clock.after(everyMs, run);
  }

  async function prune(): Promise<void> {
    const before = clock.now() - keepMs;
    let removed = 0;
    let last: number;
    do {
      last = await store.prune({ before, limit: batch });
      removed += last;
    } while (last >= batch && !stopped);
    if (removed > 0) log.info('old events removed', { removed });
  }

  return {
    stop: async () => {
      stopped = true;
      cancel();
      await running;
    },
  };
}
