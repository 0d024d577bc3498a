import { createCloseApproval } from './close-approval.ts';
import type { Sqlite } from './database.ts';
import { createPartsOf } from './parts.ts';
import type { Spoken } from './spoken.ts';

interface Answers extends Pick<Spoken, 'id' | 'turns' | 'since'> {
  readonly person: string;
}

interface Withdrawn {
  readonly id: string;
  readonly part_id: string | null;
  readonly state: 'withdrawn';
  readonly decided_name: string | null;
  readonly decided_at: number | null;
}

/** Clears what these turns have sent, called and asked for. What is on its way still arrives; returns how many parts that are. */
export function createForgetAnswers(db: Sqlite): (answers: Answers, now: number) => number {
  const partsOf = createPartsOf(db);
  // What is to be replayed would be nothing.
  const discard = db.prepare<{ turn: number; now: number }>(
    "update dead_letter set state = 'discarded', resolved_at = @now where turn = @turn and state = 'open' and kind = 'delivery'",
  );
  const clearPart = db.prepare<[string]>(
    "update outbox set forgotten = 1, text = iif(state in ('sent', 'dead'), '', text) where id = ?",
  );
  const clearPayloads = db.prepare<{ turn: number; person: string }>(
    `update inbox set payload = null where turn = @turn and author_id = @person and state = 'settled'
       and seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)`,
  );
  const clearCalls = createClearCalls(db);

  return ({ id: conversationId, turns, since, person }, now) => {
    let underWay = 0;
    for (const turn of turns) {
      discard.run({ turn, now });
      for (const { id, state } of partsOf(turn)) {
        clearPart.run(id);
        if (state === 'queued' || state === 'sending') underWay += 1;
      }
      clearPayloads.run({ turn, person });
    }
    clearCalls({ conversationId, since, person, now });
    return underWay;
  };
}

interface Calls {
  readonly conversationId: string;
  /** By our clock. */
  readonly since: number;
  readonly person: string;
  readonly now: number;
}

/** That a call was made stays, so that it is not made again; with what, and what came of it, goes. What the person has asked to be approved is not asked any more. */
function createClearCalls(db: Sqlite): (calls: Calls) => void {
  const clearCalls = db.prepare<Calls>(
    `update tool_call set arguments = '{}', outcome = iif(outcome is null, null, 'erased')
     where conversation_id = @conversationId and at >= @since`,
  );
  const withdraw = db.prepare<Calls, Withdrawn>(
    `update approval set state = 'withdrawn', decided_at = @now
     where state = 'pending' and conversation_id = @conversationId and json_extract(asker, '$.id') = @person
     returning id, part_id, state, decided_name, decided_at`,
  );
  const clearApprovals = db.prepare<Calls>(
    `update approval set arguments = '{}', reason = null
     where state <> 'pending' and conversation_id = @conversationId and asked_at >= @since`,
  );
  const close = createCloseApproval(db);
  return (calls) => {
    clearCalls.run(calls);
    for (const each of withdraw.all(calls)) close(each, calls.now);
    clearApprovals.run(calls);
  };
}
