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
