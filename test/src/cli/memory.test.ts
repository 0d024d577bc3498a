import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { openLedger } from '../../contracts/store/ledger.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';

/** A data folder in which something is remembered of Ann. */
async function createRemembered(t: TestContext) {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  const ledger = await openLedger(t, async () => ({ store: createInProcessStore(database, clock), clock }));
  await ledger.accept(createMessage('My desk\u001b[2J is 4.', { author: { id: 'U1', name: 'Ann', isBot: false } }));
  const turn = await ledger.claimOne();
  const { seq } = turn.events[0] ?? assert.fail();
  await ledger.commit(turn, { remembers: [{ seq, text: 'My desk\u001b[2J is 4.', place: 'fake:T1:c1', isPublic: false }] });
  return { ledger, call: (...args: string[]) => callParley(['memory', ...args], { cwd }) };
}

describe('parley memory', () => {
  test('lists what is remembered of whom and where, without letting it steer the terminal', async (t) => {
    const { call } = await createRemembered(t);

    const shown = await call();
    const asJson = await call('list', '--json', '--person', 'fake/T1/U1');
    const others = await call('list', '--person', 'fake/T2/U1');
    const tenant = await call('list', '--tenant', 'fake/T1');

    assert.equal(shown.stdout, '    1  2026-06-01  fake/T1  U1 (Ann)  fake:T1:c1  My desk?[2J is 4.\n');
    assert.equal(JSON.parse(asJson.stdout)[0].text, 'My desk\u001b[2J is 4.');
    assert.equal(others.stdout, 'Nothing is remembered.\n');
    assert.equal(tenant.stdout, shown.stdout);
  });

  test('notes what everybody of a tenant is told, and takes it back', async (t) => {
    const { call, ledger } = await createRemembered(t);

    const added = await call('add', '--tenant', 'fake/T1', 'Closed on\nFridays.');
    const [noted] = await ledger.store.listFacts({ person: '', limit: 10 });
    const removed = await call('remove', '2', '9');

    assert.deepEqual([added.stdout, added.exitCode, noted?.text], ['2 noted\n', 0, 'Closed on Fridays.']);
    assert.deepEqual([removed.stdout, removed.exitCode], ['2 removed\n', 1]);
    assert.match(removed.stderr, /^9: nothing is remembered under this id/);
  });

  test('forgets a person, but not without being sure', async (t) => {
    const { call, ledger } = await createRemembered(t);

    const unsure = await call('forget', '--person', 'fake/T1/U1');
    const before = await ledger.texts();
    const done = await call('forget', '--person', 'fake/T1/U1', '--yes', '--json');

    assert.deepEqual([unsure.exitCode, before.length], [2, 1]);
    assert.match(unsure.stderr, /--yes/);
    assert.deepEqual(JSON.parse(done.stdout), { facts: 1, messages: 1, conversations: 1, waiting: 0, underWay: 0 });
    assert.deepEqual(await ledger.texts(), []);
    assert.equal((await call()).stdout, 'Nothing is remembered.\n');
  });

  test('names what is wrong with a person, a tenant, an id or a text', async (t) => {
    const { call } = await createRemembered(t);

    for (const [args, expected] of [
      [['forget', '--person', 'U1', '--yes'], /"U1" names no person/],
      [['list', '--tenant', 'fake/T1/U1'], /"fake\/T1\/U1" names no tenant/],
      [['remove', 'x'], /"x" is no id/],
      [['add', '--tenant', 'fake/T1', 'x'.repeat(301)], /1 to 300 characters/],
      [['list', '--limit', '0'], /--limit/],
    ] as const) {
      const { exitCode, stderr } = await call(...args);
      assert.equal(exitCode, 2);
      assert.match(stderr, expected);
    }
  });
});
