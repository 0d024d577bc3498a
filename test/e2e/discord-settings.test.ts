import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const models = 'large';

test('discord: what an admin sets by command reaches the model with the next message, over a restart, and the ledger says who', () =>
  onStage(
    'discord',
    async ({ start, stop, discord, model, store }) => {
      model.behaviour.answer = () => 'Gern.';
      await start();
      await until(() => discord.commands().some(({ name }) => name === 'settings'), 'the command');
      discord.user('Mo', { permissions: String(1n << 5n) });
      const other = discord.channel({ name: 'other' }).id;
      const set = async (options: Record<string, string | boolean>): Promise<void> => {
        const { id } = discord.command({ name: 'settings', subcommand: 'set', user: 'Mo', options });
        const seen = () => discord.privateMessages('Mo').find(({ interaction }) => interaction?.id === id)?.content ?? '';
        await until(() => seen() !== '', 'the answer to the command');
        assert.match(seen(), /^Saved/);
      };
      await set({ server: true, language: 'German' });
      await set({ model: 'large' });

      const asked = async (text: string, channelId = discord.home.channelId) => {
        discord.say({ channelId, text, mention: true });
        const request = () => model.calls.find((call) => JSON.stringify(call.request).includes(text))?.request;
        await until(() => request() !== undefined, text);
        return request();
      };
      const before = [await asked('first'), await asked('second', other)];
      await until(async () => (await store().stats()).undelivered === 0, 'the answers');
      await stop();
      await start();
      await until(() => discord.connected() > 0, 'the gateway');
      const after = [await asked('third'), await asked('fourth', other)];

      for (const [here, elsewhere] of [before, after]) {
        assert.match(JSON.stringify([here, elsewhere]), /Answer in this language: German\..*Answer in this language: German\./);
        assert.equal(here?.model, 'large');
        assert.notEqual(elsewhere?.model, 'large');
      }
      const changes = await store().listPlaces({ adapter: 'discord', all: true });
      assert.deepEqual(
        changes.map(({ place, author }) => [place, author.name]),
        [
          [discord.home.channelId, 'Mo'],
          ['server', 'Mo'],
        ],
      );
    },
    { yaml: { discord: { models, commands: true } } },
  ));
