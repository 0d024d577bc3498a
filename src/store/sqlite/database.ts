import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describeError, StoreError, StoreLockedError } from '../../errors.ts';
import { loadMigrations, pendingMigrations } from '../migrate.ts';

export type Sqlite = Database.Database;

export interface OpenedDatabase {
  readonly db: Sqlite;
  close(): void;
}

/** `exclusive`: refuse to open while another process does so; the command line tools look at the file of a running Parley without it. */
export interface DatabaseOptions {
  readonly folder: string;
  /** Of the file in the folder; parley.db unless given. */
  readonly name?: string;
  readonly exclusive: boolean;
}

const busyTimeoutMs = 5_000;
const busyPauseMs = 20;

/** Opens `parley.db` in the folder, creates and migrates it where needed. Throws StoreLockedError or StoreError. */
export function openDatabase(options: DatabaseOptions): OpenedDatabase {
  createFolder(options.folder);
  const lock = options.exclusive ? takeLock(options.folder) : undefined;
  try {
    const db = connect(join(options.folder, options.name ?? 'parley.db'));
    return {
      db,
      close: () => {
        // Only the owner tidies the log away: a tool must not make a running Parley wait for it.
        if (lock) db.pragma('wal_checkpoint(TRUNCATE)');
        db.close();
        lock?.close();
      },
    };
  } catch (error) {
    lock?.close();
    throw error;
  }
}

/** A database that lives in memory only, for tests and simulations of the code that runs on it. */
export function openMemoryDatabase(): OpenedDatabase {
  const db = connect(':memory:');
  return { db, close: () => db.close() };
}

function connect(file: string): Sqlite {
  let db: Sqlite | undefined;
  try {
    db = new Database(file, { timeout: busyTimeoutMs });
    enableWal(db);
    // FULL: a commit reaches the disk before it is acknowledged. NORMAL loses acknowledged events in a power cut.
    db.pragma('synchronous = FULL');
    // 16 MB. At SQLite's own 1,000 pages a busy ledger moves the log into the file eight times a second, each with two more waits for the disk.
    db.pragma('wal_autocheckpoint = 4000');
    db.pragma('cache_size = -16000');
    db.pragma('temp_store = MEMORY');
  } catch (error) {
    db?.close();
    throw new StoreError(
      `The database ${file} cannot be opened: ${describeError(error)}. Check that PARLEY_DATA names a folder that this user may write to and that the disk is not full.`,
      { cause: error },
    );
  }
  try {
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** SQLite does not wait for its busy timeout here: of two processes that open a fresh file at once, one is told that it is locked. */
function enableWal(db: Sqlite): void {
  for (let waitedMs = 0; ; waitedMs += busyPauseMs) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || waitedMs >= busyTimeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyPauseMs); // all of this is synchronous, and so is the wait
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Applies what is missing in one transaction that is exclusive from its start, so that of two racing processes the second finds the work done. */
export function migrate(db: Sqlite): void {
  const migrations = loadMigrations('sqlite');
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (pendingMigrations(migrations, version()).length === 0) return;
  db.transaction(() => {
    for (const migration of pendingMigrations(migrations, version())) {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }
  }).immediate();
}

/**
 * Holds an exclusive lock on a file beside the database for as long as the process lives. The kernel frees it when the process
 * dies in whatever way, which a file with a process id in it cannot promise; and the database itself stays readable for tools.
 */
function takeLock(folder: string): Sqlite {
  let lock: Sqlite | undefined;
  try {
    lock = new Database(join(folder, 'parley.lock'), { timeout: 0 });
    lock.pragma('journal_mode = DELETE');
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock?.close();
    if (isBusy(error)) throw new StoreLockedError(folder);
    throw unusable(folder, error);
  }
}

function createFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, error);
  }
}

function unusable(folder: string, error: unknown): StoreError {
  return new StoreError(
    `The data folder ${folder} cannot be used: ${describeError(error)}. Check that PARLEY_DATA names a folder that this user may write to.`,
    { cause: error },
  );
}
