import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRead, notRead, recording, sampleFiles } from './files.ts';
import type { SampleFile } from './files.ts';
import { onStage, until } from './stage.ts';

const toSlack = ({ name, mimeType: mimetype, size, content }: SampleFile) => ({ name, mimetype, size, content });

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: files are read, what cannot be read is said, and a follow-up still knows them`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, settled }) => {
        model.behaviour.answer = () => 'Seen.';
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');

        const said = slack.say({
          direct: true,
          text: 'How long do refunds take?',
          // A name of somebody else's making leads nowhere.
          files: sampleFiles.map((each) => toSlack(each.name === 'rules.pdf' ? { ...each, name: '../rules.pdf' } : each)),
        });
        await until(() => model.calls.length === 1, 'the first question');
        await settled();
        slack.say({ direct: true, text: 'And parcels?', threadTs: said.threadTs });
        await until(() => model.calls.length === 2, 'the second question');
        await settled();

        const [first, second] = model.calls.map(({ request }) => JSON.stringify(request.messages));
        assertRead(first, second);
        const answers = slack.thread(said.channel, said.threadTs).filter(({ isBot }) => isBot);
        assert.equal(answers[0]?.text, `Seen.\n\n${notRead}`);
        assert.equal(answers.length, 2);
      },
      { slackOver, yaml: { model: { vision: true }, slack: { transport: slackOver } } },
    ));
}

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: a recording is listened to, and what is said in it is part of the question`, () =>
    onStage(
      'slack',
      async ({ start, slack, model, settled }) => {
        Object.assign(model.behaviour, { answer: () => 'Heard.', transcript: 'Please call me back about the lamp.' });
        await start();
        if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
        const said = slack.say({ direct: true, text: 'Listen:', files: [toSlack(recording)] });
        await until(() => model.calls.length === 1, 'the question');
        await settled();

        assert.match(JSON.stringify(model.calls[0]?.request.messages), /Please call me back about the lamp\./);
        const answers = slack.thread(said.channel, said.threadTs).filter(({ isBot }) => isBot);
        assert.deepEqual(
          answers.map(({ text }) => text),
          ['Heard.'],
        );
      },
      { slackOver, yaml: { model: { transcription: 'gpt-transcribe' }, slack: { transport: slackOver } } },
    ));
}
