import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: the Home tab tells each person what they have asked, and that the model answers`, () =>
    onStage(
      'slack',
      async ({ start, slack, model }) => {
        model.behaviour.answer = () => 'Forty-two.';
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        const said = slack.say({ text: 'What is the answer?', mention: true });
        await until(
          () => slack.thread(said.channel, said.threadTs).some(({ isBot, text }) => isBot && text === 'Forty-two.'),
          'the answer',
        );

        slack.openHome('Ada');
        slack.openHome('Bea');
        await until(() => slack.home('Ada') !== undefined && slack.home('Bea') !== undefined, 'both tabs');

        const [ada = '', bea = ''] = [slack.home('Ada')?.text, slack.home('Bea')?.text];
        assert.match(ada, /Model `gpt-5\.4-mini`: answering, the last time <!date/);
        assert.match(ada, /Nothing waits for an answer/);
        assert.match(
          ada,
          /\*This month\*\n1 question, 1 answer\n[1-9][\d,]* tokens read, [1-9]\d* written\n\*In total\*\n1 question, 1 answer/,
        );
        assert.match(bea, /\*This month\*\nNothing yet\n\*In total\*\nNothing yet/);
      },
      { slackOver, yaml: { slack: { transport: slackOver } } },
    ));
}

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: what an admin sets for a channel holds for the next question, and after a restart`, () =>
    onStage(
      'slack',
      async ({ start, stop, slack, model, store }) => {
        model.behaviour.answer = () => 'Gern.';
        await start();
        slack.setRole('Ada', 'admin');
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        slack.openHome();
        await until(() => slack.home()?.buttons.includes('Channel settings') ?? false, 'the button');
        slack.pressAtHome({ label: 'Channel settings' });
        await until(() => slack.views().length === 1, 'the form');
        const [first] = slack.views();
        assert.ok(first);
        slack.submit({ view: first, values: { 'parley.channel': slack.channel('general').id } });
        await until(() => slack.views()[0]?.hash !== first.hash, 'the second form');
        const [second] = slack.views();
        assert.ok(second);
        const values = { 'parley.instructions': 'You are the desk.', 'parley.language': 'German', 'parley.model': 'large' };
        assert.equal(await slack.submit({ view: second, values }).acknowledged, true);

        const asked = async (text: string) => {
          const { channel, threadTs } = slack.say({ text, mention: true });
          await until(() => slack.thread(channel, threadTs).some(({ isBot }) => isBot), 'the answer');
          return model.calls.map(({ request }) => request).find((request) => JSON.stringify(request).includes(text));
        };
        const next = await asked('next');
        await stop();
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        const later = await asked('later');

        for (const request of [next, later]) {
          assert.equal(request?.model, 'large');
          assert.match(JSON.stringify(request), /You are the desk\..*Answer in this language: German\./);
        }
        assert.equal((await store().listPlaces({ adapter: 'slack', all: true })).length, 1);
      },
      { slackOver, yaml: { slack: { transport: slackOver, models: 'large' } } },
    ));
}
