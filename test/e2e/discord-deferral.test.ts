import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDiscordProcess } from './discord-process.ts';
import { until } from './stage.ts';

test('a hundred commands at once are deferred before the model has said a word to any of them, and then all answered', async (t) => {
  const { discord, model } = await startDiscordProcess(t);
  const { promise: patience, resolve: goOn } = Promise.withResolvers<void>();
  model.behaviour.onCall = (phase) => (phase === 'request' ? patience : undefined);

  const interactions = Array.from({ length: 100 }, (_, index) =>
    discord.command({
      name: 'ask',
      options: { question: `number ${index}` },
      channelId: discord.channel({ name: `c-${index}` }).id,
    }),
  );
  await until(() => interactions.every(({ responseType }) => responseType === 5), 'all to be acknowledged');
  assert.ok(model.calls.every(({ state }) => state === 'open'));
  goOn();

  const answerTo = ({ originalId, channelId }: (typeof interactions)[number]): string =>
    discord.messages(channelId).find(({ id }) => id === originalId)?.content ?? '';
  await until(() => interactions.every((each) => answerTo(each) !== ''), 'all to be answered');
  for (const [index, each] of interactions.entries()) assert.match(answerTo(each), new RegExp(`number ${index}$`));
});
