import { toChunkId } from '../../ids.ts';
import type { Stop, StopTarget } from '../../message.ts';
import { stopVerdicts, type StopVerdict } from '../../stop-verdicts.ts';
import type { Sqlite } from './database.ts';
import { turnIdOf, type NamingRow } from './turn-id.ts';

/** What a waiting event is marked with. A settled one has the reason of its verdict there. */
const stopReason = 'stopped by a person';

/** Of a stop that means one turn: what that turn leaves to the next one is not stopped. */
function markOf(turnId: string): string {
  return `${stopReason}, in turn ${turnId}`;
}

/** Whether a waiting event with this mark is stopped, in the turn that takes it up now. */
export function isStopped(mark: string | null, turnId: string): boolean {
  return mark !== null && (mark === stopReason || mark === markOf(turnId));
}

/** Marks what a stop means, so that whoever takes it up next does not answer it. */
export function createStop(db: Sqlite): (stop: Stop, now: number) => StopVerdict {
  const stopWaiting = createStopWaiting(db);
  const stopTurn = createStopTurn(db);
  const makeDue = db.prepare<{ id: string; now: number }>(
    'update conversation set wake_at = @now where id = @id and wake_at > @now and lease_owner is null',
  );
  return (stop, now) => {
    const { conversationId, target } = stop;
    const verdict = target ? stopTurn(stop, target) : stopWaiting(conversationId);
    // What was put off is due at once: nobody waits for its answer.
    if (verdict === stopVerdicts.stopped) makeDue.run({ id: conversationId, now });
    return verdict;
  };
}

/** All that waits in a conversation, the events of a running turn included. */
function createStopWaiting(db: Sqlite): (conversationId: string) => StopVerdict {
  // Deleted ones too: where answers stay although their questions go, theirs may be growing.
  const mark = db.prepare<[string, string]>("update inbox set reason = ? where conversation_id = +? and state = 'waiting'");
  return (conversationId) => (mark.run(stopReason, conversationId).changes > 0 ? stopVerdicts.stopped : stopVerdicts.nothing);
}

interface ClaimedRow extends NamingRow {
  readonly seq: number;
  readonly type: string;
  readonly author_id: string;
  readonly withdrawn: 0 | 1 | 2;
  readonly reason: string | null;
  readonly turn: number | null;
}

/**
 * The events of the turn that an answer is of, as far as it has taken them up: the one under way, or put off. What came since is of the next
 * one. Whoever has asked none of them stops nothing, unless the platform says that they may.
 */
function createStopTurn(db: Sqlite): (stop: Stop, target: StopTarget) => StopVerdict {
  // A turn that has ended leaves neither; an event that was deleted meanwhile may still stand there as its first.
  const underWay = db.prepare<[string], { claimed_seq: number; stream: string | null }>(
    'select claimed_seq, stream from conversation where id = ? and (lease_owner is not null or stream is not null)',
  );
  const claimed = db.prepare<[string, number], ClaimedRow>(
    `select seq, type, adapter, tenant, event_id, generation, author_id, withdrawn, reason, turn from inbox
     where conversation_id = +? and state = 'waiting' and seq <= +? order by seq`,
  );
  const mark = db.prepare<[string, string, number]>(
    "update inbox set reason = ? where conversation_id = +? and state = 'waiting' and withdrawn = 0 and seq = +?",
  );

  return ({ conversationId, author }, { outboundId, messageId, isModerator }) => {
    const { claimed_seq: upTo, stream } = underWay.get(conversationId) ?? { claimed_seq: 0, stream: null };
    const rows = toTurn(claimed.all(conversationId, upTo));
    const [first] = rows;
    if (!first) return stopVerdicts.over;
    const turnId = turnIdOf(first);
    const isIt = outboundId === undefined ? isShownAs(messageId, stream) : outboundId === toChunkId(turnId, 0);
    if (!isIt) return stopVerdicts.over;
    if (!isModerator && !rows.some((row) => row.author_id === author.id)) return stopVerdicts.foreign;
    const live = rows.filter(({ withdrawn }) => !withdrawn);
    // The turn of what is stopped already takes nothing that came since, although it may have been claimed with it.
    if (live.some(({ reason }) => isStopped(reason, turnId))) return stopVerdicts.stopped;
    for (const { seq } of live) mark.run(markOf(turnId), conversationId, seq);
    return stopVerdicts.stopped;
  };
}

/** Of what was claimed, what one turn takes: a revision takes its own events alone, and a command or a decision is a turn of its own. */
function toTurn(rows: readonly ClaimedRow[]): readonly ClaimedRow[] {
  const ofOne = rows.filter(({ turn }) => turn === rows[0]?.turn);
  const command = ofOne.findIndex(({ type }) => type === 'command' || type === 'action');
  return command < 0 ? ofOne : ofOne.slice(0, Math.max(command, 1));
}

function isShownAs(messageId: string, stream: string | null): boolean {
  if (stream === null || stream === 'unknown') return false;
  return (JSON.parse(stream) as { id?: unknown }).id === messageId; // written by noteStream
}
