import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const long = Array.from({ length: 300 }, (_, index) => `Paragraph ${index} says something that takes up a line of its own.`).join(
  '\n\n',
);

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a long answer ends in a file, which is lost by no crash of a request and goes with its question`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, settled, store }) => {
        Object.assign(model.behaviour, { answer: () => long, tokensPerSecond: 20_000 });
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        slack.faults.add({ method: 'files.completeUploadExternal', kind: 'lost_response' });

        const said = slack.say({ text: 'Tell me everything.', mention: true });
        const answer = () => slack.thread(said.channel, said.threadTs).filter(({ isBot, deleted }) => isBot && !deleted);
        await until(() => answer().some(({ files }) => files.length > 0), 'the file');
        await settled();

        const [file, ...files] = slack.files().filter(({ isShared }) => isShared);
        assert.equal(files.length, 0);
        assert.equal(file?.content?.toString(), long);
        const messages = answer().filter((message) => message.files.length === 0);
        assert.ok(messages.every(({ streaming }) => !streaming));
        assert.match(messages.at(-1)?.text ?? '', /The whole answer is in the file below/);
        assert.ok(long.startsWith(messages[0]?.text.slice(0, 1_000) ?? '-'));
        assert.equal(model.calls.length, 1);

        slack.remove(said);
        await until(() => answer().length === 0, 'the answer to go');
        await settled();

        assert.equal(slack.files().filter(({ isShared }) => isShared).length, 0);
        assert.equal((await store().stats()).deadLetters, 0);
      },
      { slackOver, yaml: { slack: { transport: slackOver, fileAfter: 12_000 } } },
    ));
}
