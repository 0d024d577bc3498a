import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextView, openHome, said, startSettings } from './home-settings-scene.ts';

test('what holds in a private channel is shown to no admin who is not in it', async (t) => {
  const { slack, ledger } = await startSettings(t);
  const { emulator } = slack;
  emulator.channel('board', 'group');
  emulator.say({ channel: 'board', user: 'Grace', text: 'We are alone here.' });
  await openHome(emulator);
  const before = emulator.views().at(-1);
  emulator.pressAtHome({ label: 'Channel settings' });
  const first = await nextView(emulator, before);
  const submit = async (): Promise<string> => {
    const sent = emulator.submit({ view: first, values: { 'parley.channel': emulator.channel('board').id } });
    await sent.acknowledged;
    return said(sent.response);
  };

  assert.match(await submit(), /This channel is private, and you are not in it/);
  emulator.say({ channel: 'board', text: 'Now I am here, too.' });
  assert.match(await submit(), /"response_action":"update"/);
  assert.equal((await ledger.places.list()).length, 0);
});
