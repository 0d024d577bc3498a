import { systemClock } from '../../clock.ts';
import type { Store } from '../../store/store.ts';
import type { Cli } from '../command.ts';
import { withLedger } from '../ledger.ts';
import { parseCount, toLine } from './deliveries.ts';

interface ListenOptions {
  readonly source?: string;
  readonly count?: string;
  readonly json?: boolean;
}

const pollMs = 500;
const batch = 200;

/** The log is written a second or so after an event, so that is how late it is told here. */
export async function listen({ source, count, json }: ListenOptions, cli: Cli): Promise<void> {
  const wanted = count === undefined ? Number.POSITIVE_INFINITY : parseCount('--count', count);
  await withLedger(cli, async (store) => {
    const [newest] = await store.listWebhookDeliveries({ limit: 1 });
    cli.stderr.write('Listening. Ctrl+C ends it.\n');
    let after = newest?.seq ?? 0;
    for (let shown = 0; shown < wanted;) {
      const arrived = await nextDeliveries(store, { source, after });
      for (const delivery of arrived.slice(0, wanted - shown)) {
        const { seq: _, ...logged } = delivery;
        cli.stdout.write(json ? `${JSON.stringify(logged)}\n` : toLine(delivery));
        shown += 1;
      }
      after = arrived.at(-1)?.seq ?? after;
    }
  });
}

async function nextDeliveries(store: Store, { source, after }: { source: string | undefined; after: number }) {
  for (;;) {
    const arrived = await store.listWebhookDeliveries({ source, after, limit: batch });
    if (arrived.length > 0) return arrived;
    await systemClock.sleep(pollMs);
  }
}
