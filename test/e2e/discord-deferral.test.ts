import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';

const commands = 100;
const callback = 'POST /interactions/:id/:id/callback';

test(`${commands} commands at once are all deferred, each before the model is asked about it, while the model says nothing`, () =>
  onStage(
    'discord',
    async ({ start, discord, model, store }) => {
      const asked = new Set<string>();
      const early: string[] = [];
      const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
      await start();
      await until(() => discord.commands().length === 5, 'the commands to be registered');
      const questions = Array.from({ length: commands }, (_, index) => `question-${index};`);
      const interactions = new Map<string, ReturnType<typeof discord.command>>();
      const isDeferred = (question: string): boolean => interactions.get(question)?.responseType === 5;
      model.behaviour.onCall = async (phase, { request }) => {
        if (phase !== 'request') return;
        const question = questions.findLast((each) => request.messages.at(-1)?.content.includes(each)) ?? '';
        asked.add(question);
        if (!isDeferred(question)) early.push(question);
        await silence;
      };

      for (const [index, question] of questions.entries()) {
        const { id: channelId } = discord.channel({ name: `channel-${index}` });
        interactions.set(question, discord.command({ name: 'ask', options: { question }, channelId, user: `Person ${index}` }));
      }
      await until(() => questions.every(isDeferred), 'all to be deferred');
      await until(() => asked.size > 0, 'the model to be asked');
      const { waiting } = await store().stats();
      speak();
      await until(async () => asked.size === commands && (await store().stats()).undelivered === 0, 'all to be answered');

      assert.deepEqual(early, []);
      assert.equal(waiting, commands, 'what is deferred and not answered is on disk');
    },
    { speed: 1, yaml: { discord: { commands: true } } },
  ));

test('an acknowledgement does not wait for answers that Discord is slow to take', () =>
  onStage(
    'discord',
    async ({ start, discord, people }) => {
      await start();
      await until(() => discord.commands().length === 5, 'the commands to be registered');
      const slow = 'POST /channels/:id/messages';
      let hanging = 0;
      discord.onCall((route, phase) => {
        if (route === slow && phase === 'before') hanging += 1;
      });
      discord.faults.add({ route: slow, kind: 'hang', times: 40 });
      for (let index = 0; index < 40; index += 1) {
        const { id: channelId } = discord.channel({ name: `slow-${index}` });
        discord.say({ channelId, text: 'q please', mention: true });
      }
      await until(() => hanging >= 32, 'every connection for answers to be taken');

      let deferred = 0;
      discord.onCall((route, phase) => {
        if (route === callback && phase === 'after') deferred += 1;
      });
      const interaction = discord.command({ name: 'help' });
      await until(() => interaction.responseType !== undefined, 'the acknowledgement');

      assert.equal(deferred, 1);
      assert.equal(people.questions(), 0);
      discord.faults.clear();
    },
    { speed: 1, yaml: { discord: { commands: true }, worker: { drainSeconds: 1 } } },
  ));
