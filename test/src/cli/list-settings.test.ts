import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { callParley, createWorkFolder } from '../../support/call-cli.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

test('parley slack settings lists who set what for which channel, and when, newest first', async (t) => {
  const cwd = createWorkFolder(t);
  const clock = createFakeClock();
  const store = createInProcessStore(openDatabase({ folder: join(cwd, 'data'), exclusive: false }), clock);
  t.after(() => store.close());
  const change = { adapter: 'slack', tenant: 'T1', place: 'C1', author: { id: 'U1', name: 'Ann\u001b[2J' } };
  const when = (): string => new Date(clock.now()).toISOString().slice(0, 19).replace('T', ' ');
  const first = when();
  const settings = { profile: { language: 'German' }, rules: { mode: 'off' } };
  await store.changePlace({ ...change, id: 'V1', replaces: 0, settings });
  const [{ seq } = { seq: 0 }] = await store.listPlaces({ adapter: 'slack' });
  await clock.advance(60_000);
  const second = when();
  await store.changePlace({ ...change, id: 'V2', replaces: seq, settings: { profile: { language: 'French' }, rules: {} } });

  const shown = await callParley(['slack', 'settings'], { cwd });
  const asJson = await callParley(['slack', 'settings', '--json'], { cwd });

  assert.deepEqual(shown.stdout.split('\n'), [
    `${second}  T1 C1  Ann?[2J (U1)`,
    '  language: "German" -> "French"',
    '  mode: "off" -> as configured',
    `${first}  T1 C1  Ann?[2J (U1)`,
    '  language: as configured -> "German"',
    '  mode: as configured -> "off"',
    '',
  ]);
  assert.deepEqual(
    JSON.parse(asJson.stdout).map(({ place }: { place: string }) => place),
    ['C1', 'C1'],
  );
});

test('parley discord settings lists what was set there, and nothing of Slack', async (t) => {
  const cwd = createWorkFolder(t);
  const store = createInProcessStore(openDatabase({ folder: join(cwd, 'data'), exclusive: false }), createFakeClock());
  t.after(() => store.close());
  const change = { id: '1', replaces: 0, author: { id: '7', name: 'Mo' }, settings: { profile: {}, rules: { mode: 'off' } } };
  await store.changePlace({ ...change, adapter: 'discord', tenant: '5', place: 'server' });
  await store.changePlace({ ...change, adapter: 'slack', tenant: 'T1', place: 'C1' });

  const { stdout } = await callParley(['discord', 'settings'], { cwd });

  assert.match(stdout, /^\S+ \S+ {2}5 server {2}Mo \(7\)\n {2}mode: as configured -> "off"\n$/);
});

test('parley slack settings says where nothing was ever set', async (t) => {
  const cwd = createWorkFolder(t);
  openDatabase({ folder: join(cwd, 'data'), exclusive: false }).close();

  const { stdout, exitCode } = await callParley(['slack', 'settings'], { cwd });

  assert.deepEqual([stdout, exitCode], ['No admin has changed any settings.\n', 0]);
});
