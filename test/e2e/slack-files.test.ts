import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocx, createPdf, png } from '../src/files/samples.ts';
import { onStage, until } from './stage.ts';

const file = (name: string, mimetype: string, content: Uint8Array, size = content.length) => ({ name, mimetype, size, content });

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
          files: [
            file('../rules.pdf', 'text/plain', createPdf(['Refunds take 14 days.'])),
            file('menu.docx', 'application/octet-stream', createDocx(['Fish and chips', 'cost 9 €'])),
            file('hours.txt', 'text/plain', Buffer.from('Open from 9 to 5.')),
            file('cat.png', 'image/png', png),
            file('film.mov', 'video/quicktime', Buffer.alloc(10), 61_000_000),
          ],
        });
        await until(() => model.calls.length === 1, 'the first question');
        await settled();
        slack.say({ direct: true, text: 'And parcels?', threadTs: said.threadTs });
        await until(() => model.calls.length === 2, 'the second question');
        await settled();

        const [first, second] = model.calls.map(({ request }) => JSON.stringify(request.messages));
        assert.match(first ?? '', /<file name=\\"rules\.pdf\\">\\n\[page 1\]\\nRefunds take 14 days\.\\n<\/file>/);
        assert.match(first ?? '', /<file name=\\"menu\.docx\\">\\nFish and chips\\ncost 9 €\\n<\/file>/);
        assert.match(first ?? '', /<file name=\\"hours\.txt\\">\\nOpen from 9 to 5\.\\n<\/file>/);
        assert.match(first ?? '', /data:image\/png;base64,iVBORw0KGgo/);
        assert.match(first ?? '', /film\.mov\\" note=\\"not read: 61 MB, more than the 20 MB that are read/);
        assert.match(second ?? '', /Refunds take 14 days/);
        assert.doesNotMatch(second ?? '', /data:image/);
        const answers = slack.thread(said.channel, said.threadTs).filter(({ isBot }) => isBot);
        assert.equal(answers[0]?.text, 'Seen.\n\n_Not read: film.mov: 61 MB, more than the 20 MB that are read._');
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
        const bytes = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(60)]);

        const said = slack.say({ direct: true, text: 'Listen:', files: [file('memo.ogg', 'audio/ogg', bytes)] });
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
