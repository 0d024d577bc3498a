import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { openLedger } from '../../contracts/store/ledger.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';

/** Ann has asked twice and Bob once, a day later; nobody has added it up. */
async function createUsage(t: TestContext) {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  const { accept, claimOne, commit } = await openLedger(t, async () => ({ store: createInProcessStore(database, clock), clock }));
  const ask = async (id: string, name: string): Promise<void> => {
    await accept(createMessage('question', { in: `in-${id}`, author: { id, name, isBot: false } }));
    await commit(await claimOne(), { parts: ['answer'], model: 'm', inputTokens: 1_200, outputTokens: 34 });
  };
  const first = new Date(clock.now()).toISOString().slice(0, 10);
  await ask('U1', 'Ann\u001b[2J');
  await ask('U1', 'Ann\u001b[2J');
  await clock.advance(24 * 60 * 60_000);
  const second = new Date(clock.now()).toISOString().slice(0, 10);
  await ask('U2', 'Bob');
  return { first, second, call: (...args: string[]) => callParley(['usage', ...args], { cwd }) };
}

describe('parley usage', () => {
  test('shows who asked how much as a table, the most first, without letting a name steer the terminal', async (t) => {
    const { call } = await createUsage(t);

    const { stdout, exitCode } = await call();

    assert.equal(exitCode, 0);
    assert.deepEqual(stdout.split('\n'), [
      'person        where    questions  answers  failed  tokens in  tokens out',
      'Ann?[2J (U1)  fake T1          2        2       0      2,400          68',
      'Bob (U2)      fake T1          1        1       0      1,200          34',
      'total                          3        3       0      3,600         102',
      '',
    ]);
  });

  test('shows days and places, from a day on', async (t) => {
    const { call, first, second } = await createUsage(t);

    const days = await call('--by', 'day');
    const places = await call('--by', 'place', '--since', second, '--json');

    assert.match(days.stdout, new RegExp(`^day .*\n${second} +1 +1 .*\n${first} +2 +2 .*\ntotal +3 `));
    assert.deepEqual(
      JSON.parse(places.stdout).map(({ key, questions }: { key: string; questions: number }) => [key, questions]),
      [['in-U2', 1]],
    );
  });

  test('says what is wrong with how it was called', async (t) => {
    const { call } = await createUsage(t);

    const results = await Promise.all([
      ...[call('--by', 'colour'), call('--since', '2026-02-31'), call('--since', 'soon'), call('--limit', '0')],
    ]);

    assert.deepEqual(
      results.map(({ exitCode }) => exitCode),
      [2, 2, 2, 2],
    );
    assert.match(results[1]?.stderr ?? '', /--since: "2026-02-31" is no day\. Examples: --since 2026-11-01, --since 7d/);
  });

  test('makes no ledger where there is none', async (t) => {
    const { exitCode, stderr } = await callParley(['usage'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 1);
    assert.match(stderr, /There is no ledger yet at /);
  });
});
