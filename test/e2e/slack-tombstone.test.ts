import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a question with replies leaves a tombstone when it is deleted, its answer goes, and the thread goes on`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, settled }) => {
        model.behaviour.answer = ({ messages }) => `Answer to ${messages.at(-1)?.content.split(': ').at(-1) ?? ''}`;
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        const said = slack.say({ text: 'the first', mention: true });
        const answers = (): string[] =>
          slack
            .thread(said.channel, said.threadTs)
            .filter(({ isBot, deleted }) => isBot && !deleted)
            .map(({ text }) => text);
        await until(() => answers().length === 1, 'the first answer');
        slack.say({ text: 'the second', threadTs: said.threadTs });
        await until(() => answers().length === 2, 'the second answer');
        await settled();

        const [event] = slack.remove(said);
        assert.equal(JSON.stringify(event?.body).includes('"subtype":"tombstone"'), true);
        await until(() => answers().length === 1, 'the first answer to go');
        // It has to be looked for in the thread.
        slack.faults.add({ method: 'chat.postMessage', kind: 'lost_response' });
        slack.faults.add({ method: 'chat.stopStream', kind: 'lost_response' });
        slack.say({ text: 'the third', threadTs: said.threadTs });
        await until(() => answers().length === 2, 'the third answer');
        await settled();

        assert.deepEqual(answers(), ['Answer to the second', 'Answer to the third']);
      },
      { slackOver, yaml: { slack: { transport: slackOver } } },
    ));
}
