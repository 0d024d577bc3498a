import { toChunkId } from '../../ids.ts';
import type { Sqlite } from './database.ts';
import type { OutboxRow } from './delivery-row.ts';

export interface PartRow extends OutboxRow {
  readonly receipt: string | null;
}

/** What a turn has put into the outbox, in order: the parts of its answer, and what it took away. No index by turn is needed for that. */
export function createPartsOf(db: Sqlite): (turn: number) => PartRow[] {
  const findTurn = db.prepare<[number], { id: string }>('select id from turn where seq = ?');
  const findPart = db.prepare<[string], PartRow>('select * from outbox where id = ?');
  return (turn) => {
    const found = findTurn.get(turn);
    const rows: PartRow[] = [];
    for (let row = found && findPart.get(toChunkId(found.id, 0)); row;) {
      rows.push(row);
      row = findPart.get(toChunkId(found?.id ?? '', rows.length));
    }
    return rows;
  };
}
