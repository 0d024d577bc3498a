import type { ClaimedDelivery, CommitResult, TurnOutcome } from '../store.ts';
import type { Sqlite } from './database.ts';
import { toDelivery, type OutboxRow } from './delivery-row.ts';

/** Ends a turn. The fence stands first: whoever no longer holds the lease writes nothing. */
export function createCommit(db: Sqlite) {
  const release = db.prepare(
    `update conversation set lease_owner = null, lease_until = null, attempt = 0, stream = null, active_at = @now,
       wake_at = case when exists (select 1 from inbox where conversation_id = @conversationId and state = 'waiting') then @now end
     where id = @conversationId and lease_owner = @owner and lease_token = @token returning wake_at`,
  );
  const reset = db.prepare<[string, string]>(
    'update conversation set reset_seq = coalesce((select max(seq) from message where conversation_id = ?), 0) where id = ?',
  );
  const holds = db.prepare<[string, string, number], { found: 1 }>(
    'select 1 as found from conversation where id = ? and lease_owner = ? and lease_token = ?',
  );
  const remember = db.prepare(
    `insert into message (conversation_id, role, message_id, author_id, author_name, text, tokens, turn_id, at)
     select conversation_id, 'user', message_id, author_id, author_name, text, @tokens, @turnId, sent_at
     from inbox where seq = @seq and withdrawn = 0`,
  );
  // A failed event keeps its payload for a replay; of all others only the tombstone stays.
  const settle = db.prepare(
    `update inbox set state = 'settled', verdict = @verdict, reason = @reason, turn_id = @turnId, settled_at = @now,
       payload = iif(@verdict = 'failed', payload, null), text = iif(@verdict = 'failed', text, '')
     where seq = @seq and state = 'waiting'`,
  );
  const answer = db.prepare(
    `insert into message (conversation_id, role, author_id, author_name, text, tokens, turn_id, at)
     values (@conversationId, 'assistant', '', '', @text, @tokens, @turnId, @now)`,
  );
  const insertTurn = db.prepare(
    `insert into turn (id, conversation_id, first_seq, last_seq, attempt, parts, model, input_tokens, output_tokens, error_id, error, started_at, ended_at)
     values (@turnId, @conversationId, @firstSeq, @lastSeq, @attempt, @parts, @model, @inputTokens, @outputTokens, @errorId, @error, @startedAt, @now)`,
  );
  const outboxBusy = db.prepare<[string], { found: 1 }>(
    "select 1 as found from outbox where conversation_id = ? and state in ('queued', 'sending') limit 1",
  );
  const insertPart = db.prepare(
    `insert into outbox (id, turn_id, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, opened,
       state, uncertain, attempt, next_at, expires_at, lease_owner, lease_token, created_at)
     values (@id, @turn_id, @conversation_id, @adapter, @tenant, @in_reply_to, @destination, @part, @parts, @text, @opened,
       @state, @uncertain, @attempt, @next_at, @expires_at, @lease_owner, @lease_token, @created_at)`,
  );
  const bury = db.prepare(
    `insert into dead_letter (id, kind, adapter, conversation_id, turn_id, error, error_id, attempts, at, state)
     values (@turnId, 'turn', @adapter, @conversationId, @turnId, @error, @errorId, @attempt, @now, 'open')`,
  );

  function recordTurn(outcome: TurnOutcome, now: number): void {
    const { turnId, conversationId } = outcome;
    for (const event of outcome.events) {
      if (event.tokens !== undefined) remember.run({ seq: event.seq, tokens: event.tokens, turnId });
      settle.run({ seq: event.seq, verdict: event.verdict, reason: event.reason ?? null, turnId, now });
    }
    if (outcome.answer) answer.run({ ...outcome.answer, conversationId, turnId, now });
    if (outcome.reset) reset.run(conversationId, conversationId);
    const error = outcome.failure?.message ?? null;
    const errorId = outcome.failure?.errorId ?? null;
    insertTurn.run({
      turnId,
      conversationId,
      firstSeq: outcome.events[0]?.seq ?? 0,
      lastSeq: outcome.events.at(-1)?.seq ?? 0,
      attempt: outcome.attempt,
      parts: outcome.parts.length,
      model: outcome.model ?? null,
      inputTokens: outcome.inputTokens ?? null,
      outputTokens: outcome.outputTokens ?? null,
      errorId,
      error,
      startedAt: outcome.startedAt,
      now,
    });
    if (outcome.failure) {
      bury.run({ turnId, adapter: outcome.deliver.adapter, conversationId, error, errorId, attempt: outcome.attempt, now });
    }
  }

  function enqueue(outcome: TurnOutcome, now: number): ClaimedDelivery | undefined {
    const leaseUntil = now + outcome.deliver.leaseMs;
    const busy = outboxBusy.get(outcome.conversationId) !== undefined;
    let first: OutboxRow | undefined;
    for (const [part, { id, text }] of outcome.parts.entries()) {
      const row = toOutboxRow(outcome, { part, id, text, now });
      if (part > 0 || busy) {
        insertPart.run(row);
        continue;
      }
      first = { ...row, state: 'sending', attempt: 1, next_at: leaseUntil, lease_owner: outcome.owner, lease_token: 1 };
      insertPart.run(first);
    }
    return first && toDelivery(first);
  }

  return function commitTurn(outcome: TurnOutcome, now: number): CommitResult {
    const { conversationId, owner, token } = outcome;
    if (!holds.get(conversationId, owner, token)) return { status: 'stale' };
    recordTurn(outcome, now);
    const delivery = enqueue(outcome, now);
    const released = release.get({ conversationId, owner, token, now }) as { wake_at: number | null } | undefined; // the row of `returning`
    return { status: 'committed', delivery, moreWaiting: released?.wake_at !== null };
  };
}

function toOutboxRow(outcome: TurnOutcome, { part, id, text, now }: { part: number; id: string; text: string; now: number }): OutboxRow {
  const { deliver } = outcome;
  const isFirst = part === 0;
  return {
    id,
    turn_id: outcome.turnId,
    conversation_id: outcome.conversationId,
    adapter: deliver.adapter,
    tenant: deliver.tenant,
    in_reply_to: deliver.inReplyTo,
    destination: JSON.stringify(deliver.destination),
    part,
    parts: outcome.parts.length,
    text,
    opened: isFirst && deliver.opened ? JSON.stringify(deliver.opened) : null,
    state: 'queued',
    uncertain: isFirst && deliver.uncertain ? 1 : 0,
    attempt: 0,
    next_at: now,
    expires_at: deliver.expiresAt,
    lease_owner: null,
    lease_token: 0,
    created_at: now,
  };
}
