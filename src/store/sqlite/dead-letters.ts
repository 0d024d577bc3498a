import type { DeadLetter, DeadLetterDetail } from '../dead-letter-store.ts';
import type { Sqlite } from './database.ts';
import { createPartsOf } from './parts.ts';
import { remarkAuthor } from './undeliverable.ts';

interface DeadLetterRow {
  readonly id: string;
  readonly kind: 'turn' | 'delivery';
  readonly adapter: string;
  readonly conversation_id: string;
  readonly turn: number;
  readonly error: string;
  readonly error_id: string | null;
  readonly attempts: number;
  readonly at: number;
  readonly state: DeadLetter['state'];
}

/** Work that was given up on, until a person replays or discards it. */
export function createDeadLetters(db: Sqlite) {
  const listOpen = db.prepare<[number], DeadLetterRow>(
    "select * from dead_letter where state = 'open' order by at desc, id limit ?",
  );
  const listAll = db.prepare<[number], DeadLetterRow>('select * from dead_letter order by at desc, id limit ?');
  // Ids are of [0-9a-z]; `{` comes next.
  const find = db.prepare<[string, string], DeadLetterRow>(
    "select * from dead_letter where id >= ? and id < ? || '{' order by id limit 2",
  );
  // A settled question has left the inbox for the transcript; the tombstone still gives its event id.
  const questions = db.prepare<{ turn: number }, { eventId: string; author: string; text: string }>(
    `select event_id as eventId, author_name as author, iif(text <> '', text, coalesce((
         select m.text from message m where m.conversation_id = i.conversation_id and m.turn = i.turn and m.role = 'user'
           and m.message_id is i.message_id and m.at = i.sent_at), '')) as text
     from inbox i where turn = @turn
       and seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn) order by seq`,
  );
  const parts = db.prepare<[number, string], { text: string }>(
    "select text from outbox where turn = ? and conversation_id = ? and state = 'dead' order by seq",
  );
  const resolve = db.prepare("update dead_letter set state = @state, resolved_at = @now where id = @id and state = 'open'");
  const revive = createReplay(db);

  const get = (id: string): DeadLetterRow | undefined => {
    if (!/^[0-9a-z]+$/.test(id)) return undefined;
    const [row, other] = find.all(id, id);
    return other && row?.id !== id ? undefined : row;
  };

  return {
    listDeadLetters: ({ limit, all }: { limit: number; all?: boolean }): DeadLetter[] =>
      (all ? listAll : listOpen).all(limit).map(toDeadLetter),

    getDeadLetter(id: string): DeadLetterDetail | undefined {
      const row = get(id);
      if (!row) return undefined;
      return {
        ...toDeadLetter(row),
        questions: questions.all({ turn: row.turn }),
        parts: parts.all(row.turn, row.conversation_id).map(({ text }) => text),
      };
    },

    replayDeadLetter(id: string, now: number): boolean {
      const row = get(id);
      if (!row || resolve.run({ id: row.id, state: 'replayed', now }).changes === 0) return false;
      if (row.kind === 'turn') revive.turn(row, now);
      else revive.delivery(row, now);
      return true;
    },

    discardDeadLetter(id: string, now: number): boolean {
      const row = get(id);
      return row !== undefined && resolve.run({ id: row.id, state: 'discarded', now }).changes > 0;
    },
  };
}

function createReplay(db: Sqlite) {
  const forget = db.prepare<[string, number]>('delete from message where conversation_id = ? and turn = ?');
  // A replay is a new answer: the generation gives its parts ids of their own.
  const reopen = db.prepare(
    `update inbox set state = 'waiting', generation = generation + 1, verdict = null, reason = null, settled_at = null, turn = @revised
     where turn = @turn and verdict = 'failed' and payload is not null
       and seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)`,
  );
  const wake = db.prepare<[number, string]>('update conversation set wake_at = coalesce(wake_at, ?) where id = ?');
  // What was withdrawn, or replaced by another answer since, does not come back.
  const requeue = (which: string) =>
    db.prepare(
      `update outbox set state = 'queued', uncertain = 1, opened = null, attempt = 0, next_at = @now, settled_at = null,
         expires_at = @now + min(max(expires_at - created_at, 60000), 86400000) where ${which} and state = 'dead'
         and not exists (select 1 from outbox later where later.seq > outbox.seq and later.replaces = outbox.id)`,
    );
  const requeueAnswer = requeue('turn = @turn and conversation_id = @conversationId');
  // What was to stand in a thread that could not be opened.
  const requeueThread = requeue('thread = @id');
  // Not where the turn itself had failed, and what could not be delivered was the apology.
  const succeed = db.prepare(
    `update inbox set verdict = 'answered', reason = null
     where turn = @turn and verdict = 'failed' and (select error from turn where seq = @turn) is null
       and seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)`,
  );
  // It may arrive after all.
  const unsay = db.prepare(
    `delete from message where conversation_id = @conversationId and turn = @turn and role = 'user' and author_id = '${remarkAuthor}'`,
  );
  const isCopy = db.prepare<[string], { copied: 1 }>('select 1 as copied from outbox where id = ? and thread is not null');
  const partsOf = createPartsOf(db);
  return {
    turn({ turn, conversation_id: conversationId }: DeadLetterRow, now: number): void {
      forget.run(conversationId, turn);
      // What was to take the place of an answer still is.
      const isRevision = partsOf(turn).some(({ replaces }) => replaces !== null);
      reopen.run({ turn, revised: isRevision ? turn : null });
      wake.run(now, conversationId);
    },
    delivery({ id, turn, conversation_id: conversationId }: DeadLetterRow, now: number): void {
      unsay.run({ turn, conversationId });
      requeueAnswer.run({ turn, conversationId, now });
      requeueThread.run({ id, now });
      if (!isCopy.get(id)) succeed.run({ turn });
    },
  };
}

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { id, kind, adapter, conversation_id: conversationId, error, error_id: errorId, attempts, at, state } = row;
  return { id, kind, adapter, conversationId, error, errorId: errorId ?? undefined, attempts, at, state };
}
