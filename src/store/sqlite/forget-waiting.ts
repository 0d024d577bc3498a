import type { Sqlite } from './database.ts';

/** Whose, and where. */
export interface Who {
  readonly adapter: string;
  readonly tenant: string;
  readonly person: string;
  /** Null: everywhere in the tenant. */
  readonly only: string | null;
}

/** Ends what a person has asked and is not answered yet, and clears what is kept of it elsewhere in the inbox. The events stay recorded. Returns how many questions waited. */
export function createForgetWaiting(db: Sqlite): (who: Who, before: number | undefined) => number {
  const ofPerson =
    'adapter = @adapter and tenant = @tenant and author_id = @person and conversation_id = coalesce(@only, conversation_id)';
  // As for a message that was deleted while it waited: whoever claims the conversation next settles it, and takes away what was shown of an answer.
  const withdraw = db.prepare<Who & { before: number }>(
    `update inbox indexed by inbox_waiting set withdrawn = 2, text = ''
     where state = 'waiting' and type in ('message', 'command') and withdrawn = 0 and seq < @before and ${ofPerson}`,
  );
  const clearFailed = db.prepare<Who>(
    `update inbox indexed by inbox_failed set withdrawn = 1, text = '', payload = null where verdict = 'failed' and ${ofPerson}`,
  );
  const clearOverheard = db.prepare<Who>(
    `update inbox indexed by inbox_overheard set text = '', payload = null
     where verdict = 'ignored' and payload is not null and ${ofPerson}`,
  );
  const clearFeedback = db.prepare<Who>(`update feedback set reason = null, author_name = '' where ${ofPerson}`);
  const clearRequests = db.prepare<Who>(
    `update webhook_delivery set headers = '{}', body = null where source = @tenant and exists (
       select 1 from inbox i where i.adapter = @adapter and i.tenant = @tenant and i.event_id = webhook_delivery.event_id
         and i.author_id = @person and i.conversation_id = coalesce(@only, i.conversation_id))`,
  );
  return (who, before = Number.MAX_SAFE_INTEGER) => {
    clearFailed.run(who);
    clearOverheard.run(who);
    clearFeedback.run(who);
    if (who.adapter === 'webhook') clearRequests.run(who);
    return withdraw.run({ ...who, before }).changes;
  };
}
