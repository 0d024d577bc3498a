import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
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
  const configure = (yaml: string): void => writeFileSync(join(cwd, 'parley.yaml'), yaml);
  const spend = async (id: string, micros: number): Promise<void> => {
    await accept(createMessage('question', { in: `in-${id}`, author: { id, name: id, isBot: false } }));
    const party = { adapter: 'fake', tenant: 'T1', channel: `in-${id}`, person: id };
    await commit(await claimOne(), { parts: ['answer'], spent: { tokens: 1_000, micros, party } });
  };
  return { first, second, clock, configure, spend, call: (...args: string[]) => callParley(['usage', ...args], { cwd }) };
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

  test('shows what answers cost where prices are set, and what is left of each limit', async (t) => {
    const { call, configure, spend, clock } = await createUsage(t);
    // The command line goes by the time of day.
    await clock.advance(systemClock.now() - clock.now());
    configure(`limits:
  messages: { person: { day: 10 } }
  money: { overall: { day: 2 }, person: { month: 1.5 } }
  currency: EUR
  prices: { m: { input: 1, output: 2 } }
`);
    await spend('U1', 1_250_000);
    await spend('U3', 4_000);

    const { stdout } = await call('--limit', '2');
    const limits = JSON.parse((await call('--limits', '--json')).stdout) as Record<string, unknown>[];

    const lines = stdout.split('\n');
    assert.match(lines[0] ?? '', /tokens out +cost$/);
    assert.match(lines[1] ?? '', / 1\.25 EUR$/);
    assert.match(
      stdout,
      /\nlimit +whom +resets \(UTC\) +used +reserved +left +of\nlimits\.money\.overall\.day +everybody .* 1\.25 EUR +0\.00 EUR +0\.75 EUR +2\.00 EUR\n/,
    );
    assert.match(stdout, /limits\.money\.person\.month +fake T1 U3 .* 0\.004 EUR +0\.00 EUR +1\.50 EUR +1\.50 EUR\n/);
    const { limit, unit, currency, subject, used, reserved, left, most } = limits[1] ?? {};
    assert.deepEqual(
      { limit, unit, currency, subject, used, reserved, left, most },
      {
        limit: 'limits.money.person.month',
        unit: 'money',
        currency: 'EUR',
        subject: 'U1',
        used: 1.25,
        reserved: 0,
        left: 0.25,
        most: 1.5,
      },
    );
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
