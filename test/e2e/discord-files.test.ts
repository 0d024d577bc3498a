import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocx, createPdf, png } from '../src/files/samples.ts';
import { onStage, until } from './stage.ts';

test('discord: files are read, what cannot be read is said, and a follow-up still knows them', () =>
  onStage(
    'discord',
    async ({ start, discord, model, settled }) => {
      model.behaviour.answer = () => 'Seen.';
      await start();
      await until(() => discord.connected() > 0, 'the gateway');
      const { id: channelId } = discord.directMessage('Ada');

      discord.say({
        channelId,
        text: 'How long do refunds take?',
        attachments: [
          discord.upload('rules.pdf', { contentType: 'text/plain', content: createPdf(['Refunds take 14 days.']) }),
          discord.upload('menu.docx', {
            contentType: 'application/octet-stream',
            content: createDocx(['Fish and chips', 'cost 9 €']),
          }),
          discord.upload('hours.txt', { contentType: 'text/plain', content: Buffer.from('Open from 9 to 5.') }),
          discord.upload('cat.png', { contentType: 'image/png', content: png }),
          discord.upload('film.mov', { contentType: 'video/quicktime', content: Buffer.alloc(10), size: 61_000_000 }),
        ],
      });
      await until(() => model.calls.length === 1, 'the first question');
      await settled();
      discord.say({ channelId, text: 'And parcels?' });
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
      const answers = discord.messages(channelId).filter(({ author }) => author === discord.bot);
      assert.equal(answers[0]?.content, 'Seen.\n\n_Not read: film.mov: 61 MB, more than the 20 MB that are read._');
      assert.equal(answers.length, 2);
    },
    { yaml: { model: { vision: true } } },
  ));

test('discord: a recording is listened to, and what is said in it is part of the question', () =>
  onStage(
    'discord',
    async ({ start, discord, model, settled }) => {
      Object.assign(model.behaviour, { answer: () => 'Heard.', transcript: 'Please call me back about the lamp.' });
      await start();
      await until(() => discord.connected() > 0, 'the gateway');
      const { id: channelId } = discord.directMessage('Ada');
      const content = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(60)]);

      discord.say({
        channelId,
        text: 'Listen:',
        attachments: [discord.upload('memo.ogg', { contentType: 'audio/ogg', content })],
      });
      await until(() => model.calls.length === 1, 'the question');
      await settled();

      assert.match(JSON.stringify(model.calls[0]?.request.messages), /Please call me back about the lamp\./);
      const answers = discord.messages(channelId).filter(({ author }) => author === discord.bot);
      assert.deepEqual(
        answers.map(({ content: text }) => text),
        ['Heard.'],
      );
    },
    { yaml: { model: { transcription: 'gpt-transcribe' } } },
  ));
