import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { defineStoreContract } from '../../contracts/store-contract.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

// On its thread the store does the same, as client.test.ts shows; a thread for every test here would take a minute.
defineStoreContract({
  name: 'the ledger on SQLite',
  open: async () => {
    const clock = createFakeClock();
    return { store: createInProcessStore(openMemoryDatabase(), clock), clock };
  },
});
