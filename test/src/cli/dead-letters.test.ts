import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { DeadLetter } from '../../../src/store/dead-letter-store.ts';
import { openLedger } from '../../contracts/store/ledger.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import { readNothingOf, startParleyProcess } from '../../support/running-parley.ts';

/** A data folder with one turn that failed and then one answer that could not be delivered. */
async function createTwoDeadLetters(t: TestContext) {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const database = openDatabase({ folder: join(cwd, 'data'), exclusive: false });
  const ledger = await openLedger(t, async () => ({ store: createInProcessStore(database, clock), clock }));
  const { event, turnId } = await ledger.fail('why\u001b[2J?');
  const { delivery } = await ledger.ask('c2', 'first line\nsecond line');
  assert.ok(delivery);
  await ledger.failed(delivery, { error: 'the channel is archived' });
  return {
    ledger,
    event,
    turnId,
    deliveryId: delivery.id,
    call: (...args: string[]) => callParley(['dead-letters', ...args], { cwd }),
  };
}

describe('parley dead-letters', () => {
  test('lists what is open, newest first', async (t) => {
    const { call, turnId, deliveryId } = await createTwoDeadLetters(t);

    const shown = await call();
    const asJson = await call('list', '--json', '--limit', '1');

    const [first = '', second = '', rest] = shown.stdout.split('\n');
    assert.equal(shown.exitCode, 0);
    assert.match(
      first,
      new RegExp(`^${deliveryId.slice(0, 10)}  2026-.* delivery +fake +open +1 attempt +the channel is archived$`),
    );
    assert.match(second, new RegExp(`^${turnId.slice(0, 10)}  2026-.* turn +fake +open +1 attempt +the model gave no answer$`));
    assert.equal(rest, '');
    assert.deepEqual(
      JSON.parse(asJson.stdout).map(({ id }: DeadLetter) => id),
      [deliveryId],
    );
  });

  test('shows one by the first characters of its id, without letting its text steer the terminal', async (t) => {
    const { call, turnId, deliveryId } = await createTwoDeadLetters(t);

    const turn = await call('show', turnId.slice(0, 12));
    const delivery = await call('show', deliveryId);
    const asJson = await call('show', turnId, '--json');

    assert.deepEqual([turn.exitCode, delivery.exitCode], [0, 0]);
    assert.match(turn.stdout, /error +the model gave no answer\nerror id +k7m2p4qa\n[^]*questions\n {2}ann: why\?\[2J\?\n/);
    assert.match(delivery.stdout, /not delivered\n {2}first line\n {4}second line\n$/);
    assert.equal(JSON.parse(asJson.stdout).questions[0].text, 'why\u001b[2J?');
  });

  test('discards and replays, each once; what cannot be found does not keep the others from it', async (t) => {
    const { ledger, call, event, turnId, deliveryId } = await createTwoDeadLetters(t);

    const discarded = await call('discard', 'zzz', deliveryId.slice(0, 12));
    const replayed = await call('replay', turnId);
    const again = await call('replay', turnId);
    const open = await call('list');
    const all = await call('list', '--all');

    assert.deepEqual([discarded.exitCode, discarded.stdout], [1, `${deliveryId} discarded\n`]);
    assert.match(discarded.stderr, /^zzz: no dead letter has this id/);
    assert.deepEqual([replayed.exitCode, replayed.stdout], [0, `${turnId} replayed\n`]);
    assert.deepEqual([again.exitCode, again.stderr], [1, `${turnId}: was replayed already\n`]);
    assert.equal(open.stdout, 'No dead letters.\n');
    assert.equal(all.stdout.split('\n').length, 3);
    assert.equal((await ledger.status(event))?.state, 'waiting');
  });

  test('an unknown id ends with status 1', async (t) => {
    const { call } = await createTwoDeadLetters(t);

    const results = [await call('show', 'zzz'), await call('replay', 'zzz'), await call('discard', 'zzz')];

    for (const { exitCode, stdout, stderr } of results) {
      assert.deepEqual([exitCode, stdout], [1, '']);
      assert.match(stderr, /zzz: no dead letter has this id.* parley dead-letters list --all\n$/);
    }
  });

  test('where there is no ledger, none is made by looking', async (t) => {
    const cwd = createWorkFolder(t);

    const list = await callParley(['dead-letters', 'list', '--json'], { cwd });
    const replay = await callParley(['dead-letters', 'replay', 'abc'], { cwd });

    assert.deepEqual([list.exitCode, list.stdout, replay.exitCode], [0, '[]\n', 1]);
    assert.match(replay.stderr, /^There is no ledger yet at .*parley\.db\.\n$/);
    assert.ok(!existsSync(join(cwd, 'data')));
  });

  test('whoever stops reading its output gets to see no stack', async (t) => {
    const { exitCode, stderr } = await readNothingOf(['dead-letters', 'list', '--json'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 0);
    assert.match(stderr, /^There is no ledger yet at .*\n$/);
  });

  test('a limit that is no number is a wrong call', async (t) => {
    const { exitCode, stderr } = await callParley(['dead-letters', 'list', '--limit', '0'], { cwd: createWorkFolder(t) });

    assert.equal(exitCode, 2);
    assert.match(stderr, /^--limit: "0" is not a whole number above 0\. Example: --limit 50\n$/);
  });

  test('what is replayed beside a running Parley is answered without a restart', async (t) => {
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), 'webhooks: { desk: { verify: { scheme: bearer, secret: a-shared-secret } } }');
    const model = createOpenAiEmulator({ clock: systemClock });
    await model.start();
    t.after(() => model.stop());
    model.fail({ type: 'insufficient_quota' });
    const env = { OPENAI_BASE_URL: model.baseUrl };
    const { url } = await startParleyProcess(t, { cwd, env });
    const call = (...args: string[]) => callParley(args, { cwd, env });
    const failed = await call('send', 'desk', '--text', 'ping', '--url', url, '--json');
    const [letter]: DeadLetter[] = JSON.parse((await call('dead-letters', 'list', '--json')).stdout);

    const replayed = await call('dead-letters', 'replay', letter?.id ?? '');
    const { status, statusUrl } = JSON.parse(failed.stdout);
    const job = await fetch(new URL(statusUrl, url), { headers: { prefer: 'wait=10' } });

    assert.deepEqual([failed.exitCode, status, letter?.kind], [1, 'failed', 'turn']);
    assert.equal(replayed.exitCode, 0);
    assert.equal(JSON.parse(await job.text()).answer.text, 'You said: ping');
  });
});
