import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createDiscordEmulator } from '../../adapters/discord/emulator.ts';
import { systemClock } from '../../src/clock.ts';
import { createOpenAiEmulator } from '../support/openai-emulator.ts';
import { startParleyProcess } from '../support/running-parley.ts';
import { until } from './stage.ts';

test('a hundred commands at once are deferred before the model has said a word to any of them, and then all answered', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-discord-deferral-'));
  const discord = createDiscordEmulator({ clock: systemClock });
  const model = createOpenAiEmulator({ clock: systemClock });
  await Promise.all([discord.listen(), model.start()]);
  t.after(async () => {
    await Promise.all([discord.close(), model.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const { promise: patience, resolve: goOn } = Promise.withResolvers<void>();
  model.behaviour.onCall = (phase) => (phase === 'request' ? patience : undefined);
  const running = await startParleyProcess(t, {
    cwd: folder,
    env: {
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      OPENAI_API_KEY: 'sk-1',
      OPENAI_BASE_URL: model.baseUrl,
    },
  });
  await until(() => discord.connected() > 0 && discord.commands().length > 0, 'the gateway and its commands');

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
  await running.kill();
});
