import type { Store } from '../../src/store/store.ts';
import type { Mutant, MutantTools } from './mutant.ts';
import { stoppingFrom } from './revising.ts';

/** Bugs in what a press on Stop means; only lives in which people press it can notice them. */
export const stoppingMutants: readonly Mutant[] = [
  {
    name: 'stops-whatever-runs',
    seed: stoppingFrom + 2,
    plant: (tools) => afterStops(tools, 'that answer has ended', "update inbox set reason = 'stopped by a person'"),
  },
  {
    name: 'stops-what-came-since',
    seed: stoppingFrom + 18,
    plant: (tools) => afterStops(tools, 'answer stopped', "update inbox set reason = 'stopped by a person'"),
  },
  {
    name: 'obeys-strangers',
    seed: stoppingFrom + 2,
    plant: (tools) => afterStops(tools, 'not asked by who pressed', "update inbox set reason = 'stopped by a person'"),
  },
  {
    name: 'forgets-stops-with-the-process',
    seed: stoppingFrom + 14,
    plant: (tools) => afterStops(tools, 'answer stopped', 'update inbox set reason = null'),
  },
];

/** Does this to all that waits, in the transaction of each stop with a target that ends with this verdict. */
function afterStops({ db }: MutantTools, verdict: string, change: string) {
  const spoil = db.prepare<[string]>(`${change} where conversation_id = ? and state = 'waiting'`);
  return {
    ledger: (store: Store): Store => ({
      ...store,
      accept: async (batch) => {
        const results = await store.accept(batch);
        for (const [index, { reason }] of results.entries()) {
          const event = batch.events[index];
          if (event?.type === 'stop' && event.target && reason === verdict) spoil.run(event.conversationId);
        }
        return results;
      },
    }),
  };
}
