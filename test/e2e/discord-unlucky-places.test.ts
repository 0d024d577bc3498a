import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmulatedChannel } from '../../adapters/discord/emulator/world.ts';
import { onStage, until } from './stage.ts';
import type { Stage } from './stage.ts';

const manageThreads = 1n << 34n;

interface Scene extends Stage {
  readonly forum: EmulatedChannel;
  /** What the bot has written there. */
  written(channelId: string): string[];
  /** Ends when nothing is waiting and nothing is to be delivered any more. */
  rest(): Promise<void>;
}

/** The real app with a forum (or media channel) of support cases. The model answers only when it may. */
function onForum(play: (scene: Scene) => Promise<void>, options: { isMedia?: boolean; streaming?: boolean } = {}): Promise<void> {
  const { isMedia = false, streaming = false } = options;
  const channels: Record<string, { mode: 'posts' }> = {};
  return onStage(
    'discord',
    async (stage) => {
      const { discord, model, store, start } = stage;
      model.behaviour.answer = ({ messages }) => `About ${messages.at(-1)?.content ?? ''}`;
      const forum = discord.forum({ name: 'help', tags: ['Solved'], isMedia });
      channels[forum.id] = { mode: 'posts' };
      await start();
      const written = (channelId: string): string[] =>
        discord.messages(channelId).flatMap(({ author, content }) => (author === discord.bot ? [content] : []));
      const rest = (): Promise<void> =>
        until(async () => {
          const { waiting, undelivered } = await store().stats();
          return waiting === 0 && undelivered === 0;
        }, 'all to be done');
      await play({ ...stage, forum, written, rest });
    },
    { yaml: { discord: { streaming, channels, commands: true } } },
  );
}

/** Holds every call of the model back; what it returns lets them go. */
function hold({ model }: Stage): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  model.behaviour.onCall = (phase) => (phase === 'request' ? promise : undefined);
  return resolve;
}

test('discord: a question in an archived post is answered there, and the post is open again', () =>
  onForum(async (scene) => {
    const { discord, forum, written, model } = scene;
    const goOn = hold(scene);
    const { id } = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
    await until(() => model.calls.length === 1, 'the question');
    discord.archive(id);
    goOn();

    await until(() => written(id).length === 1, 'the answer');
    await scene.rest();

    assert.match(written(id)[0] ?? '', /How long\?/);
    assert.deepEqual(written(discord.directMessage('Ada').id), []);
    discord.command({ name: 'solved', channelId: id });
  }));

test('discord: an answer that has begun to grow in a post that is archived meanwhile is completed there', () =>
  onForum(
    async (scene) => {
      const { discord, forum, written, model, rest } = scene;
      model.behaviour.answer = () => 'word '.repeat(60).trim();
      const { id } = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
      await until(() => written(id).length === 1, 'the beginning of the answer');
      discord.archive(id);

      await rest();

      assert.deepEqual(written(id), ['word '.repeat(60).trim()]);
    },
    { streaming: true },
  ));

for (const isArchived of [false, true]) {
  const what = isArchived ? 'archived and locked' : 'locked';

  test(`discord: in a post that is ${what} meanwhile the answer cannot stand; who asked learns it by direct message, once`, () =>
    onForum(async (scene) => {
      const { discord, forum, written, store, model, rest } = scene;
      const goOn = hold(scene);
      const { id } = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
      await until(() => model.calls.length === 1, 'the question');
      if (isArchived) discord.archive(id, { locked: true });
      else discord.lock(id);
      goOn();

      await until(() => written(discord.directMessage('Ada').id).length === 1, 'the notice');
      await rest();

      assert.deepEqual(written(id), []);
      assert.match(
        written(discord.directMessage('Ada').id)[0] ?? '',
        /^Sorry, I could not give you my answer.*the thread is locked/,
      );
      const [dead] = await store().listDeadLetters({ limit: 9 });
      assert.match(dead?.error ?? '', /160005.*Manage Threads/);
    }));

  test(`discord: in a post that is ${what} meanwhile a bot that may manage threads answers all the same`, () =>
    onForum(async (scene) => {
      const { discord, forum, written, model, rest } = scene;
      discord.grant(manageThreads);
      const goOn = hold(scene);
      const { id } = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
      await until(() => model.calls.length === 1, 'the question');
      if (isArchived) discord.archive(id, { locked: true });
      else discord.lock(id);
      goOn();

      await until(() => written(id).length === 1, 'the answer');
      await rest();

      assert.deepEqual(written(discord.directMessage('Ada').id), []);
    }));
}

test('discord: an answer that has begun to grow in a post that is locked meanwhile ends as a notice', () =>
  onForum(
    async (scene) => {
      const { discord, forum, written, model, store, rest } = scene;
      model.behaviour.answer = () => 'word '.repeat(60).trim();
      const { id } = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
      await until(() => written(id).length === 1, 'the beginning of the answer');
      discord.lock(id);

      await until(() => written(discord.directMessage('Ada').id).length === 1, 'the notice');
      await rest();

      assert.match(written(discord.directMessage('Ada').id)[0] ?? '', /the thread is locked/);
      assert.equal((await store().listDeadLetters({ limit: 9 })).length, 1);
    },
    { streaming: true },
  ));

test('discord: a post whose first message is deleted before its answer is not answered, and goes on with what its author says next', () =>
  onForum(async (scene) => {
    const { discord, forum, written, model, rest } = scene;
    const goOn = hold(scene);
    const post = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
    await until(() => model.calls.length === 1, 'the question');
    discord.remove(post);
    discord.say({ channelId: post.id, text: 'And where?' });
    goOn();

    await until(() => written(post.id).some((text) => text.includes('And where?')), 'the next answer');
    await rest();

    assert.equal(written(post.id).length, 1);
    assert.doesNotMatch(written(post.id)[0] ?? '', /How long/);
  }));

test('discord: a post whose first message is deleted after its answer loses that answer, and the next question has its own', () =>
  onForum(async (scene) => {
    const { discord, forum, written, rest } = scene;
    const post = discord.postIn(forum, { title: 'Refund', text: 'How long?' });
    await until(() => written(post.id).length === 1, 'the answer');
    await rest();

    discord.remove(post);
    await until(() => written(post.id).length === 0, 'the answer to go');
    discord.say({ channelId: post.id, text: 'And where?' });
    await until(() => written(post.id).length === 1, 'the next answer');
    await rest();

    assert.match(written(post.id)[0] ?? '', /And where\?/);
  }));

test('discord: posts in media channels are support cases like those in forums, and are marked as solved', () =>
  onForum(
    async (scene) => {
      const { discord, forum, written, rest } = scene;
      discord.grant(manageThreads);
      const { id } = discord.postIn(forum, { title: 'Picture', text: 'What is this?' });
      await until(() => written(id).length === 1, 'the answer');
      discord.say({ channelId: id, text: 'And that?' });
      await until(() => written(id).length === 2, 'the next answer');
      await rest();

      await until(() => discord.commands().some(({ name }) => name === 'solved'), 'the command');
      discord.command({ name: 'solved', channelId: id });
      await until(() => discord.privateMessages('Ada').length === 1, 'what the command says');

      assert.match(discord.privateMessages('Ada')[0]?.content ?? '', /^Marked as solved/);
      assert.equal(discord.channelOf(id)?.appliedTags?.length, 1);
    },
    { isMedia: true },
  ));

for (const isPrivate of [false, true]) {
  const where = isPrivate ? 'as a direct message where it is private' : 'in the channel';

  test(`discord: a command that Discord does not know any more when it is acknowledged (10062) is answered ${where}, once`, () =>
    onForum(async (scene) => {
      const { discord, written, rest } = scene;
      await until(() => discord.commands().some(({ name }) => name === 'ask'), 'the command');
      discord.faults.add({ route: 'POST /interactions/:id/:id/callback', kind: 'platform_error', code: 10062, times: 99 });

      discord.command({ name: 'ask', options: { question: 'Where?', private: isPrivate } });
      const place = isPrivate ? discord.directMessage('Ada').id : discord.home.channelId;
      await until(() => written(place).length === 1, 'the answer');
      await rest();

      const other = isPrivate ? discord.home.channelId : discord.directMessage('Ada').id;
      assert.deepEqual([written(place), written(other), discord.privateMessages('Ada')], [['About Where?'], [], []]);
    }));
}
