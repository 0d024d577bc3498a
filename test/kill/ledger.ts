import Database from 'better-sqlite3';
import { judgementKept } from '../../src/store/feedback-store.ts';
import { answeredAgain } from '../../src/store/revision.ts';
import type { Press } from './driver.ts';

export interface LedgerState {
  readonly waiting: number;
  readonly undelivered: number;
  readonly deadLetters: number;
}

/**
 * The ledger seen from outside, while a process holds it. It is closed again before that process is killed: a connection that stays open
 * would keep the log's index alive, and the next process would have nothing to recover.
 */
export interface LedgerView {
  state(): LedgerState;
  /** What is wrong with what has come of these presses: each is to have one verdict and one effect. `pending`: that some are not taken yet. */
  pressProblems(presses: readonly Press[]): { readonly pending: number; readonly problems: readonly string[] };
  /** All rows of the conversation in which this was said, for people to read. */
  rowsAbout(marker: string): string;
  close(): void;
}

export function openLedger(file: string): LedgerView {
  const db = new Database(file, { readonly: true, timeout: 5_000 });
  const state = db.prepare<[], LedgerState>(
    `select (select count(*) from inbox where state = 'waiting') as waiting,
       (select count(*) from outbox where state in ('queued', 'sending')) as undelivered,
       (select count(*) from dead_letter) as deadLetters`,
  );
  const conversationOf = db.prepare<[string, string], { id: string }>(
    `select conversation_id as id from message where text like ? and role = 'user'
     union select conversation_id from inbox where text like ? limit 1`,
  );

  const pressProblems = createPressCheck(db);

  function rowsOf(table: string, columns: string, id: string): string {
    const rows = db
      .prepare<[string]>(`select ${columns} from ${table} where ${table === 'conversation' ? 'id' : 'conversation_id'} = ?`)
      .all(id);
    return [`${table}:`, ...rows.map((row) => `  ${JSON.stringify(row)}`)].join('\n');
  }

  return {
    state: () => state.get() ?? { waiting: 0, undelivered: 0, deadLetters: 0 },
    pressProblems,
    rowsAbout: (marker) => {
      const pattern = `%${marker} please%`;
      const id = conversationOf.get(pattern, pattern)?.id;
      if (id === undefined) return `The ledger holds nothing about ${marker}.`;
      return [
        rowsOf('conversation', 'id, wake_at, lease_owner, lease_token, claimed_seq, attempt, crashes, stream', id),
        rowsOf('inbox', 'seq, event_id, type, state, verdict, reason, turn, sent_at, accepted_at, settled_at', id),
        rowsOf('turn', 'seq, id, first_seq, last_seq, attempt, parts, error, started_at, ended_at', id),
        rowsOf('message', 'seq, role, turn, substr(text, 1, 40) as text', id),
        rowsOf(
          'outbox',
          'seq, id, turn, part, parts, state, uncertain, attempt, opened, receipt, error, created_at, settled_at',
          id,
        ),
      ].join('\n');
    },
    close: () => db.close(),
  };
}

interface PressRow {
  readonly conversation_id: string;
  readonly state: string;
  readonly reason: string | null;
}

function createPressCheck(db: Database.Database): LedgerView['pressProblems'] {
  const rowsOf = db.prepare<[string], PressRow>('select conversation_id, state, reason from inbox where event_id = ?');
  const ratingOf = db.prepare<[string, string], { rating: string }>(
    'select rating from feedback where author_id = ? and turn = (select turn from outbox where id = ?)',
  );
  const revisions = db.prepare<[], { id: string; turns: number }>(
    `select conversation_id as id, count(distinct turn) as turns from outbox where replaces is not null and turn > 0 group by 1`,
  );
  return (presses) => {
    const taken = presses.map((press) => ({ press, rows: rowsOf.all(press.eventId) }));
    const rated = new Map(
      Object.entries(Object.groupBy(presses, ({ outboundId }) => outboundId)).map(([id, of = []]) => [
        id,
        of.map(({ name }) => name),
      ]),
    );
    const problems = taken.flatMap(({ press: { eventId, name, outboundId, userId }, rows }) => {
      if (rows.length > 1 || name === 'regenerate')
        return rows.length > 1 ? [`press ${eventId} stands ${rows.length} times`] : [];
      const [row] = rows;
      if (row && row.reason !== judgementKept) return [`press ${eventId} (${name}): ${row.reason}`];
      const rating = ratingOf.get(userId, outboundId)?.rating;
      if (!row || (rating !== undefined && rated.get(outboundId)?.includes(rating))) return [];
      return [`press ${eventId} (${name}) on ${outboundId}: what is kept is ${rating}`];
    });
    const again = taken.flatMap(({ rows }) => rows).filter(({ reason }) => reason === answeredAgain);
    const wanted = Map.groupBy(again, ({ conversation_id: id }) => id);
    const made = new Map(revisions.all().map(({ id, turns }) => [id, turns]));
    for (const id of new Set([...wanted.keys(), ...made.keys()])) {
      const [presses, turns] = [wanted.get(id)?.length ?? 0, made.get(id) ?? 0];
      if (presses !== turns)
        problems.push(`${id}: ${presses} presses that want another answer, and ${turns} turns that gave one`);
    }
    return { pending: taken.filter(({ rows }) => rows[0]?.state !== 'settled').length, problems };
  };
}
