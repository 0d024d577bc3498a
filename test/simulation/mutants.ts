import type { InboundEvent } from '../../src/message.ts';
import { blameEverybody, changeAccept, changeDeliveries, dropEvents, ignoreOrder, splitCommit } from './mutant-parts.ts';
import type { Mutant } from './mutant.ts';
import { revisingMutants } from './revising-mutants.ts';
import { stoppingMutants } from './stopping-mutants.ts';

/** At least one seed of 3,000 must notice each of these, or the simulation is too tame. */
export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledges-before-saving',
    seed: 21,
    plant: () => ({
      store: (store) =>
        changeAccept(store, async (batch) => {
          store.accept(batch).catch(() => undefined);
          return batch.events.map(() => ({ status: 'accepted' }));
        }),
    }),
  },
  {
    name: 'no-dedupe',
    seed: 1,
    plant: () => {
      const copies = new Map<string, number>();
      const rename = <Event extends InboundEvent>(event: Event): Event => {
        const copy = (copies.get(event.eventId) ?? 0) + 1;
        copies.set(event.eventId, copy);
        return copy === 1 ? event : { ...event, eventId: `${event.eventId}-copy-${copy}` };
      };
      return {
        store: (store) => changeAccept(store, (batch) => store.accept({ ...batch, events: batch.events.map(rename) })),
      };
    },
  },
  {
    name: 'sends-again-without-looking',
    seed: 1,
    plant: () => ({ store: (store) => changeDeliveries(store, (delivery) => ({ ...delivery, uncertain: false })) }),
  },
  {
    name: 'forgets-that-a-send-is-uncertain',
    seed: 1,
    plant: () => ({
      store: (store) => ({ ...store, settleFailed: (failure) => store.settleFailed({ ...failure, uncertain: false }) }),
    }),
  },
  {
    name: 'sends-although-its-lease-is-over',
    seed: 7,
    plant: () => ({
      store: (store) => changeDeliveries(store, (delivery) => ({ ...delivery, leaseUntil: Number.MAX_SAFE_INTEGER })),
    }),
  },
  {
    name: 'another-id-for-every-attempt',
    seed: 1,
    plant: () => ({
      adapter: (adapter) => ({
        ...adapter,
        send: (message, signal) => adapter.send({ ...message, id: `${message.attempt}${message.id}`.slice(0, 24) }, signal),
      }),
    }),
  },
  {
    name: 'no-fence',
    seed: 22,
    plant: ({ db }) => {
      const grab = db.prepare('update conversation set lease_owner = @owner, lease_token = @token where id = @conversationId');
      return {
        ledger: (store) => ({
          ...store,
          commitTurn: (outcome) => {
            const { owner, token, conversationId } = outcome;
            grab.run({ owner, token, conversationId });
            return store.commitTurn(outcome);
          },
        }),
      };
    },
  },
  {
    name: 'two-holders-of-a-conversation',
    seed: 1,
    plant: ({ db, now }) => {
      const steal = db.prepare('update conversation set wake_at = @now where lease_owner is not null and wake_at > @now + 20000');
      return {
        ledger: (store) => ({
          ...store,
          claimTurns: (claim) => {
            steal.run({ now: now() });
            return store.claimTurns(claim);
          },
        }),
      };
    },
  },
  {
    name: 'takes-over-while-another-lives',
    seed: 1,
    plant: () => ({
      store: (store) => {
        store.takeOver().catch(() => undefined);
        return store;
      },
    }),
  },
  {
    name: 'leases-never-end',
    seed: 3,
    plant: () => ({
      store: (store) => ({
        ...store,
        claimTurns: (claim) => store.claimTurns({ ...claim, leaseMs: 10 ** 9 }),
        acceptAndClaim: (batch, claim) => store.acceptAndClaim(batch, { ...claim, leaseMs: 10 ** 9 }),
      }),
    }),
  },
  {
    name: 'outbox-out-of-order',
    seed: 1,
    plant: ({ db, now }) => ({ ledger: (store) => ignoreOrder(store, db, now) }),
  },
  {
    name: 'a-tail-without-its-head',
    seed: 6,
    plant: ({ db, now }) => {
      const revive = db.prepare(
        `update outbox set state = 'queued', next_at = @now where state = 'dead' and id <> @id and turn = (select turn from outbox where id = @id)
           and part = (select part + 1 from outbox where id = @id)`,
      );
      return {
        ledger: (store) => ({
          ...store,
          settleFailed: (failure) => {
            const settled = store.settleFailed(failure);
            if (failure.retryAt === undefined) revive.run({ id: failure.id, now: now() });
            return settled;
          },
        }),
      };
    },
  },
  {
    name: 'sent-and-not-recorded',
    seed: 1,
    plant: () => ({
      store: (store) => ({ ...store, settleSent: async () => ({ status: 'settled', next: undefined }) }),
    }),
  },
  {
    name: 'drops-what-comes-during-a-turn',
    seed: 1,
    plant: ({ db }) => {
      const drop = db.prepare<[string]>(
        "update inbox set state = 'settled', verdict = 'ignored' where conversation_id = ? and state = 'waiting'",
      );
      return {
        ledger: (store) => ({
          ...store,
          commitTurn: (outcome) => {
            const committed = store.commitTurn(outcome);
            drop.run(outcome.conversationId);
            return committed;
          },
        }),
      };
    },
  },
  {
    name: 'commits-in-two-steps',
    seed: 16,
    plant: ({ db }) => splitCommit(db),
  },
  {
    name: 'streams-beside-what-a-crash-left',
    seed: 13,
    plant: () => ({
      store: (store) => ({
        ...store,
        claimTurns: async (claim) => {
          const claims = await store.claimTurns(claim);
          return { ...claims, turns: claims.turns.map((turn) => ({ ...turn, stream: undefined })) };
        },
      }),
    }),
  },
  {
    name: 'leaves-the-second-message',
    seed: 519,
    plant: () => ({ adapter: (adapter) => ({ ...adapter, ...(adapter.remove ? { remove: async () => undefined } : {}) }) }),
  },
  {
    name: 'forgets-what-it-overheard',
    seed: 2,
    plant: ({ db }) => {
      const forget = db.prepare("update inbox set payload = null, text = '' where verdict = 'ignored'");
      return {
        ledger: (store) => ({
          ...store,
          accept: (batch) => {
            forget.run();
            return store.accept(batch);
          },
        }),
      };
    },
  },
  {
    name: 'loses-edits',
    seed: 1,
    plant: () => ({ store: (store) => dropEvents(store, 'edit') }),
  },
  {
    name: 'loses-deletes',
    seed: 1,
    plant: () => ({ store: (store) => dropEvents(store, 'delete') }),
  },
  {
    name: 'blames-who-stood-by',
    seed: 120,
    plant: ({ db, now }) => blameEverybody(db, now),
  },
  ...revisingMutants,
  ...stoppingMutants,
];
