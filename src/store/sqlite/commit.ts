import { toChunkId } from '../../ids.ts';
import type { ClaimedDelivery, CommitResult, TurnOutcome } from '../store.ts';
import { createEndOfTurn } from './budgets.ts';
import { createCopies } from './copies.ts';
import { createAskApproval } from './approvals.ts';
import { createWithdrawApprovals } from './close-approval.ts';
import type { Sqlite } from './database.ts';
import { outboxColumns, toDelivery, type OutboxRow } from './delivery-row.ts';
import { prepareInsert } from './insert.ts';
import { createRemember } from './facts.ts';
import { createDropSummary } from './summaries.ts';
import { createPartsOf } from './parts.ts';
import { createReplaced } from './replaced.ts';
import { toTime } from './time.ts';

/** Ends a turn. The fence stands first: whoever no longer holds the lease writes nothing. */
export function createCommit(db: Sqlite) {
  const holds = db.prepare<[string, string, number], { changed: 0 | 1 }>(
    'select changed from conversation where id = ? and lease_owner = ? and lease_token = ?',
  );
  const moreWaits = db.prepare<[string], { found: 1 }>(
    "select 1 as found from inbox where conversation_id = ? and state = 'waiting' limit 1",
  );
  const release = db.prepare(
    `update conversation set lease_owner = null, attempt = 0, crashes = 0, stream = null, wake_at = @wakeAt, active_at = @now
     where id = @conversationId`,
  );
  const forget = db.prepare<[string, number]>('delete from message where conversation_id = ? and turn = ?');
  const recordTurn = createTurnRecord(db);
  const settleEvents = createVerdicts(db);
  const writeAnswer = createTranscriptWriter(db);
  const enqueue = createEnqueue(db);
  const endOfTurn = createEndOfTurn(db);
  const copy = createCopies(db);
  const dropSummary = createDropSummary(db);
  const askApproval = createAskApproval(db);
  const withdrawApprovals = createWithdrawApprovals(db);
  const remember = createRemember(db);

  return function commitTurn(outcome: TurnOutcome, now: number): CommitResult {
    const { conversationId, owner, token } = outcome;
    const held = holds.get(conversationId, owner, token);
    if (!held) return { status: 'stale' };
    if (held.changed) return { status: 'changed' };
    const stamp = { turn: recordTurn(outcome, now), now };
    if (outcome.revises) forget.run(conversationId, outcome.revises.turn);
    remember(outcome.remembers ?? [], { turnId: outcome.turnId, now });
    settleEvents(outcome, stamp);
    writeAnswer(outcome, stamp);
    const delivery = enqueue(outcome, stamp);
    copy(outcome, stamp);
    // Another answer is at an old place: whether a summary has told of the earlier one is not worth finding out.
    if (outcome.revises) dropSummary(conversationId, 0);
    endOfTurn(outcome, now);
    askApproval(outcome, now);
    if (outcome.reset) withdrawApprovals(conversationId, now);
    const moreWaiting = moreWaits.get(conversationId) !== undefined;
    release.run({ conversationId, wakeAt: moreWaiting ? now : null, now });
    return { status: 'committed', delivery, moreWaiting };
  };
}

/** Saves what became of the turn, and returns the number of its row. */
function createTurnRecord(db: Sqlite) {
  const insertTurn = db.prepare(
    `insert into turn (id, conversation_id, first_seq, last_seq, attempt, parts, model, input_tokens, output_tokens, error_id, error, started_at, ended_at)
     values (@turnId, @conversationId, @firstSeq, @lastSeq, @attempt, @parts, @model, @inputTokens, @outputTokens, @errorId, @error, @startedAt, @now)`,
  );
  const bury = db.prepare(
    `insert into dead_letter (id, kind, adapter, conversation_id, turn, error, error_id, attempts, at, state)
     values (@turnId, 'turn', @adapter, @conversationId, @turn, @error, @errorId, @attempt, @now, 'open')`,
  );

  return function recordTurn(outcome: TurnOutcome, now: number): number {
    const { turnId, conversationId } = outcome;
    const error = outcome.failure?.message ?? null;
    const errorId = outcome.failure?.errorId ?? null;
    const inserted = insertTurn.run({
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
      startedAt: toTime(outcome.startedAt),
      now,
    });
    const turn = Number(inserted.lastInsertRowid);
    if (outcome.failure) {
      bury.run({ turnId, turn, adapter: outcome.deliver.adapter, conversationId, error, errorId, attempt: outcome.attempt, now });
    }
    return turn;
  };
}

/** Gives each event its verdict; those that count for the conversation move on into the transcript. */
function createVerdicts(db: Sqlite) {
  const remember = db.prepare<[string | null, number, number, number]>(
    `insert into message (conversation_id, role, message_id, author_id, author_name, text, tokens, turn, at)
     select conversation_id, 'user', message_id, author_id, author_name, coalesce(?, text), ?, ?, sent_at
     from inbox where seq = ? and state = 'waiting' and withdrawn = 0`,
  );
  // A failed event keeps its payload for a replay; of the others mostly only the tombstone stays.
  const settle = db.prepare<[string, string | null, number, number, 0 | 1, 0 | 1, number]>(
    `update inbox set state = 'settled', verdict = ?, reason = ?, turn = ?, settled_at = ?,
       payload = iif(? and withdrawn = 0, payload, null), text = iif(?, text, '')
     where seq = ? and state = 'waiting'`,
  );
  return function settleEvents({ events }: TurnOutcome, { turn, now }: Stamp): void {
    for (const { seq, verdict, reason, tokens, files, keepsPayload } of events) {
      // Before its message, which stays the newest under its id: an edit changes that and leaves the files.
      if (files) remember.run(files.text, files.tokens, turn, seq);
      if (tokens !== undefined) remember.run(null, tokens, turn, seq);
      const keep = verdict === 'failed' ? 1 : 0;
      settle.run(verdict, reason ?? null, turn, now, keepsPayload ? 1 : keep, keep, seq);
    }
  };
}

function createTranscriptWriter(db: Sqlite) {
  const answer = db.prepare<[string, string, number, number, number]>(
    `insert into message (conversation_id, role, author_id, author_name, text, tokens, turn, at)
     values (?, 'assistant', '', '', ?, ?, ?, ?)`,
  );
  const reset = db.prepare<[string, string]>(
    'update conversation set summary = null, reset_seq = coalesce((select max(seq) from message where conversation_id = ?), 0) where id = ?',
  );
  return function writeAnswer({ conversationId, answer: said, reset: isReset }: TurnOutcome, { turn, now }: Stamp): void {
    if (said) answer.run(conversationId, said.text, said.tokens, turn, now);
    if (isReset) reset.run(conversationId, conversationId);
  };
}

/** Puts the parts of the answer into the outbox, and hands out the first one where nothing is before it. */
function createEnqueue(db: Sqlite) {
  const outboxBusy = db.prepare<[string], { found: 1 }>(
    "select 1 as found from outbox where conversation_id = ? and state in ('queued', 'sending') limit 1",
  );
  const insertPart = prepareInsert(db, 'outbox', outboxColumns);
  const partsOf = createPartsOf(db);
  const replacedBy = createReplaced(db);

  return function enqueue(outcome: TurnOutcome, stamp: Stamp): ClaimedDelivery | undefined {
    const earlier = outcome.revises ? partsOf(outcome.revises.turn) : [];
    if (outcome.parts.length + earlier.length === 0) return undefined;
    const busy = outboxBusy.get(outcome.conversationId) !== undefined;
    const rows = contentsOf(outcome, earlier).map((content, part) =>
      toOutboxRow(outcome, { ...stamp, ...content, part, leased: part === 0 && !busy }),
    );
    for (const row of rows) insertPart(row);
    const [first] = rows;
    if (!first || busy) return undefined;
    return toDelivery(first, { replaced: replacedBy(first.replaces) });
  };
}

type Content = Pick<Part, 'id' | 'text' | 'replaces' | 'approval'>;

/** The parts, each in the place of one of the earlier answer; what is left of that goes. */
function contentsOf({ parts, turnId, approval }: TurnOutcome, earlier: readonly { readonly id: string }[]): Content[] {
  const shown = parts.map(({ id, text }, part) => ({
    id,
    text,
    replaces: earlier[part]?.id ?? null,
    approval: approval?.part === part ? approval.id : null,
  }));
  const left = earlier.slice(parts.length);
  const removed = left.map(({ id }, index) => ({
    id: toChunkId(turnId, parts.length + index),
    text: '',
    replaces: id,
    approval: null,
  }));
  return [...shown, ...removed];
}

interface Stamp {
  readonly turn: number;
  readonly now: number;
}

interface Part extends Stamp {
  readonly id: string;
  readonly text: string;
  readonly replaces: string | null;
  /** Which approval it asks for. */
  readonly approval: string | null;
  readonly part: number;
  /** Whether it goes out at once, by the process that ends the turn. */
  readonly leased: boolean;
}

function toOutboxRow(outcome: TurnOutcome, { id, text, replaces, approval, part, leased, turn, now }: Part): OutboxRow {
  const { deliver, owner, parts } = outcome;
  const isFirst = part === 0;
  return {
    id,
    turn,
    conversation_id: outcome.conversationId,
    adapter: deliver.adapter,
    tenant: deliver.tenant,
    in_reply_to: deliver.inReplyTo,
    destination: JSON.stringify(deliver.destination),
    part,
    parts: parts.length,
    text,
    opened: isFirst && deliver.opened ? JSON.stringify(deliver.opened) : null,
    state: leased ? 'sending' : 'queued',
    uncertain: isFirst && deliver.uncertain ? 1 : 0,
    attempt: leased ? 1 : 0,
    // Whoever settles what is before it makes it due.
    next_at: leased ? now + deliver.leaseMs : null,
    expires_at: toTime(deliver.expiresAt),
    lease_owner: leased ? owner : null,
    lease_token: leased ? 1 : 0,
    created_at: now,
    replaces,
    thread: null,
    approval,
    approval_open: approval === null ? 0 : 1,
  };
}
