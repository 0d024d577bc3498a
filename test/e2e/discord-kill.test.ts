import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { DiscordEmulator } from '../../adapters/discord/emulator.ts';
import { customIdsOf } from '../../adapters/discord/emulator/components.ts';
import type { EmulatedMessage } from '../../adapters/discord/emulator/world.ts';
import { systemClock } from '../../src/clock.ts';
import type { OpenAiEmulator } from '../support/openai-emulator.ts';
import { runParley } from '../support/run-cli.ts';
import { startDiscordProcess } from './discord-process.ts';
import { until } from './stage.ts';

/** Where a process is killed: at a call that Discord sees, before or after its effect, or when the model is asked. */
interface Point {
  readonly name: string;
  readonly route?: RegExp;
  readonly phase?: 'before' | 'after';
}

const acknowledgement = /^POST \/interactions\/:id\/:id\/callback$/;
const writing = /^(?:POST|PATCH) \/(?:channels|webhooks)\//;

const points: readonly Point[] = [
  { name: 'before it is acknowledged', route: acknowledgement, phase: 'before' },
  { name: 'once it is acknowledged', route: acknowledgement, phase: 'after' },
  { name: 'while the model is asked' },
  { name: 'before its answer is shown', route: writing, phase: 'before' },
  { name: 'once its answer is shown, and nothing of that is noted', route: writing, phase: 'after' },
];

interface Scene {
  readonly discord: DiscordEmulator;
  readonly model: OpenAiEmulator;
  /** Kills the process the next time that it gets there, and starts another on the same ledger. */
  killAt(point: Point): Promise<void>;
  answers(): readonly EmulatedMessage[];
  /** What the command line prints of the ledger, with no process on it. */
  afterwards(args: readonly string[]): Promise<string>;
}

async function setScene(t: TestContext): Promise<Scene> {
  const { discord, model, folder, running, restart } = await startDiscordProcess(t);
  return {
    ...{ discord, model },
    killAt: async ({ route, phase }) => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const asked = model.calls.length;
      const isThere = (seen: string, when: string): boolean =>
        route ? route.test(seen) && when === phase : model.calls.length > asked;
      // In the very call, so that the process comes no further.
      const end = discord.onCall((seen, when) => {
        if (isThere(seen, when)) resolve(running().kill());
      });
      if (!route) void until(() => isThere('', ''), 'the model to be asked').then(() => resolve(running().kill()));
      await promise;
      end();
      await restart();
    },
    answers: () =>
      discord.messages(discord.home.channelId).filter(({ author, content }) => author === discord.bot && content !== ''),
    afterwards: async (args) => {
      await running().stop();
      return (await runParley(args, { cwd: folder })).stdout;
    },
  };
}

/** Nothing changes any more among what people see. */
async function comeToRest({ answers }: Scene, isComplete: () => boolean): Promise<void> {
  await until(isComplete, 'every answer').catch((error: unknown) => {
    throw new Error(`${String(error)}; people see ${JSON.stringify(answers().map(({ content }) => content))}`);
  });
  await systemClock.sleep(400);
}

function button(message: EmulatedMessage | undefined, name: string): { messageId: string; customId: string } {
  const customId = customIdsOf(message?.components ?? []).find((id) => id.startsWith(`parley:${name}`));
  assert.ok(message && customId, `no button ${name}`);
  return { messageId: message.id, customId };
}

describe('a process that is killed with several commands of one channel under way', () => {
  for (const point of points)
    test(`${point.name}: each command gets one answer, whole`, async (t) => {
      const scene = await setScene(t);
      const { discord, model, answers } = scene;
      model.behaviour.answer = ({ messages }) => `Answered: ${String(messages.at(-1)?.content).match(/question \d/)?.[0] ?? ''}.`;
      const killed = scene.killAt(point);

      for (const number of [1, 2, 3])
        discord.command({ name: 'ask', options: { question: `question ${number}` }, user: `Person ${number}` });
      await killed;
      await comeToRest(scene, () => answers().length >= 3);

      const shown = answers().map(({ content }) => content);
      assert.deepEqual(shown.toSorted(), ['Answered: question 1.', 'Answered: question 2.', 'Answered: question 3.']);
    });
});

describe('a process that is killed when somebody wants another answer', () => {
  for (const point of points)
    test(`${point.name}: the other answer stands in place of the first, once`, async (t) => {
      const scene = await setScene(t);
      const { discord, model, answers } = scene;
      let count = 0;
      // An attempt that is made again is another call: what counts is that the first answer is gone and one stands.
      model.behaviour.answer = () => {
        count += 1;
        return count === 1 ? 'The first answer.' : 'Another answer.';
      };
      discord.say({ text: 'What is it?', mention: true });
      await until(
        () => customIdsOf(answers()[0]?.components ?? []).some((id) => id.startsWith('parley:regenerate')),
        'the first answer',
      );
      const killed = scene.killAt(point);

      discord.press(button(answers()[0], 'regenerate'));
      await killed;
      const isOther = (): boolean =>
        answers().some(({ content, components }) => content === 'Another answer.' && customIdsOf(components ?? []).length > 0);
      await comeToRest(scene, isOther);

      assert.deepEqual(
        answers().map(({ content }) => content),
        ['Another answer.'],
      );
    });
});

describe('a process that is killed when somebody judges an answer', () => {
  for (const point of points.filter(({ route }) => route === acknowledgement))
    test(`${point.name}: the judgement is recorded once`, async (t) => {
      const scene = await setScene(t);
      const { discord, answers } = scene;
      discord.say({ text: 'What is it?', mention: true });
      await until(() => customIdsOf(answers()[0]?.components ?? []).some((id) => id.startsWith('parley:good')), 'an answer');
      const killed = scene.killAt(point);

      const pressed = discord.press(button(answers()[0], 'good'));
      await killed;
      discord.redeliverInteraction(pressed);
      await systemClock.sleep(300);

      const list = JSON.parse(await scene.afterwards(['feedback', 'list', '--json'])) as { readonly rating: string }[];
      assert.deepEqual(
        list.map(({ rating }) => rating),
        ['good'],
      );
    });
});

describe('a process that is killed when somebody stops an answer', () => {
  for (const point of points.filter(({ route }) => route === acknowledgement))
    test(`${point.name}: the answer stands once, stopped`, async (t) => {
      const scene = await setScene(t);
      const { discord, model, answers } = scene;
      const long = Array.from({ length: 3_000 }, (_, at) => `word${at}`).join(' ');
      Object.assign(model.behaviour, { answer: () => long, tokensPerSecond: 40 });
      discord.say({ text: 'Tell me all.', mention: true });
      await until(() => customIdsOf(answers()[0]?.components ?? []).some((id) => id.startsWith('parley:stop')), 'a Stop button');
      const killed = scene.killAt(point);

      discord.press(button(answers()[0], 'stop'));
      await killed;
      await comeToRest(scene, () => answers().some(({ content }) => content.endsWith('_Stopped._')));

      assert.equal(answers().filter(({ content }) => content.endsWith('_Stopped._')).length, 1);
      assert.equal(
        answers().some(({ components }) => customIdsOf(components ?? []).some((id) => id.startsWith('parley:stop'))),
        false,
      );
    });
});
