import type { Sqlite } from './database.ts';
import { isRemoval, type OutboxRow } from './delivery-row.ts';

type EarlierRow = Pick<OutboxRow, 'state' | 'part' | 'parts' | 'opened' | 'replaces'> & { readonly receipt: string | null };

/** What the platform shows of a part, as its receipt (JSON). One that never arrived has left in place what it was to replace itself. */
export function createReplaced(db: Sqlite): (id: string) => string | undefined {
  const find = db.prepare<[string], EarlierRow>('select state, part, parts, opened, receipt, replaces from outbox where id = ?');
  return (id) => {
    for (let row = find.get(id); row; row = row.replaces === null ? undefined : find.get(row.replaces)) {
      if (isRemoval(row) && row.state === 'sent') return undefined;
      const shown = isRemoval(row) ? null : (row.receipt ?? row.opened);
      if (shown !== null) return shown;
    }
    return undefined;
  };
}
