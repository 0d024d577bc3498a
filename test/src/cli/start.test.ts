import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import { runParley } from '../../support/run-cli.ts';
import { startParleyProcess, stopWhileStarting } from '../../support/running-parley.ts';

describe('parley start', () => {
  test('with nothing configured it says what is off and what that would need, serves its health, and ends with SIGTERM and status 0', async (t) => {
    const cwd = createWorkFolder(t);
    const parley = await startParleyProcess(t, { cwd });

    const alive = await fetch(`${parley.url}/healthz`);
    const ready = await fetch(`${parley.url}/readyz`);

    const off = parley.lines.filter(({ message }) => message === 'platform is off');
    assert.deepEqual(
      off.map(({ platform }) => platform),
      ['slack', 'discord', 'webhook'],
    );
    assert.match(String(off[0]?.['detail']), /needs SLACK_BOT_TOKEN, .*SLACK_APP_TOKEN.*docs\/slack\.md/);
    assert.match(String(off[1]?.['detail']), /needs DISCORD_TOKEN/);
    assert.match(String(off[2]?.['detail']), /`webhooks:` in parley\.yaml/);
    assert.deepEqual(
      parley.lines.filter(({ level }) => level !== 'info'),
      [],
    );
    assert.deepEqual([alive.status, ready.status], [200, 200]);

    assert.equal(await parley.stop(), 0);

    assert.equal(parley.lines.at(-1)?.['message'], 'Parley has stopped');
    const closedInOrder = !existsSync(join(cwd, 'data', 'parley.db-wal'));
    assert.ok(closedInOrder, 'the log of the database was not put away');
  });

  test('a port in use ends it with status 2, and a data folder in use with status 3; both say what to change', async (t) => {
    const cwd = createWorkFolder(t);
    const elsewhere = createWorkFolder(t);
    const parley = await startParleyProcess(t, { cwd });
    const { port } = new URL(parley.url);

    const [samePort, sameFolder] = await Promise.all([
      runParley(['start'], { cwd: elsewhere, env: { PORT: port } }),
      runParley(['start'], { cwd, env: { PORT: '0' } }),
    ]);

    assert.equal(samePort.exitCode, 2);
    assert.match(samePort.stderr, new RegExp(`${port}.*PORT`));
    assert.equal(sameFolder.exitCode, 3);
    assert.match(sameFolder.stderr, /^Another Parley is running on the data folder .*PARLEY_DATA\.\n$/);
    assert.equal((await fetch(`${parley.url}/healthz`)).status, 200);
  });

  test('a signal ends a start that waits for platforms which never answer, at once, with everything closed and status 0', async (t) => {
    const cwd = createWorkFolder(t);
    const deadHost = createServer().listen(0, '127.0.0.1');
    const asked = Promise.withResolvers<void>();
    const waiting = new Set<Socket>();
    deadHost.on('connection', (socket) => {
      waiting.add(socket.on('error', () => undefined));
      if (waiting.size === 2) asked.resolve();
    });
    t.after(() => {
      for (const socket of waiting) socket.destroy();
      deadHost.close();
    });
    await once(deadHost, 'listening');
    const { port } = deadHost.address() as AddressInfo; // it listens on TCP
    const env = {
      ...{ SLACK_BOT_TOKEN: 'xoxb-none', SLACK_APP_TOKEN: 'xapp-none', SLACK_API_URL: `http://127.0.0.1:${port}/api/` },
      ...{ DISCORD_TOKEN: 'none', DISCORD_API_URL: `http://127.0.0.1:${port}/api` },
    };

    let askedAt = 0;
    const { exitCode, lines } = await stopWhileStarting(t, {
      ...{ cwd, env },
      when: async () => {
        await asked.promise;
        askedAt = systemClock.monotonic();
      },
    });

    assert.equal(exitCode, 0);
    const said = lines.map(({ message }) => String(message)).filter((message) => message.startsWith('Parley'));
    assert.deepEqual(said, ['Parley is stopping', 'Parley has stopped']);
    assert.ok(systemClock.monotonic() - askedAt < 5_000, 'it waited for what never comes');
    assert.ok(!existsSync(join(cwd, 'data', 'parley.db-wal')), 'the log of the database was not put away');
  });

  test('a second signal ends it at once, with a turn under way that the next start takes up', async (t) => {
    const cwd = createWorkFolder(t);
    writeFileSync(join(cwd, 'parley.yaml'), 'webhooks: { desk: { verify: { scheme: bearer, secret: a-shared-secret } } }');
    const model = createOpenAiEmulator({ clock: systemClock });
    await model.start();
    t.after(() => model.stop());
    const asked = Promise.withResolvers<void>();
    model.behaviour.onCall = () => asked.resolve();
    model.fail({ type: 'silence' });
    const env = { OPENAI_BASE_URL: model.baseUrl };
    const parley = await startParleyProcess(t, { cwd, env });
    const sent = await callParley(['send', 'desk', '--text', 'ping', '--wait', '0', '--url', parley.url, '--json'], { cwd, env });
    await asked.promise;

    const stopped = parley.stop();
    await parley.logged('Parley is stopping');
    const heardTwice = parley.stop();
    // Only the process itself can tell how long ago its first signal was.
    const endedEarly = await Promise.race([heardTwice, systemClock.sleep(700)]);
    await parley.stop();
    const next = await startParleyProcess(t, { cwd, env });
    const job = await fetch(new URL(JSON.parse(sent.stdout).statusUrl, next.url), {
      headers: { prefer: 'wait=10' },
    });

    assert.equal(await stopped, 1);
    assert.equal(endedEarly, undefined, 'the same signal, heard twice, has ended it');
    assert.equal(JSON.parse(await job.text()).answer.text, 'You said: ping');
  });
});
