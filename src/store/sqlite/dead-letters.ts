import type { DeadLetter, DeadLetterDetail } from '../store.ts';
import type { Sqlite } from './database.ts';

interface DeadLetterRow {
  readonly id: string;
  readonly kind: 'turn' | 'delivery';
  readonly adapter: string;
  readonly conversation_id: string;
  readonly turn_id: string;
  readonly error: string;
  readonly error_id: string | null;
  readonly attempts: number;
  readonly at: number;
  readonly state: DeadLetter['state'];
}

/** Work that was given up on, until a person replays or discards it. */
export function createDeadLetters(db: Sqlite) {
  const list = db.prepare<[number, number], DeadLetterRow>("select * from dead_letter where state = 'open' or ? order by at desc limit ?");
  const find = db.prepare<[string], DeadLetterRow>("select * from dead_letter where id like ? || '%' limit 2");
  const questions = db.prepare<[string], { eventId: string; author: string; text: string }>(
    `select event_id as eventId, author_name as author, text from inbox where turn_id = ?1
       and seq between (select first_seq from turn where id = ?1) and (select last_seq from turn where id = ?1) order by seq`,
  );
  const spoken = db.prepare<[string], { author: string; text: string }>(
    "select author_name as author, text from message where turn_id = ? and role = 'user' order by seq",
  );
  const parts = db.prepare<[string], { text: string }>("select text from outbox where turn_id = ? and state = 'dead' order by seq");
  const resolve = db.prepare("update dead_letter set state = @state, resolved_at = @now where id = @id and state = 'open'");
  const revive = createReplay(db);

  const get = (id: string): DeadLetterRow | undefined => {
    if (!/^[0-9a-z]+$/.test(id)) return undefined;
    const [row, other] = find.all(id);
    return other && row?.id !== id ? undefined : row;
  };

  return {
    listDeadLetters: ({ limit, all }: { limit: number; all?: boolean }): DeadLetter[] => list.all(all ? 1 : 0, limit).map(toDeadLetter),

    getDeadLetter(id: string): DeadLetterDetail | undefined {
      const row = get(id);
      if (!row) return undefined;
      // A settled question left the inbox for the transcript; the tombstones still give the event ids.
      const said = spoken.all(row.turn_id);
      const asked = questions.all(row.turn_id).map((question, index) => (question.text === '' ? { ...question, ...said[index] } : question));
      return { ...toDeadLetter(row), questions: asked, parts: parts.all(row.turn_id).map(({ text }) => text) };
    },

    replayDeadLetter(id: string, now: number): boolean {
      const row = get(id);
      if (!row || resolve.run({ id: row.id, state: 'replayed', now }).changes === 0) return false;
      if (row.kind === 'turn') revive.turn(row.turn_id, row.conversation_id, now);
      else revive.delivery(row.turn_id, now);
      return true;
    },

    discardDeadLetter(id: string, now: number): boolean {
      const row = get(id);
      return row !== undefined && resolve.run({ id: row.id, state: 'discarded', now }).changes > 0;
    },
  };
}

function createReplay(db: Sqlite) {
  const forget = db.prepare<[string]>('delete from message where turn_id = ?');
  const reopen = db.prepare(
    `update inbox set state = 'waiting', verdict = null, reason = null, settled_at = null, turn_id = null
     where turn_id = @turnId and verdict = 'failed' and payload is not null
       and seq between (select first_seq from turn where id = @turnId) and (select last_seq from turn where id = @turnId)`,
  );
  // A replay is a new answer: the generation gives its parts ids of their own.
  const wake = db.prepare(
    'update conversation set wake_at = coalesce(wake_at, @now), generation = generation + 1 where id = @conversationId',
  );
  const requeue = db.prepare(
    `update outbox set state = 'queued', uncertain = 1, attempt = 0, next_at = @now, expires_at = @now + max(expires_at - created_at, 60000),
       settled_at = null where turn_id = @turnId and state = 'dead'`,
  );
  const succeed = db.prepare(
    `update inbox set verdict = 'answered', reason = null where turn_id = @turnId and verdict = 'failed'
       and seq between (select first_seq from turn where id = @turnId) and (select last_seq from turn where id = @turnId)`,
  );
  return {
    turn(turnId: string, conversationId: string, now: number): void {
      forget.run(turnId);
      reopen.run({ turnId });
      wake.run({ conversationId, now });
    },
    delivery(turnId: string, now: number): void {
      requeue.run({ turnId, now });
      succeed.run({ turnId });
    },
  };
}

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { id, kind, adapter, conversation_id: conversationId, error, error_id: errorId, attempts, at, state } = row;
  return { id, kind, adapter, conversationId, error, errorId: errorId ?? undefined, attempts, at, state };
}
