import { openMemoryDatabase, type OpenedDatabase } from '../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../src/store/sqlite/in-process.ts';
import type { Store } from '../../src/store/store.ts';

type Sqlite = OpenedDatabase['db'];

export interface OutboxState {
  readonly state: 'queued' | 'sending' | 'sent' | 'dead';
  /** The platform's message id. */
  readonly receipt: string | undefined;
}

/** The real store on a database in memory, and a look into it that needs no store. */
export interface SimulatedLedger {
  readonly db: Sqlite;
  readonly store: Store;
  /** How much is not settled yet. */
  open(): number;
  outbox(): Map<string, OutboxState>;
}

let used: { readonly database: OpenedDatabase; readonly store: Store; now: () => number } | undefined;

/** Empty. Opening a database and preparing its statements takes 8 ms, a quarter of a run: the runs of a thread share one, one after the other. */
export function openSimulatedLedger(now: () => number): SimulatedLedger {
  used ??= openShared();
  used.now = now;
  const { db } = used.database;
  clear(db);
  const open = db
    .prepare<[], number>(
      `select (select count(*) from inbox where state = 'waiting') + (select count(*) from outbox where state in ('queued', 'sending'))`,
    )
    .pluck();
  const outbox = db.prepare<[], { id: string; state: OutboxState['state']; receipt: string | null }>(
    "select id, state, receipt ->> 'id' as receipt from outbox",
  );
  return {
    db,
    store: used.store,
    open: () => open.get() ?? 0,
    outbox: () => new Map(outbox.all().map(({ id, state, receipt }) => [id, { state, receipt: receipt ?? undefined }])),
  };
}

function openShared(): NonNullable<typeof used> {
  const database = openMemoryDatabase();
  const shared = { database, now: () => 0 };
  return Object.assign(shared, { store: createInProcessStore(database, { now: () => shared.now() }) });
}

function clear(db: Sqlite): void {
  const tables = db
    .prepare<[], string>(
      "select name from sqlite_schema where type = 'table' and name not like 'sqlite_stat%' and name not like 'passage%'",
    )
    .pluck();
  db.transaction(() => {
    for (const table of tables.all()) db.exec(`delete from ${table}`);
  })();
}
