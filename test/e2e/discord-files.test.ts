import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRead, notRead, recording, sampleFiles } from './files.ts';
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
        attachments: sampleFiles.map(({ name, mimeType, ...rest }) => discord.upload(name, { contentType: mimeType, ...rest })),
      });
      await until(() => model.calls.length === 1, 'the first question');
      await settled();
      discord.say({ channelId, text: 'And parcels?' });
      await until(() => model.calls.length === 2, 'the second question');
      await settled();

      const [first, second] = model.calls.map(({ request }) => JSON.stringify(request.messages));
      assertRead(first, second);
      const answers = discord.messages(channelId).filter(({ author }) => author === discord.bot);
      assert.equal(answers[0]?.content, `Seen.\n\n${notRead}`);
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
      const { name, mimeType: contentType, content } = recording;

      discord.say({
        channelId,
        text: 'Listen:',
        attachments: [discord.upload(name, { contentType, content })],
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
