import type { TakeOver } from '../store.ts';
import type { Sqlite } from './database.ts';

interface Freeing {
  /** Null: anybody's. */
  readonly owner: string | null;
  readonly now: number;
  /** Whether the holders died. Otherwise they stop in good order, and what they have begun is no attempt. */
  readonly died: 0 | 1;
}

interface OldRow {
  readonly seq: number;
  readonly at: number;
  readonly done: 0 | 1;
}

/** Freeing leases and clearing out what is old. */
export function createUpkeep(db: Sqlite) {
  const freeTurns = db.prepare<Freeing>(
    `update conversation set lease_owner = null, lease_token = lease_token + 1, wake_at = @now,
       attempt = attempt - 1 + @died, crashes = crashes + @died
     where wake_at is not null and lease_owner is not null and lease_owner = coalesce(@owner, lease_owner)`,
  );
  const freeDeliveries = db.prepare<Freeing>(
    `update outbox set state = 'queued', uncertain = 1, lease_owner = null, lease_token = lease_token + 1, next_at = @now
     where state in ('queued', 'sending') and state = 'sending' and lease_owner = coalesce(@owner, lease_owner)`,
  );
  const isOpen = (table: string): string =>
    `exists (select 1 from dead_letter d where d.turn = ${table}.turn and d.state = 'open')`;
  // What has not been added up yet is needed for that: see usage.ts.
  const summed = '(select turn from usage_progress)';
  const prunable = {
    inbox: `select seq, accepted_at as at, state = 'settled' and not ${isOpen('inbox')} and coalesce(turn, 0) <= ${summed} as done
            from inbox order by seq`,
    outbox: `select seq, created_at as at, state in ('sent', 'dead') and not ${isOpen('outbox')} as done from outbox order by seq`,
    // The newest stays: its number must not be given again, the transcript refers to it.
    turn: `select t.seq, ended_at as at, t.seq < (select max(seq) from turn) and t.seq <= ${summed} and not exists (
             select 1 from dead_letter d where d.turn = t.seq and d.state = 'open') as done from turn t order by t.seq`,
  };
  const pruneCalls = db.prepare<[number, number]>(
    'delete from tool_call where seq in (select seq from tool_call where at < ? limit ?)',
  );
  const pruneApprovals = db.prepare<[number, number]>(
    "delete from approval where seq in (select seq from approval where asked_at < ? and state <> 'pending' limit ?)",
  );
  const pruners = Object.entries(prunable).map(([table, sql]) => ({
    oldest: db.prepare<[], OldRow>(sql),
    remove: db.prepare<[number]>(`delete from ${table} where seq = ?`),
  }));
  const pruneLetters = db.prepare<[number, number]>(
    `delete from dead_letter where id in (select id from dead_letter where state <> 'open' and resolved_at < ? limit ?)`,
  );

  const free = (freeing: Freeing): TakeOver => ({
    turns: freeTurns.run(freeing).changes,
    deliveries: freeDeliveries.run(freeing).changes,
  });

  return {
    takeOver: (now: number): TakeOver => free({ owner: null, now, died: 1 }),
    handBack(owner: string, now: number): void {
      free({ owner, now, died: 0 });
    },
    prune({ before, limit }: { before: number; limit: number }): number {
      let pruned = pruneLetters.run(before, limit).changes + pruneCalls.run(before, limit).changes;
      pruned += pruneApprovals.run(before, limit).changes;
      for (const { oldest, remove } of pruners) {
        const seqs = olderThan(before, { rows: oldest.iterate(), limit });
        for (const seq of seqs) remove.run(seq);
        pruned += seqs.length;
      }
      return pruned;
    },
  };
}

/** Rows were written in the order of their times: the first that is too young ends the search, and it costs no index. */
function olderThan(before: number, { rows, limit }: { rows: Iterable<OldRow>; limit: number }): number[] {
  const seqs: number[] = [];
  for (const { seq, at, done } of rows) {
    if (at >= before || seqs.length === limit) break;
    if (done) seqs.push(seq);
  }
  return seqs;
}
