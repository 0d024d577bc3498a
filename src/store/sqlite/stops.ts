import type { Sqlite } from './database.ts';

/** What a waiting event is marked with. A settled one has the reason of its verdict there. */
export const stopReason = 'stopped by a person';

/**
 * Marks all that waits in a conversation, the events of a running turn included, so that whoever takes it up next does not answer it.
 * What was put off is due at once: nobody waits for its answer. Tells whether there was anything.
 */
export function createStopWaiting(db: Sqlite): (conversationId: string, now: number) => boolean {
  const mark = db.prepare<[string, string]>(
    "update inbox set reason = ? where conversation_id = +? and state = 'waiting' and withdrawn = 0",
  );
  const makeDue = db.prepare<{ id: string; now: number }>(
    'update conversation set wake_at = @now where id = @id and wake_at > @now and lease_owner is null',
  );
  return (conversationId, now) => {
    if (mark.run(stopReason, conversationId).changes === 0) return false;
    makeDue.run({ id: conversationId, now });
    return true;
  };
}
