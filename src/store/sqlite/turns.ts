import type { InboundEvent } from '../../message.ts';
import type {
  ClaimedTurn,
  TranscriptMessage,
  TranscriptQuery,
  TurnClaim,
  TurnClaims,
  TurnHold,
  TurnPostponement,
  TurnRenewal,
  WaitingEvent,
} from '../store.ts';
import type { Revised } from '../revision.ts';
import { createEndOfTurn } from './budgets.ts';
import type { Sqlite } from './database.ts';
import { createHistory, type History } from './history.ts';
import { createReady, type ReadyConversation } from './ready.ts';
import { createSettleWithdrawn, type Withdrawn } from './settle-withdrawn.ts';
import { isStopped } from './stops.ts';
import { parseSummary } from './summaries.ts';
import { toTime } from './time.ts';
import { turnIdOf, type NamingRow } from './turn-id.ts';

interface WaitingRow extends NamingRow {
  readonly seq: number;
  readonly payload: string;
  readonly text: string;
  readonly withdrawn: Withdrawn;
  readonly accepted_at: number;
  readonly reason: string | null;
  /** Of one that is answered again: the turn that answered it. */
  readonly turn: number | null;
}

/** So many events one turn takes at most; the rest get the next one. */
const eventsPerTurn = 100;

/** Claiming and giving back turns; see the state machine in store.ts. Ending one is in commit.ts. */
export function createTurns(db: Sqlite) {
  const history = createHistory(db);
  const resetOf = db.prepare<[string], number>('select reset_seq from conversation where id = ?').pluck();
  return {
    ...createHolds(db),
    ...createClaim(db, history),
    transcript: ({ conversationId, limit, sinceReset }: TranscriptQuery): TranscriptMessage[] =>
      history({ conversationId, after: sinceReset ? (resetOf.get(conversationId) ?? 0) : 0, limit }),
  };
}

function createClaim(db: Sqlite, history: History) {
  const waitingIn = createWaiting(db);
  const ready = createReady(db);
  const rest = db.prepare<[string]>(
    'update conversation set wake_at = null, lease_owner = null, attempt = 0, crashes = 0, stream = null where id = ?',
  );
  const lease = db.prepare<[string, number, number, string]>(
    `update conversation set lease_owner = ?, lease_token = lease_token + 1, wake_at = ?, claimed_seq = ?,
       changed = 0, attempt = attempt + 1, crashes = crashes + (lease_owner is not null), stream = coalesce(stream, 'unknown') where id = ?`,
  );
  const outboxBusy = db.prepare<[string], { found: 1 }>(
    "select 1 as found from outbox where conversation_id = ? and state in ('queued', 'sending') limit 1",
  );

  const revised = createRevised(db);

  function claimOne(conversation: ReadyConversation, claim: TurnClaim & { now: number }): ClaimedTurn | undefined {
    const { rows, firstRow } = waitingIn(conversation, claim.now);
    const last = rows.at(-1);
    if (!last || !firstRow) {
      rest.run(conversation.id);
      return undefined;
    }
    lease.run(claim.owner, claim.now + claim.leaseMs, last.seq, conversation.id);
    const [{ turn }, turnId, conversationId] = [firstRow, turnIdOf(firstRow), conversation.id];
    const { after, summary } = beginningOf(conversation);
    return {
      owner: claim.owner,
      conversationId,
      token: conversation.lease_token + 1,
      turnId,
      attempt: conversation.attempt + 1,
      crashes: conversation.crashes,
      triedSeq: conversation.attempt > 0 ? conversation.claimed_seq : 0,
      events: rows.map((row) => toWaitingEvent(row, turnId)),
      history: history({ conversationId, after, limit: claim.historyLimit, without: turn }),
      stream: parseStream(conversation.stream),
      outboxBusy: outboxBusy.get(conversation.id) !== undefined,
      ...summary,
      ...(conversation.has_facts ? { hasFacts: true } : {}),
      ...(turn === null ? {} : { revises: revised(conversation.id, turn) }),
    };
  }

  function claimAll(conversations: readonly ReadyConversation[], claim: TurnClaim & { now: number }): ClaimedTurn[] {
    return conversations.map((conversation) => claimOne(conversation, claim)).filter((turn) => turn !== undefined);
  }

  return {
    claimTurns(claim: TurnClaim, now: number): TurnClaims {
      const { conversations, nextAt } = ready.next(claim.limit, now);
      const turns = claimAll(conversations, { ...claim, now });
      return { turns, nextAt: nextAt() };
    },

    /** Of these conversations alone. */
    claimThese(conversationIds: readonly string[], claim: TurnClaim, now: number): ClaimedTurn[] {
      return claimAll(ready.of(conversationIds, now).slice(0, claim.limit), { ...claim, now });
    },
  };
}

/** Where the history begins, and what is known of what was said before. */
function beginningOf({ reset_seq: reset, summary: stored }: ReadyConversation) {
  const found = parseSummary(stored);
  if (!found) return { after: reset, summary: {} };
  const { text, tokens, through } = found;
  return { after: Math.max(reset, through), summary: { summary: { text, tokens } } };
}

/** The answer that is given once more. */
function createRevised(db: Sqlite): (conversationId: string, turn: number) => Revised {
  const answerOf = db.prepare<[string, number], { text: string }>(
    "select text from message where conversation_id = ? and turn = ? and role = 'assistant'",
  );
  return (conversationId, turn) => ({ turn, answer: answerOf.get(conversationId, turn)?.text });
}

interface Waiting {
  /** What a turn takes. */
  readonly rows: readonly WaitingRow[];
  /** That names the turn. */
  readonly firstRow: WaitingRow | undefined;
}

/** Reads what waits, after it has settled what was deleted meanwhile. */
function createWaiting(db: Sqlite) {
  const waiting = db.prepare<[string, number], WaitingRow>(
    `select seq, adapter, tenant, event_id, generation, payload, text, withdrawn, accepted_at, reason, turn from inbox
     where conversation_id = +? and state = 'waiting' order by seq limit +?`,
  );
  const settleWithdrawn = createSettleWithdrawn(db);

  return function waitingIn(conversation: ReadyConversation, now: number): Waiting {
    const rows = waiting.all(conversation.id, eventsPerTurn);
    if (!rows.some((row) => row.withdrawn)) return toWaiting(rows);
    const live = rows.filter((row) => !row.withdrawn);
    const [first] = rows;
    // Until the turn has ended, what was deleted names the message that a stream may have left.
    if (conversation.stream !== null && live.length > 0 && first?.withdrawn && first.turn === null) {
      return { ...toWaiting(live), firstRow: first };
    }
    settleWithdrawn({ conversation, rows, firstTurnId: first && turnIdOf(first) }, now);
    return toWaiting(waiting.all(conversation.id, eventsPerTurn));
  };
}

/** What is answered again is a turn of its own: its answer takes the place of the one that stands. */
function toWaiting(rows: readonly WaitingRow[]): Waiting {
  const [firstRow] = rows;
  return {
    firstRow,
    rows: rows.some(({ turn }) => turn !== firstRow?.turn) ? rows.filter(({ turn }) => turn === firstRow?.turn) : rows,
  };
}

/** What the holder of a lease does with it. */
function createHolds(db: Sqlite) {
  const renew = db.prepare(
    'update conversation set wake_at = @until where id = @conversationId and lease_owner = @owner and lease_token = @token',
  );
  const setStream = db.prepare(
    'update conversation set stream = @stream where id = @conversationId and lease_owner = @owner and lease_token = @token',
  );
  const postpone = db.prepare(
    `update conversation set lease_owner = null, wake_at = @retryAt, stream = @stream, attempt = attempt - @uncounted
     where id = @conversationId and lease_owner = @owner and lease_token = @token`,
  );
  const endOfTurn = createEndOfTurn(db);
  return {
    renewTurns({ owner, leaseMs, turns }: TurnRenewal, now: number): string[] {
      const lost = turns.filter(
        ({ conversationId, token }) => renew.run({ conversationId, token, owner, until: now + leaseMs }).changes === 0,
      );
      return lost.map(({ conversationId }) => conversationId);
    },

    noteStream(note: TurnHold & { readonly receipt: object }): void {
      setStream.run({ ...holdOf(note), stream: JSON.stringify(note.receipt) });
    },

    postponeTurn(postponement: TurnPostponement, now: number): boolean {
      const { stream, retryAt, counts } = postponement;
      const change = {
        ...holdOf(postponement),
        retryAt: Math.max(toTime(retryAt), now),
        stream: stream === undefined || stream === 'unknown' ? (stream ?? null) : JSON.stringify(stream),
        uncounted: counts ? 0 : 1,
      };
      const isHeld = postpone.run(change).changes > 0;
      if (isHeld) endOfTurn(postponement, now);
      return isHeld;
    },
  };
}

function holdOf({ conversationId, owner, token }: TurnHold) {
  return { conversationId, owner, token };
}

function toWaitingEvent(row: WaitingRow, turnId: string): WaitingEvent {
  const stored = JSON.parse(row.payload) as InboundEvent; // written by accept from an InboundEvent, without its text
  const event = 'text' in stored ? { ...stored, text: row.text } : stored;
  return { seq: row.seq, event, acceptedAt: row.accepted_at, stopped: isStopped(row.reason, turnId) };
}

function parseStream(stream: string | null): ClaimedTurn['stream'] {
  if (stream === null) return undefined;
  return stream === 'unknown' ? 'unknown' : (JSON.parse(stream) as Exclude<ClaimedTurn['stream'], 'unknown'>); // written by noteStream
}
