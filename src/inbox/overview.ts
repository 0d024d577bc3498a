import type { Clock } from '../clock.ts';
import type { Store } from '../store/store.ts';
import { noUsage } from '../usage.ts';
import type { Overview, Usage } from '../usage.ts';

export interface OverviewOptions {
  readonly store: Pick<Store, 'stats' | 'sumUsage' | 'usage' | 'newestTurn'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly modelName: string;
}

export interface Asker {
  readonly adapter: string;
  readonly tenant: string;
  readonly person: string;
}

const summedAtOnce = 200;
/** Whoever looks does not wait for more: upkeep adds up the rest. */
const maxSteps = 10;

/** How Parley does, and what one person has asked. */
export function createOverview({ store, clock, modelName }: OverviewOptions): (asker: Asker) => Promise<Overview> {
  async function addUp(): Promise<void> {
    for (let step = 0; step < maxSteps; step += 1) {
      if ((await store.sumUsage({ limit: summedAtOnce })) < summedAtOnce) return;
    }
  }

  async function usageOf(of: Asker, since?: number): Promise<Usage> {
    const [line] = await store.usage({ by: 'person', since, limit: 1, of });
    if (!line) return noUsage;
    const { questions, answers, failures, inputTokens, outputTokens } = line;
    return { questions, answers, failures, inputTokens, outputTokens };
  }

  return async (asker) => {
    await addUp();
    const [newest, { waiting, oldestWaitingAt }, month, total] = await Promise.all([
      store.newestTurn(),
      store.stats({ adapters: [asker.adapter] }),
      usageOf(asker, startOfMonth(clock.now())),
      usageOf(asker),
    ]);
    return { model: { name: modelName, newest }, waiting, oldestWaitingAt, month, total };
  };
}

function startOfMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}
