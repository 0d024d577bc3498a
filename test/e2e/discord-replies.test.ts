import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

test('discord: the model reads what a question replies to, and nothing of it twice', () =>
  onStage('discord', async ({ start, discord, model, store }) => {
    model.behaviour.answer = () => 'Noted.';
    await start();
    const asked = async (text: string, replyTo?: string): Promise<string> => {
      const { id } = discord.say({ text, mention: true, ...(replyTo === undefined ? {} : { replyTo }) });
      const request = () => model.calls.find((call) => JSON.stringify(call.request).includes(text))?.request;
      await until(() => request() !== undefined, text);
      await until(async () => (await store().stats()).undelivered === 0, 'the answer');
      assert.ok(id);
      return JSON.stringify(request());
    };
    const first = discord.say({ user: 'Ben', text: 'the pump is loud' });
    const second = discord.say({ user: 'Cleo', text: 'only at night', replyTo: first.id });

    const chain = await asked('why is that?', second.id);
    const question = discord.messages(discord.home.channelId).find(({ content }) => content.includes('why is that?'));
    const later = await asked('are you sure?', question?.id);

    assert.match(chain, /> Ben: the pump is loud.*> Cleo: only at night.*why is that\?/);
    assert.equal(later.split('the pump is loud').length, 2, 'it stands in the transcript, once');
    assert.equal(later.split('why is that?').length, 2, 'it is not quoted: it is the message before');
  }));
