import type { Adapter } from '../../src/adapter.ts';
import type { InboundEvent } from '../../src/message.ts';
import type { OpenedDatabase } from '../../src/store/sqlite/database.ts';
import type { ClaimedDelivery, Store, TurnOutcome } from '../../src/store/store.ts';
import type { SimulatedProcess } from './process.ts';

/** A bug that is planted to see whether the simulation finds it. */
export interface Mutant {
  readonly name: string;
  /** A seed that has found it, to begin with. */
  readonly seed: number;
  readonly plant: (tools: MutantTools) => Planted;
}

export interface MutantTools {
  readonly db: OpenedDatabase['db'];
  readonly now: () => number;
}

/** What a bug changes; of one run. */
export interface Planted {
  /** The store as one process has it. */
  readonly store?: (store: Store, process: SimulatedProcess) => Store;
  /** The store where it is: what this does to the database at once is one transaction with the call. */
  readonly ledger?: (store: Store) => Store;
  readonly adapter?: (adapter: Adapter) => Adapter;
}

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledges-before-saving',
    seed: 20,
    plant: () => ({
      store: (store) => ({
        ...store,
        accept: async (batch) => {
          store.accept(batch).catch(() => undefined);
          return batch.events.map(() => ({ status: 'accepted' }));
        },
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
      return { store: (store) => ({ ...store, accept: (batch) => store.accept({ ...batch, events: batch.events.map(rename) }) }) };
    },
  },
  {
    name: 'sends-again-without-looking',
    seed: 1,
    plant: () => {
      const certain = (delivery: ClaimedDelivery): ClaimedDelivery => ({ ...delivery, uncertain: false });
      return { store: (store) => changeDeliveries(store, certain) };
    },
  },
  {
    name: 'forgets-that-a-send-is-uncertain',
    seed: 1,
    plant: () => ({
      store: (store) => ({ ...store, settleFailed: (failure) => store.settleFailed({ ...failure, uncertain: false }) }),
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
    seed: 1,
    plant: () => ({
      store: (store) => ({ ...store, claimTurns: (claim) => store.claimTurns({ ...claim, leaseMs: 10 ** 9 }) }),
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
    seed: 11,
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
    seed: 104,
    plant: () => ({ adapter: (adapter) => ({ ...adapter, ...(adapter.remove ? { remove: async () => undefined } : {}) }) }),
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
];

function changeDeliveries(store: Store, change: (delivery: ClaimedDelivery) => ClaimedDelivery): Store {
  return {
    ...store,
    claimDeliveries: async (claim) => {
      const claims = await store.claimDeliveries(claim);
      return { ...claims, deliveries: claims.deliveries.map(change) };
    },
    commitTurn: async (outcome) => {
      const result = await store.commitTurn(outcome);
      return result.status === 'committed' && result.delivery ? { ...result, delivery: change(result.delivery) } : result;
    },
    settleSent: async (sent) => {
      const result = await store.settleSent(sent);
      return result.status === 'settled' && result.next ? { ...result, next: change(result.next) } : result;
    },
  };
}

/** What waits for its time does not hold up what stands behind it. */
function ignoreOrder(store: Store, db: OpenedDatabase['db'], now: () => number): Store {
  const late = db.prepare<[number], { id: string; next_at: number }>(
    "select id, next_at from outbox where state = 'queued' and next_at > ?",
  );
  const hide = db.prepare<[string]>("update outbox set state = 'sent', next_at = null where id = ?");
  const show = db.prepare<[number, string]>("update outbox set state = 'queued', next_at = ? where id = ?");
  const makeHeadsDue = db.prepare<[number]>(
    `update outbox set next_at = ? where next_at is null and state = 'queued' and seq in (
       select min(seq) from outbox where state in ('queued', 'sending') group by conversation_id)`,
  );
  return {
    ...store,
    claimDeliveries: (claim) => {
      const hidden = late.all(now());
      for (const { id } of hidden) hide.run(id);
      makeHeadsDue.run(now());
      const claims = store.claimDeliveries(claim);
      for (const { id, next_at: nextAt } of hidden) show.run(nextAt, id);
      return claims;
    },
  };
}

/** First the verdicts and the transcript, and a moment later what goes out. */
function splitCommit(db: OpenedDatabase['db']): Planted {
  const held = new Map<string, Record<string, unknown>[]>();
  const find = db.prepare<[string], Record<string, unknown>>('select * from outbox where id = ?');
  const remove = db.prepare<[string]>('delete from outbox where id = ?');

  function takeOut({ turnId, parts }: TurnOutcome): void {
    held.set(turnId, parts.map(({ id }) => find.get(id)).filter((row) => row !== undefined));
    for (const { id } of parts) remove.run(id);
  }

  function putBack({ turnId }: TurnOutcome): void {
    for (const row of held.get(turnId) ?? []) {
      const columns = Object.keys(row);
      db.prepare(`insert into outbox (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`).run(...Object.values(row));
    }
  }

  return {
    ledger: (store) => ({
      ...store,
      commitTurn: async (outcome) => {
        const committed = await store.commitTurn(outcome);
        if (committed.status === 'committed') takeOut(outcome);
        return committed;
      },
    }),
    store: (store, process) => ({
      ...store,
      commitTurn: async (outcome) => {
        const committed = await store.commitTurn(outcome);
        await process.clock.sleep(5);
        if (committed.status === 'committed') putBack(outcome);
        return committed;
      },
    }),
  };
}

function dropEvents(store: Store, type: InboundEvent['type']): Store {
  return {
    ...store,
    accept: (batch) => {
      if (batch.events.every((event) => event.type === type)) return Promise.resolve(batch.events.map(() => ({ status: 'ignored' })));
      return store.accept(batch);
    },
  };
}
