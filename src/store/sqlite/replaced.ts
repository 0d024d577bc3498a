import type { Sqlite } from './database.ts';
import { isRemoval, type OutboxRow, type Replaced } from './delivery-row.ts';

type EarlierRow = Pick<OutboxRow, 'state' | 'part' | 'parts' | 'opened' | 'replaces' | 'attempt' | 'uncertain'> & {
  readonly id: string;
  readonly receipt: string | null;
};

/**
 * What the platform shows of a part. One that never arrived has left in place what it was to replace itself; one that was tried, and of which
 * nothing is known, may have left a message that only the platform knows of.
 */
export function createReplaced(db: Sqlite): (id: string | null) => Replaced | undefined {
  const find = db.prepare<[string], EarlierRow>(
    'select id, state, part, parts, opened, receipt, replaces, attempt, uncertain from outbox where id = ?',
  );
  return (first) => {
    let seeks: string | undefined;
    for (let id = first; id !== null;) {
      const row = find.get(id);
      if (!row) break;
      if (isRemoval(row) && row.state === 'sent') return undefined;
      const shown = isRemoval(row) ? null : (row.receipt ?? row.opened);
      if (shown !== null) return { receipt: shown };
      if (!isRemoval(row) && (row.attempt > 0 || row.uncertain)) seeks ??= row.id;
      id = row.replaces;
    }
    return seeks === undefined ? undefined : { seeks };
  };
}
