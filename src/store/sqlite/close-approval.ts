import { toDecisionText, toMinuteText } from '../../approval-verdicts.ts';
import { toClosingId } from '../../ids.ts';
import type { ApprovalRow } from './approval-row.ts';
import type { Sqlite } from './database.ts';

type Closed = Pick<ApprovalRow, 'id' | 'part_id' | 'state' | 'decided_name' | 'decided_at'>;

/** So long it is tried to take the buttons away. */
const closingExpiryMs = 24 * 60 * 60_000;

/** Writes over the message with the buttons who has decided what and when; it has no buttons then. */
export function createCloseApproval(db: Sqlite): (approval: Closed, now: number) => void {
  // It is no part of an answer, and answers nothing: what it replaces has told to what it belongs.
  const write = db.prepare(
    `insert into outbox (id, turn, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, state, next_at, expires_at,
       created_at, replaces, approval, approval_open)
     select @id, 0, conversation_id, adapter, tenant, @approval, destination, 0, 1, text || @note, 'queued',
       iif(exists (select 1 from outbox o where o.conversation_id = outbox.conversation_id and o.state in ('queued', 'sending')), null, @now),
       @expiresAt, @now, id, @approval, 0
     from outbox where id = @part and state <> 'dead' on conflict (id) do nothing`,
  );
  return ({ id, part_id: part, state, decided_name: name, decided_at: at }, now) => {
    if (part === null) return;
    const note = `\n\n**${toDecisionText(state, name)}**, ${toMinuteText(at ?? now)}`;
    write.run({ id: toClosingId(id), part, note, approval: id, now, expiresAt: now + closingExpiryMs });
  };
}

/** Ends what is asked in a conversation, because what was said there counts no more. */
export function createWithdrawApprovals(db: Sqlite): (conversationId: string, now: number) => void {
  const withdraw = db.prepare<{ conversationId: string; now: number }, Closed>(
    `update approval set state = 'withdrawn', decided_at = @now where state = 'pending' and conversation_id = @conversationId
     returning id, part_id, state, decided_name, decided_at`,
  );
  const close = createCloseApproval(db);
  return (conversationId, now) => {
    for (const each of withdraw.all({ conversationId, now })) close(each, now);
  };
}
