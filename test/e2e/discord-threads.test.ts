import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmulatedMessage } from '../../adapters/discord/emulator/world.ts';
import { onStage, until } from './stage.ts';
import type { Stage } from './stage.ts';

const grow = 'POST /channels/:id/messages/:id/threads';

function inThread({ discord }: Stage, { id }: EmulatedMessage): string[] {
  return discord.messages(id).flatMap(({ author, content }) => (author === discord.bot ? [content] : []));
}

function inChannel({ discord }: Stage): EmulatedMessage[] {
  return discord.messages(discord.home.channelId).filter(({ author }) => author === discord.bot);
}

for (const streaming of [true, false]) {
  const yaml = { discord: { autoThread: true, streaming } };
  const how = streaming ? 'streamed' : 'at once';

  test(`discord, ${how}: a mention is answered in a thread that grows out of it, where the talk goes on without one`, () =>
    onStage(
      'discord',
      async (stage) => {
        const { start, discord, model } = stage;
        model.behaviour.answer = ({ messages }) => `Heard ${messages.filter(({ role }) => role === 'user').length}.`;
        await start();

        const question = discord.say({ text: 'how do I **reset** it?\nIt blinks.', mention: true });
        await until(() => inThread(stage, question).includes('Heard 1.'), 'the answer');
        const again = discord.say({ text: 'another matter', mention: true });
        await until(() => inThread(stage, again).includes('Heard 1.'), 'the other answer');
        discord.say({ channelId: question.id, text: 'and then?' });
        await until(() => inThread(stage, question).includes('Heard 2.'), 'the follow-up');

        assert.deepEqual(inChannel(stage), []);
        assert.equal(discord.channelOf(question.id)?.name, 'how do I reset it? It blinks.');
      },
      { yaml },
    ));

  for (const kind of ['lost_response', 'server_error', 'refuse'] as const) {
    test(`discord, ${how}: one thread and one answer, although opening it meets ${kind}, and the question comes twice`, () =>
      onStage(
        'discord',
        async (stage) => {
          const { start, discord, store } = stage;
          await start();
          discord.faults.add({ route: grow, kind, takesEffect: true });

          const question = discord.say({ text: 'hello', mention: true });
          discord.redeliver(question, 1);
          await until(() => inThread(stage, question).length === 1, 'the answer');
          await until(async () => (await store().stats()).undelivered === 0, 'the end');

          assert.equal(inThread(stage, question).length, 1);
          assert.deepEqual(inChannel(stage), []);
        },
        { yaml: { ...yaml, delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } } },
      ));
  }

  test(`discord, ${how}: where no thread may be opened the answer is a reply in the channel`, () =>
    onStage(
      'discord',
      async (stage) => {
        const { start, discord } = stage;
        discord.deny(discord.home.channelId, 1n << 35n);
        await start();

        const question = discord.say({ text: 'hello', mention: true });
        await until(() => inChannel(stage).length === 1, 'the answer');

        assert.equal(inChannel(stage)[0]?.replyTo, question.id);
      },
      { yaml },
    ));
}

test('discord: an edit of the question that opened a thread changes what the model reads there', () =>
  onStage(
    'discord',
    async (stage) => {
      const { start, discord, model } = stage;
      await start();
      const question = discord.say({ text: 'about cats', mention: true });
      await until(() => inThread(stage, question).length === 1, 'the answer');

      discord.edit(question, `<@${discord.bot.id}> about dogs`);
      discord.say({ channelId: question.id, text: 'go on' });
      await until(() => JSON.stringify(model.calls.at(-1)?.request).includes('go on'), 'the follow-up');

      const asked = JSON.stringify(model.calls.at(-1)?.request);
      assert.match(asked, /about dogs/);
      assert.doesNotMatch(asked, /about cats/);
    },
    { yaml: { discord: { autoThread: true } } },
  ));
