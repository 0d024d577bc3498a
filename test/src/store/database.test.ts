import assert from 'node:assert/strict';
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import Database from 'better-sqlite3';
import { StoreError, StoreLockedError } from '../../../src/errors.ts';
import { loadMigrations, pendingMigrations } from '../../../src/store/migrate.ts';
import { migrate, openDatabase, openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createFolder } from '../../support/store-folder.ts';

describe('opening a database', () => {
  it('commits to a write-ahead log that is on the disk before the commit returns', (test) => {
    const { db, close } = openDatabase({ folder: createFolder(test), exclusive: true });
    test.after(close);

    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('synchronous', { simple: true }), 2, 'FULL');
  });

  it('creates the folder, for nobody else to read', (test) => {
    const folder = join(createFolder(test), 'deep', 'data');

    openDatabase({ folder, exclusive: true }).close();

    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.ok(existsSync(join(folder, 'parley.db')));
  });

  it('leaves one file when it is closed', (test) => {
    const folder = createFolder(test);

    openDatabase({ folder, exclusive: true }).close();

    assert.equal(existsSync(join(folder, 'parley.db-wal')), false);
  });

  it('finds everything again', async (test) => {
    const folder = createFolder(test);
    const clock = createFakeClock();
    const first = createInProcessStore(openDatabase({ folder, exclusive: true }), clock);
    const event = createMessage('hello');
    await first.accept({ adapter: 'fake', events: [event], state: { key: 'session', value: 7 } });
    await first.close();

    const second = createInProcessStore(openDatabase({ folder, exclusive: true }), clock);
    test.after(() => second.close());

    const { turns } = await second.claimTurns({ owner: 'p2', limit: 1, leaseMs: 1, historyLimit: 1 });
    assert.deepEqual(turns[0]?.events[0]?.event, event);
    assert.equal(await second.loadState({ adapter: 'fake', key: 'session' }), 7);
  });

  it('uses the file that it is told to', (test) => {
    const folder = createFolder(test);

    openDatabase({ folder, name: 'ledger.db', exclusive: true }).close();

    assert.ok(existsSync(join(folder, 'ledger.db')));
    assert.equal(existsSync(join(folder, 'parley.db')), false);
  });

  it('refuses a second owner in the same process, too', (test) => {
    const folder = createFolder(test);
    const { close } = openDatabase({ folder, exclusive: true });

    assert.throws(() => openDatabase({ folder, exclusive: true }), StoreLockedError);
    openDatabase({ folder, exclusive: false }).close();
    assert.throws(() => openDatabase({ folder, exclusive: true }), StoreLockedError, 'a tool does not break the lock');
    close();

    openDatabase({ folder, exclusive: true }).close();
  });

  it('says what to look at when the file is no database', (test) => {
    const folder = createFolder(test);
    writeFileSync(join(folder, 'parley.db'), 'this is no database, and long enough to be taken for one'.repeat(20));

    assert.throws(
      () => openDatabase({ folder, exclusive: true }),
      (error) => error instanceof StoreError && /parley\.db cannot be opened.*PARLEY_DATA/s.test(error.message),
    );
  });

  it('says what to look at when the folder cannot be used', (test) => {
    const folder = createFolder(test);
    writeFileSync(join(folder, 'file'), '');
    chmodSync(join(folder, 'file'), 0o600);

    assert.throws(() => openDatabase({ folder: join(folder, 'file'), exclusive: true }), StoreError);
  });
});

describe('migrations', () => {
  it('are numbered without a gap', () => {
    const versions = loadMigrations('sqlite').map(({ version }) => version);

    assert.deepEqual(
      versions,
      versions.map((_, index) => index + 1),
    );
  });

  it('are applied once', (test) => {
    const { db, close } = openMemoryDatabase();
    test.after(close);
    const before = db.pragma('schema_version', { simple: true });

    migrate(db);

    assert.equal(db.pragma('user_version', { simple: true }), loadMigrations('sqlite').length);
    assert.equal(db.pragma('schema_version', { simple: true }), before);
  });

  it('refuse a database that a newer Parley has written, and leave it as it is', (test) => {
    const folder = createFolder(test);
    const { db, close } = openDatabase({ folder, exclusive: true });
    db.pragma('user_version = 999');
    close();

    for (const exclusive of [true, false]) {
      assert.throws(
        () => openDatabase({ folder, exclusive }),
        (error) => error instanceof StoreError && /schema 999.*PARLEY_DATA/.test(error.message),
      );
    }
  });

  it('leave a turn to be ended that was under way in the first version', async (test) => {
    const folder = createFolder(test);
    const event = createMessage('hello');
    const old = new Database(join(folder, 'parley.db'));
    old.exec(loadMigrations('sqlite')[0]?.sql ?? '');
    old.pragma('user_version = 1');
    old
      .prepare(
        `insert into conversation (id, adapter, tenant, destination, wake_at, lease_owner, lease_token, attempt, created_at, active_at)
         values (?, 'fake', 'T1', '{}', 1, 'p0', 3, 2, 1, 1)`,
      )
      .run(event.conversationId);
    old
      .prepare(
        `insert into inbox (adapter, tenant, event_id, hash, conversation_id, type, text, payload, state, sent_at, accepted_at)
         values ('fake', 'T1', ?, '', ?, 'message', 'hello', ?, 'waiting', 1, 1)`,
      )
      .run(event.eventId, event.conversationId, JSON.stringify({ ...event, text: '' }));
    old.close();

    const store = createInProcessStore(openDatabase({ folder, exclusive: true }), createFakeClock());
    test.after(() => store.close());
    await store.takeOver();
    const { turns } = await store.claimTurns({ owner: 'p1', limit: 1, leaseMs: 1, historyLimit: 1 });

    assert.deepEqual(
      turns.map(({ attempt, crashes, events }) => [attempt, crashes, events[0]?.event]),
      [[3, 1, event]],
    );
  });

  it('keep the documents and passages of a version that had one folder, where they were', async (test) => {
    const folder = createFolder(test);
    const old = new Database(join(folder, 'parley.db'));
    for (const { sql } of loadMigrations('sqlite').slice(0, 17)) old.exec(sql);
    old.pragma('user_version = 17');
    old.exec(`insert into passage (rowid, heading, text, source, position) values (7, 'Care', 'dry cloth', 'a.md', 0);
      insert into document (source, hash, first_passage, last_passage) values ('a.md', 'h', 7, 7), ('empty.md', 'h', 1, 0);`);
    old.close();

    const { db, close } = openDatabase({ folder, exclusive: false });
    test.after(close);
    const store = createInProcessStore({ db, close: () => undefined }, createFakeClock());
    const [found] = await store.searchPassages('cloth', 5, ['folder']);
    const documents = await store.listDocuments();
    await store.removeDocument({ collection: 'folder', source: 'a.md' });

    assert.deepEqual([found?.source, found?.collection, found?.heading], ['a.md', 'folder', 'Care']);
    assert.deepEqual(
      documents.map(({ collection, source, passages }) => [collection, source, passages]),
      [
        ['folder', 'a.md', 1],
        ['folder', 'empty.md', 0],
      ],
    );
    assert.deepEqual(await store.searchPassages('cloth', 5), []);
  });

  it('still missing are those above the version of the database', () => {
    const migrations = [1, 2, 3].map((version) => ({ version, name: `${version}.sql`, sql: '' }));

    assert.deepEqual(pendingMigrations(migrations, 0), migrations);
    assert.deepEqual(pendingMigrations(migrations, 2), migrations.slice(2));
    assert.deepEqual(pendingMigrations(migrations, 3), []);
    assert.throws(() => pendingMigrations(migrations, 4), StoreError);
  });
});
