import { toChunkId } from '../../ids.ts';
import type { EventKey } from '../store.ts';
import type { Sqlite } from './database.ts';

/** Parts of an answer that were sent go out once more, in their order, under the same ids. */
export function createResend(db: Sqlite) {
  const findTurn = db.prepare<[string, string, string], { id: string; parts: number }>(
    `select t.id, t.parts from inbox i join turn t on t.seq = i.turn where i.adapter = ? and i.tenant = ? and i.event_id = ?`,
  );
  const find = db.prepare<[string], { state: string }>('select state from outbox where id = ?');
  const requeue = db.prepare<{ id: string; now: number }>(
    `update outbox set state = 'queued', uncertain = 1, opened = null, attempt = 0, next_at = @now, settled_at = null, receipt = null,
       expires_at = @now + min(max(expires_at - created_at, 60000), 86400000) where id = @id`,
  );
  return ({ adapter, tenant, eventId }: EventKey, now: number): number => {
    const turn = findTurn.get(adapter, tenant, eventId);
    const ids = Array.from({ length: turn?.parts ?? 0 }, (_, part) => toChunkId(turn?.id ?? '', part));
    if (ids.some((id) => find.get(id)?.state !== 'sent')) return 0;
    for (const id of ids) requeue.run({ id, now });
    return ids.length;
  };
}
