import type { InboundEvent, Refusal } from '../../message.ts';
import type { Sqlite } from './database.ts';

const hourMs = 60 * 60_000;

/**
 * Why an event is one too many in its conversation, where its rule says so. What was ignored or refused itself counts for nothing.
 * Counted from the events themselves, in the transaction that accepts: over restarts and processes there is one count.
 */
export function createTurnLimits(db: Sqlite): (event: InboundEvent, now: number) => Refusal | undefined {
  const findAfter = db.prepare<[string, number, number]>(
    `select 1 as found from inbox where limited_in = +? and limited_in is not null and accepted_at > +?
       and (verdict is null or verdict not in ('ignored', 'refused'))
     limit 1 offset +?`,
  );
  return (event, now) => {
    const limit = 'limit' in event ? event.limit : undefined;
    if (!limit) return undefined;
    const { conversationId, perHour, refusal } = limit;
    const isReached = perHour <= 0 || findAfter.get(conversationId, now - hourMs, perHour - 1) !== undefined;
    return isReached ? refusal : undefined;
  };
}
