import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { openLedger } from '../../contracts/store/ledger.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFeedback } from '../../support/inbound.ts';

/** A data folder with one answer that Ann likes and Bob does not. */
async function createJudged(t: TestContext) {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  const ledger = await openLedger(t, async () => ({ store: createInProcessStore(database, clock), clock }));
  const { delivery } = await ledger.ask('c1', 'Thirty days.');
  assert.ok(delivery);
  const judged = { messageId: 'M1', outboundId: delivery.id };
  await ledger.accept(createFeedback(judged));
  await clock.advance(1);
  const bob = { id: 'bob', name: 'Bob\u001b[2J', isBot: false };
  await ledger.accept(createFeedback({ ...judged, author: bob, rating: 'bad', reason: 'It is wrong:\nfourteen' }));
  return { call: (...args: string[]) => callParley(['feedback', ...args], { cwd }) };
}

describe('parley feedback', () => {
  test('counts what people think', async (t) => {
    const { call } = await createJudged(t);

    const shown = await call();
    const asJson = await call('summary', '--json', '--since', '2026-01-01');
    const later = await call('summary', '--since', '2099-01-01');

    assert.equal(shown.stdout, 'fake      50 % good   1 good, 1 bad (1 with a reason), of 1 answers by 2 people\n');
    assert.deepEqual(JSON.parse(asJson.stdout), [{ adapter: 'fake', good: 1, bad: 1, withReason: 1, people: 2, answers: 1 }]);
    assert.equal(later.stdout, 'No feedback.\n');
  });

  test('lists what they said with question and answer, without letting it steer the terminal', async (t) => {
    const { call } = await createJudged(t);

    const shown = await call('list');
    const asJson = await call('list', '--json', '--limit', '1');

    assert.match(
      shown.stdout,
      /^2026-.* bad +fake +Bob\?\[2J\n {2}reason +It is wrong: fourteen\n {2}question +question in c1\n/,
    );
    assert.match(shown.stdout, /answer +Thirty days\.\n {2}turn +\w{24} of fake:T1:c1\n\n2026-.* good +fake +ann\n/);
    assert.equal(JSON.parse(asJson.stdout).length, 1);
    assert.equal(JSON.parse(asJson.stdout)[0].reason, 'It is wrong:\nfourteen');
  });

  test('names what is wrong with a time or a number, and makes no ledger by looking for one', async (t) => {
    const cwd = createWorkFolder(t);

    const since = await callParley(['feedback', '--since', 'yesterday'], { cwd });
    const limit = await callParley(['feedback', 'list', '--limit', '0'], { cwd });
    const none = await callParley(['feedback', 'list', '--since', '4w'], { cwd });

    assert.deepEqual([since.exitCode, limit.exitCode, none.exitCode], [2, 2, 0]);
    assert.match(since.stderr, /--since: "yesterday" is no time\. Examples: --since 7d/);
    assert.match(none.stderr, /^There is no ledger yet/);
  });
});
