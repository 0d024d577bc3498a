import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { openLedger } from '../../contracts/store/ledger.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';

const long = `${'x'.repeat(2_000)}the end\u202e`;

/** A data folder in which a call waits for approval. */
async function createPending(t: TestContext, { leftMs = 60_000 } = {}) {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  const ledger = await openLedger(t, async () => ({ store: createInProcessStore(database, clock), clock }));
  await ledger.accept(createMessage('refund it'));
  const approval = {
    ...{ id: 'call1', tool: 'refund', title: 'Refunding\u001b[2J', untrusted: true, part: undefined },
    arguments: JSON.stringify({ amount: 5, note: long }),
    asker: { id: 'ann', name: 'Ann', isBot: false },
    expiresAt: systemClock.now() + leftMs,
  };
  await ledger.commit(await ledger.claimOne(), { parts: ['May I?'], approval });
  return { ...ledger, call: (...args: string[]) => callParley(['tools', ...args], { cwd }) };
}

describe('parley tools approvals', () => {
  test('lists what waits, and shows every argument of one in full, without letting it steer the terminal', async (t) => {
    const { call } = await createPending(t);

    const listed = await call('approvals');
    const shown = await call('approvals', 'cal');
    const asJson = await call('approvals', '--json');

    assert.match(listed.stdout, /^call1 {2}refund \(Refunding\?\[2J\) {2}for Ann in fake:T1:c1 {2}until \d{4}-.* UTC\n$/);
    assert.match(shown.stdout, /careful +what strangers wrote/);
    assert.match(shown.stdout, /"amount": 5\n/);
    assert.ok(shown.stdout.includes(`"note": "${'x'.repeat(2_000)}the end\\u202e"\n    (2015 characters, SHA-256 `));
    assert.equal(JSON.parse(asJson.stdout)[0].id, 'call1');
  });

  test('approves one, once, for a turn of its conversation', async (t) => {
    const { call, claimOne, store, clock } = await createPending(t);

    const first = await call('approve', 'call1');
    const second = await call('decline', 'call1');

    assert.deepEqual([first.exitCode, first.stdout], [0, 'call1 approved\n']);
    assert.equal(second.exitCode, 1);
    assert.match(second.stderr, /^call1: decided already \(Approved by operator /);
    await clock.advance(systemClock.now() - clock.now());
    const turn = await claimOne();
    assert.ok(turn.events[0]?.event.type === 'action');
    assert.equal((await store.findApproval('call1'))?.state, 'approved');
  });

  test('declines one with a reason', async (t) => {
    const { call, store } = await createPending(t);

    const { exitCode } = await call('decline', 'call1', '--reason', 'paid already');
    const shown = await call('approvals', '--all');

    assert.equal(exitCode, 0);
    assert.equal((await store.findApproval('call1'))?.decision?.reason, 'paid already');
    assert.match(shown.stdout, /Declined by operator /);
  });

  for (const { what, args, code, says } of [
    { what: 'an id that nobody knows', args: ['approve', 'nope'], code: 1, says: /nope: no request for approval has this id/ },
    { what: 'no id at all', args: ['approve'], code: 2, says: /missing required argument/ },
    { what: 'a reason that is too long', args: ['decline', 'call1', '--reason', 'x'.repeat(501)], code: 2, says: /--reason/ },
    { what: 'a limit that is none', args: ['approvals', '--limit', '0'], code: 2, says: /--limit: "0"/ },
  ]) {
    test(`refuses ${what}`, async (t) => {
      const { call, store } = await createPending(t);

      const { exitCode, stderr } = await call(...args);

      assert.equal(exitCode, code);
      assert.match(stderr, says);
      assert.equal((await store.findApproval('call1'))?.state, 'pending');
    });
  }

  test('approves nothing whose time is over', async (t) => {
    const { call } = await createPending(t, { leftMs: -1 });

    const { exitCode, stderr } = await call('approve', 'call1');

    assert.equal(exitCode, 1);
    assert.match(stderr, /^call1: the request has expired/);
  });
});
