import type { TakeOver } from '../store.ts';
import type { Sqlite } from './database.ts';

/** Freeing leases and clearing out what is old. */
export function createUpkeep(db: Sqlite) {
  const freeTurns = db.prepare<[number, string | null]>(
    `update conversation set lease_owner = null, lease_until = null, lease_token = lease_token + 1, wake_at = ?1
     where lease_owner is not null and lease_owner = coalesce(?2, lease_owner)`,
  );
  const freeDeliveries = db.prepare<[number, string | null]>(
    `update outbox set state = 'queued', uncertain = 1, lease_owner = null, lease_token = lease_token + 1, next_at = ?1
     where state = 'sending' and lease_owner = coalesce(?2, lease_owner)`,
  );
  const pruneInbox = db.prepare<[number, number]>(
    "delete from inbox where seq in (select seq from inbox where state = 'settled' and accepted_at < ? order by seq limit ?)",
  );
  const pruneOutbox = db.prepare<[number, number]>(
    "delete from outbox where seq in (select seq from outbox where state = 'sent' and created_at < ? order by seq limit ?)",
  );
  const pruneTurns = db.prepare<[number, number]>(
    `delete from turn where id in (select id from turn t where ended_at < ? and not exists (
       select 1 from dead_letter d where d.turn_id = t.id and d.state = 'open') limit ?)`,
  );

  const free = (owner: string | null, now: number): TakeOver => ({
    turns: freeTurns.run(now, owner).changes,
    deliveries: freeDeliveries.run(now, owner).changes,
  });

  return {
    takeOver: (now: number): TakeOver => free(null, now),
    handBack(owner: string, now: number): void {
      free(owner, now);
    },
    prune: ({ before, limit }: { before: number; limit: number }): number =>
      pruneInbox.run(before, limit).changes + pruneOutbox.run(before, limit).changes + pruneTurns.run(before, limit).changes,
  };
}
