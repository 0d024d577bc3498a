import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseSettings, toSettingsForm } from '../../../adapters/slack/settings-view.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createSlackLedger, settled, startSlack } from './harness.ts';
import { home, startSettings, openHome, nextView, openForm, save, said } from './home-settings-scene.ts';
import { startOAuth } from './oauth-scene.ts';
import { systemClock } from '../../../src/clock.ts';

for (const transport of ['http', 'socket'] as const) {
  test(`an admin changes how a channel is answered, and it holds for the next message, by ${transport}`, async (t) => {
    const { slack, ledger } = await startSettings(t, { transport });
    const { emulator } = slack;
    emulator.say({ text: 'before', mention: true });
    await slack.offeredMessages(1);

    const response = await save(emulator, {
      'parley.mode': 'mention',
      'parley.reply': 'ephemeral',
      'parley.model': 'gpt-5.4',
      'parley.language': 'German',
      'parley.instructions': 'You are the support desk.',
    });
    emulator.say({ text: 'after', mention: true });
    await slack.offeredMessages(4);

    const general = emulator.channel('general').id;
    assert.match(said(response), /"response_action":"update".*Saved\./);
    assert.deepEqual(
      ledger.places.changes.map(({ tenant, place, settings, author }) => ({ tenant, place, settings, author })),
      [
        {
          ...{ tenant: emulator.teamId, place: general, author: { id: emulator.user('Ada').id, name: 'ada' } },
          settings: {
            profile: { instructions: 'You are the support desk.', language: 'German', model: 'gpt-5.4' },
            rules: { mode: 'mention', reply: 'ephemeral' },
          },
        },
      ],
    );
    const messages = slack.offered.filter((event) => event.type === 'message');
    const [before] = messages;
    const after = messages.find(({ text }) => text === 'after');
    assert.deepEqual([before?.profile, before?.destination['ephemeral']], [undefined, undefined]);
    assert.deepEqual([after?.profile, after?.destination['ephemeral']], [`slack/${emulator.teamId}/${general}`, 'true']);
  });
}

describe('settings of channels on the Home tab', () => {
  test('are offered to admins and owners of the workspace, and to nobody else', async (t) => {
    const { slack } = await startSettings(t);
    slack.emulator.setRole('Olga', 'owner');
    slack.emulator.setRole('Guy', 'guest');

    const shown = await Promise.all(['Ada', 'Olga', 'Bea', 'Guy'].map((user) => openHome(slack.emulator, user)));

    assert.deepEqual(shown, [['Channel settings'], ['Channel settings'], [], []]);
  });

  test('are not offered where the operator has switched them off, and none that were set hold', async (t) => {
    const { slack, ledger } = await startSettings(t);
    await save(slack.emulator, { 'parley.mode': 'off' });
    await slack.adapter.stop();

    const off = await startSlack(t, { ledger, options: { home: { botName: 'Parley', links: [] } } });
    off.emulator.setRole('Ada', 'admin');
    off.emulator.say({ text: 'question', mention: true });
    const [message] = await off.offeredMessages(1);

    assert.equal(message?.refusal, undefined);
    assert.deepEqual(await openHome(off.emulator), []);
  });

  test('cannot be changed by who is no admin any more when the form comes', async (t) => {
    const clock = createFakeClock();
    const { slack, ledger } = await startSettings(t, { clock });
    const form = await openForm(slack.emulator);
    slack.emulator.setRole('Ada', 'member');
    await clock.advance(60_000);

    const sent = slack.emulator.submit({ view: form, values: { 'parley.mode': 'off' } });
    await sent.acknowledged;

    assert.match(said(sent.response), /Only admins and owners/);
    assert.deepEqual(ledger.places.changes, []);
  });

  test('tell who presses the button and is no admin any more why nothing happens', async (t) => {
    const clock = createFakeClock();
    const { slack } = await startSettings(t, { clock });
    await openHome(slack.emulator);
    slack.emulator.setRole('Ada', 'member');
    await clock.advance(60_000);

    slack.emulator.pressAtHome({ label: 'Channel settings' });
    await settled(() => slack.emulator.views().length > 0);

    assert.match(JSON.stringify(slack.emulator.views()[0]?.view), /Only admins and owners/);
  });

  test('stay as they are where Slack does not tell who is an admin, and what was typed is kept', async (t) => {
    const clock = createFakeClock();
    const { slack, ledger } = await startSettings(t, { clock });
    const form = await openForm(slack.emulator);
    await clock.advance(60_000);
    slack.emulator.faults.add({ method: 'users.info', kind: 'server_error' });

    const sent = slack.emulator.submit({ view: form, values: { 'parley.mode': 'off' } });
    await sent.acknowledged;

    assert.match(said(sent.response), /"response_action":"errors".*try again/);
    assert.deepEqual(ledger.places.changes, []);
  });

  test('are for channels that the bot sees in that workspace', async (t) => {
    const { slack, ledger } = await startSettings(t);
    await openHome(slack.emulator);
    slack.emulator.pressAtHome({ label: 'Channel settings' });
    const form = await nextView(slack.emulator, undefined);
    const hidden = slack.emulator.channel('hidden', 'group');
    hidden.hasBot = false;
    const direct = slack.emulator.direct('Bea').id;

    for (const channel of ['C0ELSEWHERE', hidden.id, direct, '../../x', 'general']) {
      const sent = slack.emulator.submit({ view: form, values: { 'parley.channel': channel } });
      await sent.acknowledged;
      assert.match(said(sent.response), /"response_action":"errors".*I cannot see this channel/, channel);
    }
    assert.deepEqual(ledger.places.changes, []);
  });

  test('show what is set, and go back to the configuration field by field', async (t) => {
    const { slack, ledger } = await startSettings(t);
    const { emulator } = slack;
    await save(emulator, { 'parley.mode': 'off', 'parley.language': 'German', 'parley.who': 'users', 'parley.users': 'Ada,Bea' });
    const [ada, bea] = ['Ada', 'Bea'].map((name) => emulator.user(name).id);

    await save(emulator, { 'parley.mode': 'configured' });
    await save(emulator, {});

    assert.deepEqual(
      ledger.places.changes.map(({ settings }) => settings),
      [
        { profile: { language: 'German' }, rules: { mode: 'off', allow: { users: [ada, bea] } } },
        { profile: { language: 'German' }, rules: { allow: { users: [ada, bea] } } },
      ],
      'the third changed nothing',
    );
  });

  test('go before those of the configuration, field by field, and leave other channels alone', async (t) => {
    const channels = {
      general: { mode: 'mention', allow: { users: ['U0NOBODY1'] }, reply: 'channel' },
      other: { mode: 'off' },
    } as const;
    const { slack } = await startSettings(t, { options: { channels } });
    const { emulator } = slack;

    await save(emulator, { 'parley.who': 'everyone', 'parley.language': 'German' });
    emulator.say({ text: 'in general', mention: true });
    emulator.say({ text: 'in other', channel: 'other', mention: true });
    await slack.offeredMessages(4);

    const of = (text: string) => slack.offered.find((event) => event.type === 'message' && event.text === text);
    const profile = `slack/${emulator.teamId}/${emulator.channel('general').id}/general`;
    assert.partialDeepStrictEqual(of('in general'), { profile });
    assert.ok(of('in general')?.conversationId.endsWith(':channel'), 'the place of answers is that of the configuration');
    assert.equal((of('in general') as { refusal?: string }).refusal, undefined);
    assert.partialDeepStrictEqual(of('in other'), { profile: 'slack/other', refusal: 'slack.channels.other.mode is off' });
  });

  test('are changed once, however often the form comes, and not over what somebody else has set meanwhile', async (t) => {
    const { slack, ledger } = await startSettings(t);
    const form = await openForm(slack.emulator);
    const sent = slack.emulator.submit({ view: form, values: { 'parley.mode': 'off' } });
    await sent.acknowledged;

    const again = slack.emulator.repeat(sent);
    await again.acknowledged;
    const stale = await openForm(slack.emulator);
    await save(slack.emulator, { 'parley.mode': 'follow' });
    const late = slack.emulator.submit({ view: stale, values: { 'parley.mode': 'mention' } });
    await late.acknowledged;

    assert.match(said(again.response), /Saved\./);
    assert.match(said(late.response), /"response_action":"errors".*Somebody has changed these settings meanwhile/);
    assert.deepEqual(
      ledger.places.changes.map(({ settings }) => settings.rules),
      [{ mode: 'off' }, { mode: 'follow' }],
    );
  });

  test('hold in the workspace in which they were set, and after a restart', async (t) => {
    const ledger = createSlackLedger(systemClock);
    const slack = await startOAuth(t, { ledger, options: { home } });
    const [blue, red] = [slack.place('blue'), slack.place('red')];
    for (const workspace of [blue, red]) await slack.install(workspace);
    blue.setRole('Ada', 'owner');
    await save(blue, { 'parley.mode': 'off' });
    await slack.adapter.stop();
    await slack.start();

    const refusals: (string | undefined)[] = [];
    for (const workspace of [blue, red]) {
      await workspace.say({ text: `in ${workspace.id}`, mention: true }).acknowledged;
      const event = slack.offered.find((each) => each.type === 'message' && each.tenant === workspace.id);
      refusals.push(event?.type === 'message' ? event.refusal : 'not there');
    }

    assert.deepEqual(refusals, [`what admins set for ${blue.channel('general').id}.mode is off`, undefined]);
  });
});

describe('a form that is submitted', () => {
  const form = (fields: Readonly<Record<string, unknown>>) => ({
    state: { values: Object.fromEntries(Object.entries(fields).map(([block, input]) => [`parley.${block}`, { input }])) },
  });

  test('is believed nothing that the form did not offer', () => {
    const forged = [
      form({ mode: { selected_option: { value: 'root' } } }),
      form({ reply: { selected_option: { value: '__proto__' } } }),
      form({ model: { selected_option: { value: 'gpt-most-expensive' } } }),
      form({ instructions: { value: 'x'.repeat(3_001) } }),
      form({ language: { value: 'x'.repeat(81) } }),
      form({ who: { selected_option: { value: 'users' } }, users: { selected_users: ['<!channel>', 7, '../x'] } }),
      form({ users: { selected_users: Array.from({ length: 51 }, (_, index) => `U${index}AAAA`) } }),
    ];

    const results = forged.map((view) => parseSettings(view, ['gpt-5.4']));

    assert.deepEqual(
      results.map((result) => 'errors' in result),
      forged.map(() => true),
    );
  });

  test('says nothing where it is not as documented', () => {
    const views = [{}, { state: 7 }, { state: { values: [] } }, form({ mode: 'off' }), form({ mode: { selected_option: null } })];

    const results = views.map((view) => parseSettings(view, []));

    assert.deepEqual(
      results,
      views.map(() => ({ settings: { profile: {}, rules: {} } })),
    );
  });

  test('offers no model where none may be chosen', () => {
    const shown = JSON.stringify(toSettingsForm({ channel: 'C1', name: '<!here>', seq: 0, settings: undefined, models: [] }));

    assert.doesNotMatch(shown, /parley\.model|<!here>/);
  });
});
