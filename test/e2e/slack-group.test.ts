import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a group message is answered where the bot is mentioned, and then its whole thread`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, settled }) => {
        model.behaviour.answer = ({ messages }) => `You said: ${messages.at(-1)?.content.split(': ').at(-1) ?? ''}`;
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        const { id: channel } = slack.groupDirect(['Ada', 'Grace']);
        slack.say({ channel, text: 'This is between us.' });

        const said = slack.say({ channel, text: 'What do we need?', mention: true });
        await until(() => model.calls.length === 1, 'the question');
        await settled();
        slack.say({ channel, user: 'Grace', text: 'And tents?', threadTs: said.threadTs });
        await until(() => model.calls.length === 2, 'the follow-up');
        await settled();

        const messages = slack.messages(channel).filter(({ isBot, deleted }) => isBot && !deleted);
        assert.deepEqual(
          messages.map(({ text, threadTs }) => [text, threadTs]),
          [
            ['You said: What do we need?', said.threadTs],
            ['You said: And tents?', said.threadTs],
          ],
        );
      },
      { slackOver, yaml: { slack: { transport: slackOver } } },
    ));
}
