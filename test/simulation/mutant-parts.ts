import type { InboundEvent } from '../../src/message.ts';
import type { ClaimedDelivery, Store, TurnOutcome } from '../../src/store/store.ts';
import type { MutantTools, Planted } from './mutant.ts';

type Sqlite = MutantTools['db'];

/** Events are saved otherwise, and taken up when the worker next looks. */
export function changeAccept(store: Store, accept: Store['accept']): Store {
  return { ...store, accept, acceptAndClaim: async (batch) => ({ results: await accept(batch), turns: [] }) };
}

/** Every delivery that a process is given reads otherwise. */
export function changeDeliveries(store: Store, change: (delivery: ClaimedDelivery) => ClaimedDelivery): Store {
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
export function ignoreOrder(store: Store, db: Sqlite, now: () => number): Store {
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
export function splitCommit(db: Sqlite): Planted {
  const held = new Map<string, Record<string, unknown>[]>();
  const find = db.prepare<[string], Record<string, unknown>>('select * from outbox where id = ?');
  const remove = db.prepare<[string]>('delete from outbox where id = ?');

  function takeOut({ turnId, parts }: TurnOutcome): void {
    held.set(
      turnId,
      parts.map(({ id }) => find.get(id)).filter((row) => row !== undefined),
    );
    for (const { id } of parts) remove.run(id);
  }

  function putBack({ turnId }: TurnOutcome): void {
    for (const row of held.get(turnId) ?? []) {
      const columns = Object.keys(row);
      db.prepare(`insert into outbox (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`).run(
        ...Object.values(row),
      );
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

/** Events of this type are acknowledged, and never saved. */
export function dropEvents(store: Store, type: InboundEvent['type']): Store {
  return {
    ...store,
    accept: (batch) => {
      if (batch.events.every((event) => event.type === type))
        return Promise.resolve(batch.events.map(() => ({ status: 'ignored' })));
      return store.accept(batch);
    },
  };
}

/** Deaths count, and nobody is suspected: all are taken up together again, until all of them are given up. */
export function blameEverybody(db: Sqlite, now: () => number): Planted {
  const deaths = new Map<string, number>();
  const find = db.prepare<[number], { id: string; crashes: number }>(
    `select id, crashes + (lease_owner is not null) as crashes from conversation
     where wake_at <= ? and crashes + (lease_owner is not null) > 0`,
  );
  const forget = db.prepare<[string]>('update conversation set crashes = 0, lease_owner = null where id = ?');
  return {
    ledger: (store) => ({
      ...store,
      claimTurns: async (claim) => {
        for (const { id, crashes } of find.all(now())) {
          deaths.set(id, (deaths.get(id) ?? 0) + crashes);
          forget.run(id);
        }
        const claims = await store.claimTurns(claim);
        return { ...claims, turns: claims.turns.map((turn) => ({ ...turn, crashes: deaths.get(turn.conversationId) ?? 0 })) };
      },
      commitTurn: (outcome) => {
        deaths.delete(outcome.conversationId);
        return store.commitTurn(outcome);
      },
    }),
  };
}
