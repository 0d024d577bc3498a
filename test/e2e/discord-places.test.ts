import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const settings: { discord: Record<string, unknown> } = { discord: {} };

test('discord: a channel has its own persona and language, and takes the model of its server; who may not ask is refused in the ledger', () =>
  onStage(
    'discord',
    async ({ start, discord, model, store }) => {
      model.behaviour.answer = () => 'Gern.';
      const { guildId } = discord.home;
      const support = discord.channel({ name: 'support' }).id;
      const staff = discord.channel({ name: 'staff' }).id;
      const channels = {
        [support]: { instructions: 'You are the support desk.', language: 'German' },
        [staff]: { allow: { users: ['1090000000000000001'] } },
      };
      Object.assign(settings.discord, { guilds: { [guildId]: { model: 'guild-model' } }, channels });
      await start();

      discord.say({ channelId: support, text: 'special', mention: true });
      discord.say({ text: 'usual', mention: true });
      const secret = discord.say({ channelId: staff, text: 'secret', mention: true });

      const hasAnswer = (channelId: string) => discord.messages(channelId).some(({ author }) => author === discord.bot);
      await until(() => hasAnswer(support) && hasAnswer(discord.home.channelId), 'both answers');
      const status = () => store().status({ adapter: 'discord', tenant: guildId, eventId: secret.id });
      await until(async () => (await status())?.state === 'refused', 'the refusal');
      const asked = (text: string) =>
        model.calls.map(({ request }) => request).find((request) => JSON.stringify(request).includes(text));
      assert.deepEqual(
        [asked('special')?.model, asked('usual')?.model, asked('secret')],
        ['guild-model', 'guild-model', undefined],
      );
      assert.match(JSON.stringify(asked('special')), /You are the support desk\..*Answer in this language: German\./);
      assert.doesNotMatch(JSON.stringify(asked('usual')), /support desk|German/);
      assert.equal((await status())?.reason, `discord.channels.${staff}.allow does not name the author`);
    },
    { yaml: settings },
  ));
