import { toChunkId, toTurnId } from '../../ids.ts';
import type { Action } from '../../message.ts';
import type { Sqlite } from './database.ts';
import { toTime } from './time.ts';

/** A note is of use while its reader still remembers what was pressed. */
const noticeExpiryMs = 10 * 60_000;

/** Says what there is to say about a press where that came from; the adapter has seen to it that only who pressed reads it, where the platform can. */
export function createPressNotice(db: Sqlite): (press: Action, text: string, now: number) => void {
  const queue = db.prepare(
    `insert into outbox (id, turn, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, state, next_at, expires_at, created_at)
     values (@id, 0, @conversationId, @adapter, @tenant, @eventId, @destination, 0, 1, @text, 'queued',
       iif(exists (select 1 from outbox where conversation_id = @conversationId and state in ('queued', 'sending')), null, @now), @expiresAt, @now)
     on conflict (id) do nothing`,
  );
  return ({ adapter, tenant, eventId, conversationId, destination }, text, now) => {
    queue.run({
      ...{ adapter, tenant, eventId, conversationId, text, now },
      id: toChunkId(toTurnId({ adapter, tenant, eventId, generation: 0 }), 0),
      destination: JSON.stringify(destination),
      expiresAt: toTime(now + noticeExpiryMs),
    });
  };
}
