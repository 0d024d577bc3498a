import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onStage, until } from './stage.ts';
import type { Stage } from './stage.ts';

const post = 'POST /channels/:id/messages';
const yaml = { discord: { streaming: false } };

async function failed({ store }: Stage): Promise<void> {
  await until(async () => (await store().listDeadLetters({ limit: 9 })).length === 1, 'the dead letter');
  await until(async () => (await store().stats()).undelivered === 0, 'the notice');
}

function written({ discord }: Stage, channelId: string): string[] {
  return discord.messages(channelId).flatMap(({ author, content }) => (author === discord.bot ? [content] : []));
}

for (const [code, reason] of [
  ...([
    [50013, 'I may not write there'],
    [50001, 'I cannot see that channel'],
    [10003, 'is gone'],
  ] as const),
  ...([
    [160005, 'the thread is locked'],
    [50035, 'does not take its text'],
    [50008, 'takes no messages'],
  ] as const),
] as const) {
  test(`discord, ${code}: who asked learns it once by direct message, the ledger says why, and the model is told`, () =>
    onStage(
      'discord',
      async (stage) => {
        const { start, discord, model, store } = stage;
        model.behaviour.answer = () => 'The launch code is plum-cake.';
        await start();
        discord.faults.add({ route: post, kind: 'platform_error', code });

        discord.say({ text: 'what is the code?', mention: true });
        await failed(stage);

        const notices = discord.messages(discord.directMessage('Ada').id);
        assert.equal(notices.length, 1);
        assert.match(notices[0]?.content ?? '', new RegExp(`Sorry, I could not give you my answer.*${reason}`));
        assert.doesNotMatch(JSON.stringify([notices, discord.messages(discord.home.channelId)]), /plum-cake/);
        assert.match((await store().listDeadLetters({ limit: 9 }))[0]?.error ?? '', new RegExp(`\\(${code}\\)`));

        discord.say({ text: 'well?', mention: true });
        await until(() => written(stage, discord.home.channelId).length === 1, 'the next answer');
        assert.match(JSON.stringify(model.calls.at(-1)?.request), /did not reach them and will not/);
      },
      { yaml },
    ));
}

for (const kind of ['lost_response', 'server_error', 'rate_limit'] as const) {
  test(`discord: the notice arrives once, although its sending meets ${kind}`, () =>
    onStage(
      'discord',
      async (stage) => {
        const { start, discord } = stage;
        await start();
        discord.faults.add({ route: post, kind: 'platform_error', code: 50013 });
        discord.faults.add({ route: post, kind, times: 2 });

        discord.say({ text: 'hello', mention: true });
        await failed(stage);

        assert.equal(written(stage, discord.directMessage('Ada').id).length, 1);
      },
      { yaml: { ...yaml, delivery: { baseDelayMs: 200, maxDelaySeconds: 2, timeoutSeconds: 4 } } },
    ));
}

test('discord: who takes no direct messages is not told, and that leaves one dead letter and no loop', () =>
  onStage(
    'discord',
    async (stage) => {
      const { start, discord, store } = stage;
      await start();
      discord.faults.add({ route: post, kind: 'platform_error', code: 50013 });
      discord.faults.add({ route: post, kind: 'platform_error', code: 50007 });

      discord.say({ text: 'hello', mention: true });
      await failed(stage);

      assert.equal((await store().listDeadLetters({ limit: 9 })).length, 1);
      assert.deepEqual(written(stage, discord.directMessage('Ada').id), []);
    },
    { yaml },
  ));

test('discord: an answer by direct message that is refused leaves a dead letter, and no second message', () =>
  onStage(
    'discord',
    async (stage) => {
      const { start, discord } = stage;
      await start();
      const { id: channelId } = discord.directMessage('Ada');
      discord.faults.add({ route: post, kind: 'platform_error', code: 50007 });

      discord.say({ channelId, text: 'hello' });
      await failed(stage);

      assert.deepEqual(written(stage, channelId), []);
    },
    { yaml },
  ));
