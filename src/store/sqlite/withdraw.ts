import { toRemovalId } from '../../ids.ts';
import type { Sqlite } from './database.ts';
import { createPartsOf } from './parts.ts';

/** Takes what was never tried out of the outbox: something else comes in its place, or nothing. */
export function createKillUnsent(db: Sqlite) {
  const kill = db.prepare<{ conversationId: string; turn: number; now: number }>(
    `update outbox set state = 'dead', error = 'replaced or withdrawn before it was sent', settled_at = @now, next_at = null
     where conversation_id = @conversationId and state in ('queued', 'sending') and state = 'queued' and turn = @turn
       and attempt = 0 and uncertain = 0 and part < parts`,
  );
  const makeHeadDue = createMakeHeadDue(db);
  return (of: { conversationId: string; turn: number; now: number }): void => {
    if (kill.run(of).changes > 0) makeHeadDue(of);
  };
}

/** After whatever stood before it has gone, the oldest part of a conversation is the next to go out. */
function createMakeHeadDue(db: Sqlite) {
  const makeDue = db.prepare<{ conversationId: string; now: number }>(
    `update outbox set next_at = @now where next_at is null and seq = (
       select min(seq) from outbox where conversation_id = @conversationId and state in ('queued', 'sending'))`,
  );
  return ({ conversationId, now }: { conversationId: string; now: number }): void => {
    makeDue.run({ conversationId, now });
  };
}

/** What could not be delivered of an answer that does not count any more is nothing to replay, and what it asks for is not to be approved. */
export function createDiscardLetters(db: Sqlite): (of: { turn: number; now: number }) => void {
  const discard = db.prepare<{ turn: number; now: number }>(
    "update dead_letter set state = 'discarded', resolved_at = @now where turn = @turn and state = 'open' and kind = 'delivery'",
  );
  const withdraw = db.prepare<{ turn: number; now: number }>(
    `update approval set state = 'withdrawn', decided_at = @now
     where state = 'pending' and turn_id = (select id from turn where seq = @turn)`,
  );
  return (of) => {
    discard.run(of);
    withdraw.run(of);
  };
}

/** Takes back the answer of a turn: what stands of it is removed, what is on its way when it has arrived. */
export function createWithdraw(db: Sqlite) {
  const partsOf = createPartsOf(db);
  const killUnsent = createKillUnsent(db);
  const makeHeadDue = createMakeHeadDue(db);
  const forget = db.prepare<[string, number]>('delete from message where conversation_id = ? and turn = ?');
  const discard = createDiscardLetters(db);
  const remove = db.prepare<{ id: string; of: string; part: number; now: number }>(
    `insert into outbox (id, turn, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, state, next_at, expires_at,
       created_at, replaces)
     select @id, turn, conversation_id, adapter, tenant, in_reply_to, destination, @part, 0, '', 'queued', null,
       @now + min(max(expires_at - created_at, 60000), 86400000), @now, id
     from outbox where id = @of on conflict (id) do nothing`,
  );
  return ({ conversationId, turn, now }: { conversationId: string; turn: number; now: number }): void => {
    forget.run(conversationId, turn);
    discard({ turn, now });
    killUnsent({ conversationId, turn, now });
    for (const [part, { id }] of partsOf(turn).entries()) remove.run({ id: toRemovalId(id), of: id, part, now });
    makeHeadDue({ conversationId, now });
  };
}

/** Takes away the message that a stream has opened, or may have, for a turn that never ended. */
export function createRemoveStream(db: Sqlite) {
  const makeHeadDue = createMakeHeadDue(db);
  const remove = db.prepare(
    `insert into outbox (id, turn, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, opened, state, uncertain,
       next_at, expires_at, created_at)
     select @id, 0, id, adapter, tenant, @inReplyTo, destination, 0, 0, '', @opened, 'queued', @uncertain, null, @now + 3600000, @now
     from conversation where id = @conversationId on conflict (id) do nothing`,
  );
  return (of: StreamLeft): void => {
    const { id, conversationId, inReplyTo, stream, now } = of;
    const opened = stream === 'unknown' ? null : stream;
    remove.run({ id, conversationId, inReplyTo, opened, uncertain: opened === null ? 1 : 0, now });
    makeHeadDue(of);
  };
}

interface StreamLeft {
  /** Of the part that the stream was to become. */
  readonly id: string;
  readonly conversationId: string;
  readonly inReplyTo: string;
  /** `unknown`, or a receipt (JSON). */
  readonly stream: string;
  readonly now: number;
}
