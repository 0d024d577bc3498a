import { toTurnId } from '../../ids.ts';
import type { InboundEvent } from '../../message.ts';
import type {
  ClaimedTurn,
  TranscriptMessage,
  TurnClaim,
  TurnClaims,
  TurnHold,
  TurnPostponement,
  TurnRenewal,
  WaitingEvent,
} from '../store.ts';
import type { Sqlite } from './database.ts';
import { createHistory, type History } from './history.ts';
import { createReady, type ReadyConversation } from './ready.ts';
import { stopReason } from './stops.ts';
import { toTime } from './time.ts';

interface WaitingRow {
  readonly seq: number;
  readonly payload: string;
  readonly text: string;
  readonly withdrawn: 0 | 1;
  readonly generation: number;
  readonly accepted_at: number;
  readonly reason: string | null;
}

/** So many events one turn takes at most; the rest get the next one. */
const eventsPerTurn = 100;

/** Claiming and giving back turns; see the state machine in store.ts. Ending one is in commit.ts. */
export function createTurns(db: Sqlite) {
  const history = createHistory(db);
  return {
    ...createHolds(db),
    ...createClaim(db, history),
    transcript: ({ conversationId, limit }: { conversationId: string; limit: number }): TranscriptMessage[] =>
      history({ conversationId, after: 0, limit }),
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
       attempt = attempt + 1, crashes = crashes + (lease_owner is not null), stream = coalesce(stream, 'unknown') where id = ?`,
  );
  const outboxBusy = db.prepare<[string], { found: 1 }>(
    "select 1 as found from outbox where conversation_id = ? and state in ('queued', 'sending') limit 1",
  );

  function claimOne(conversation: ReadyConversation, claim: TurnClaim & { now: number }): ClaimedTurn | undefined {
    const rows = waitingIn(conversation.id, claim.now);
    const [firstRow] = rows;
    const events = rows.map(toWaitingEvent);
    const [first, last] = [events[0], events.at(-1)];
    if (!first || !last || !firstRow) {
      rest.run(conversation.id);
      return undefined;
    }
    lease.run(claim.owner, claim.now + claim.leaseMs, last.seq, conversation.id);
    const { adapter, tenant, eventId } = first.event;
    return {
      owner: claim.owner,
      conversationId: conversation.id,
      token: conversation.lease_token + 1,
      turnId: toTurnId({ adapter, tenant, eventId, generation: firstRow.generation }),
      attempt: conversation.attempt + 1,
      crashes: conversation.crashes,
      events,
      history: history({ conversationId: conversation.id, after: conversation.reset_seq, limit: claim.historyLimit }),
      stream: parseStream(conversation.stream),
      outboxBusy: outboxBusy.get(conversation.id) !== undefined,
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

/** Reads what waits, after it has settled what was deleted meanwhile. */
function createWaiting(db: Sqlite) {
  const waiting = db.prepare<[string, number], WaitingRow>(
    `select seq, payload, text, withdrawn, generation, accepted_at, reason from inbox
     where conversation_id = +? and state = 'waiting' order by seq limit +?`,
  );
  const settleWithdrawn = db.prepare<[number, string]>(
    `update inbox set state = 'settled', verdict = 'ignored', reason = 'deleted by its author', payload = null, text = '', settled_at = ?
     where conversation_id = ? and state = 'waiting' and withdrawn = 1`,
  );
  return function waitingIn(conversationId: string, now: number): WaitingRow[] {
    const rows = waiting.all(conversationId, eventsPerTurn);
    if (!rows.some((row) => row.withdrawn)) return rows;
    settleWithdrawn.run(now, conversationId);
    return waiting.all(conversationId, eventsPerTurn);
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
      return postpone.run(change).changes > 0;
    },
  };
}

function holdOf({ conversationId, owner, token }: TurnHold) {
  return { conversationId, owner, token };
}

function toWaitingEvent(row: WaitingRow): WaitingEvent {
  const stored = JSON.parse(row.payload) as InboundEvent; // written by accept from an InboundEvent
  const event = 'text' in stored ? { ...stored, text: row.text } : stored;
  return { seq: row.seq, event, acceptedAt: row.accepted_at, stopped: row.reason === stopReason };
}

function parseStream(stream: string | null): ClaimedTurn['stream'] {
  if (stream === null) return undefined;
  return stream === 'unknown' ? 'unknown' : (JSON.parse(stream) as Exclude<ClaimedTurn['stream'], 'unknown'>); // written by noteStream
}
