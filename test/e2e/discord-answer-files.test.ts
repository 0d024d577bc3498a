import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const long = Array.from({ length: 120 }, (_, index) => `Paragraph ${index} says something that takes up a line of its own.`).join(
  '\n\n',
);

test('discord: a long answer grows into one message with a file, is asked for anew, and goes with its question', () =>
  onStage(
    'discord',
    async ({ start, discord, model, settled, store }) => {
      let answer = long;
      Object.assign(model.behaviour, { answer: () => answer, tokensPerSecond: 20_000 });
      await start();
      await until(() => discord.connected() > 0, 'the gateway');
      const written = () => discord.messages(discord.home.channelId).filter(({ author }) => author === discord.bot);
      const files = () => written().flatMap(({ attachments }) => attachments.map(({ content }) => content?.toString()));
      discord.faults.add({ route: 'PATCH /channels/:id/messages/:id', kind: 'lost_response' });

      const question = discord.say({ text: 'Tell me everything.', mention: true });
      await until(() => files().length > 0, 'the file');
      await settled();

      assert.equal(written().length, 1);
      assert.deepEqual(files(), [long]);
      assert.match(written()[0]?.content ?? '', /The whole answer is in the file below/);

      answer = 'In short: lines.';
      const [{ id: messageId } = { id: '' }] = written();
      const customId = /parley:regenerate:[0-9a-z]+/.exec(JSON.stringify(written()[0]?.components))?.[0] ?? '';
      discord.press({ messageId, customId });
      await until(() => written().some(({ content }) => content === answer), 'the short answer');
      await settled();

      assert.equal(written().length, 1);
      assert.deepEqual(files(), []);

      discord.remove(question);
      await until(() => written().length === 0, 'the answer to go');
      await settled();

      assert.equal((await store().stats()).deadLetters, 0);
    },
    { yaml: { discord: { fileAfter: 4_000 } } },
  ));
