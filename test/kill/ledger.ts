import Database from 'better-sqlite3';

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

  function rowsOf(table: string, columns: string, id: string): string {
    const rows = db
      .prepare<[string]>(`select ${columns} from ${table} where ${table === 'conversation' ? 'id' : 'conversation_id'} = ?`)
      .all(id);
    return [`${table}:`, ...rows.map((row) => `  ${JSON.stringify(row)}`)].join('\n');
  }

  return {
    state: () => state.get() ?? { waiting: 0, undelivered: 0, deadLetters: 0 },
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
