import type { Mutant } from './mutant.ts';
import { revisingFrom } from './revising.ts';

/** Bugs in what becomes of answers whose questions change; only lives in which people change their minds can notice them. */
export const revisingMutants: readonly Mutant[] = [
  {
    name: 'answers-beside-the-earlier-answer',
    seed: revisingFrom + 1,
    plant: () => ({
      adapter: (adapter) => ({
        ...adapter,
        send: ({ opened, replaces, ...message }, signal) =>
          adapter.send({ ...message, ...(opened && !replaces ? { opened } : {}) }, signal),
      }),
    }),
  },
  {
    name: 'leaves-answers-of-deleted-questions',
    seed: revisingFrom + 4,
    plant: () => ({
      adapter: (adapter) => ({ ...adapter, ...(adapter.remove ? { remove: async () => undefined } : {}) }),
    }),
  },
  {
    name: 'commits-what-has-changed-meanwhile',
    seed: revisingFrom + 3,
    plant: ({ db }) => {
      const forget = db.prepare<[string]>('update conversation set changed = 0 where id = ?');
      return {
        ledger: (store) => ({
          ...store,
          commitTurn: (outcome) => {
            forget.run(outcome.conversationId);
            return store.commitTurn(outcome);
          },
        }),
      };
    },
  },
  {
    name: 'forgets-what-an-unsure-part-has-left',
    seed: revisingFrom + 218,
    plant: () => ({
      store: (store) => ({
        ...store,
        claimDeliveries: async (claim) => {
          const { deliveries, nextAt } = await store.claimDeliveries(claim);
          return { nextAt, deliveries: deliveries.map((delivery) => ({ ...delivery, seeks: undefined })) };
        },
        settleSent: async (sent) => {
          const settled = await store.settleSent(sent);
          return settled.status === 'settled' && settled.next
            ? { ...settled, next: { ...settled.next, seeks: undefined } }
            : settled;
        },
      }),
    }),
  },
];
