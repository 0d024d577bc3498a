import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openSqliteStore } from '../../../src/store/sqlite/client.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { defineStoreContract } from '../../contracts/store-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const root = mkdtempSync(join(tmpdir(), 'parley-store-'));
after(() => rmSync(root, { recursive: true }));

defineStoreContract({
  name: 'SQLite in the process',
  open: async () => {
    const clock = createFakeClock();
    return { store: createInProcessStore(openMemoryDatabase(), clock), clock };
  },
});

defineStoreContract({
  name: 'SQLite on its thread',
  open: async () => {
    const clock = createFakeClock();
    const folder = mkdtempSync(join(root, 'data-'));
    return { store: await openSqliteStore({ folder, exclusive: true, clock }), clock };
  },
});
