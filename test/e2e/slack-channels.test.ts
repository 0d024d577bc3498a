import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const channels = {
  support: { instructions: 'You are the support desk.', model: 'desk-model', language: 'German' },
  staff: { allow: { users: ['U0NOBODY1'] } },
};

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a channel has its own persona, model and language, and those who may not ask there are refused in the ledger`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, store }) => {
        model.behaviour.answer = () => 'Gern.';
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');

        const usual = slack.say({ channel: 'general', text: 'usual', mention: true });
        const support = slack.say({ channel: 'support', text: 'special', mention: true });
        const staff = slack.say({ channel: 'staff', text: 'secret', mention: true });

        await until(
          () => [usual, support].every(({ channel }) => slack.messages(channel).some(({ isBot }) => isBot)),
          'both answers',
        );
        await until(() => slack.whispers().length === 1, 'the note');
        const asked = (text: string) =>
          model.calls.map(({ request }) => request).find((request) => JSON.stringify(request).includes(text));
        assert.deepEqual(
          [asked('usual')?.model, asked('special')?.model, asked('secret')],
          ['gpt-5.4-mini', 'desk-model', undefined],
        );
        assert.match(JSON.stringify(asked('special')), /You are the support desk\..*Answer in this language: German\./);
        assert.doesNotMatch(JSON.stringify(asked('usual')), /support desk|German/);
        const status = await store().status({ adapter: 'slack', tenant: slack.teamId, eventId: `${staff.channel}:${staff.ts}` });
        assert.deepEqual([status?.state, status?.reason], ['refused', 'slack.channels.staff.allow does not name the author']);
      },
      { slackOver, yaml: { slack: { channels, transport: slackOver } } },
    ));
}
