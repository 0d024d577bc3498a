import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EmulatedChannel } from '../../../adapters/discord/emulator/world.ts';
import type { DiscordOptions } from '../../../adapters/discord/index.ts';
import type { Stage } from './support.ts';
import { customIdsOf } from '../../../adapters/discord/emulator/components.ts';
import { never, onStage, toOutbound } from './support.ts';

const manageThreads = 1n << 34n;

/** A forum whose posts are support cases, with a bot that has started. */
async function startForum(
  { emulator, start }: Stage,
  tags: readonly string[] = ['billing', 'Solved'],
  options: Partial<DiscordOptions> = {},
) {
  const forum = emulator.forum({ name: 'help', tags });
  emulator.grant(manageThreads);
  await start({ channels: { [forum.id]: { mode: 'posts' } }, ...options });
  return forum;
}

/** Resolves when everything that has been said so far has been looked at: a direct message comes after it. */
async function heard({ emulator, watch, context }: Stage): Promise<void> {
  const end = emulator.say({ channelId: emulator.directMessage('Zoe').id, user: 'Zoe', text: 'the end' });
  await watch.until(() => context.messages().some(({ messageId }) => messageId === end.id));
  context.events.pop();
}

describe('a post in a forum', () => {
  for (const messageFirst of [false, true]) {
    test(`is a question with its title and tags, when its ${messageFirst ? 'message' : 'thread'} is told first`, () =>
      onStage(async (stage) => {
        const { emulator, context, watch } = stage;
        const forum = await startForum(stage);

        const post = emulator.postIn(forum, { title: 'Charged\ntwice', text: 'Please help.', tags: ['billing'], messageFirst });
        await watch.until(() => context.messages().length === 1);

        const [message] = context.messages();
        assert.equal(message?.text, 'Title: Charged twice\nTags: billing\n\nPlease help.');
        assert.deepEqual([message.addressed, message.destination['channelId']], [true, post.id]);
        assert.equal(message.conversationId, `discord:${emulator.home.guildId}:${post.id}`);
      }));
  }

  test('goes on with what its author says in it, and with what others say to the bot', () =>
    onStage(async (stage) => {
      const { emulator, context } = stage;
      const forum = await startForum(stage);
      const { id: channelId } = emulator.postIn(forum, { title: 'Refund', text: 'How long?' });

      emulator.say({ channelId, text: 'It has been a week.' });
      emulator.say({ channelId, user: 'Ben', text: 'Same here.' });
      emulator.say({ channelId, user: 'Ben', text: 'And for me?', mention: true });
      await heard(stage);

      const texts = context.texts();
      assert.deepEqual(texts, ['Title: Refund\n\nHow long?', 'It has been a week.', 'And for me?']);
      assert.ok(context.messages().every(({ addressed }) => addressed));
    }));

  test('is left alone once it is solved, until the bot is mentioned or the tag is gone', () =>
    onStage(async (stage) => {
      const { emulator, context } = stage;
      const forum = await startForum(stage);
      const { id: channelId } = emulator.postIn(forum, { title: 'Refund', text: 'How long?' });
      await heard(stage);

      emulator.tag(forum, channelId, ['Solved']);
      emulator.say({ channelId, text: 'Thank you all!' });
      emulator.say({ channelId, text: 'One more thing?', mention: true });
      await heard(stage);
      emulator.tag(forum, channelId, []);
      emulator.say({ channelId, text: 'It is back.' });
      await heard(stage);

      assert.deepEqual(context.texts().slice(1), ['One more thing?', 'It is back.']);
    }));

  test('keeps its title when its question is edited', () =>
    onStage(async (stage) => {
      const { emulator, context, watch } = stage;
      const forum = await startForum(stage);
      const post = emulator.postIn(forum, { title: 'Refund', text: 'How long?' });

      emulator.edit(post, 'How long does it take?');
      await watch.until(() => context.events.some(({ type }) => type === 'edit'));

      const edit = context.events.find(({ type }) => type === 'edit');
      assert.equal(edit?.type === 'edit' ? edit.text : '', 'Title: Refund\n\nHow long does it take?');
    }));

  test('in a forum without support cases has no title before its question, and none when that is edited', () =>
    onStage(async (stage) => {
      const { emulator, context, watch } = stage;
      await startForum(stage);
      const other = emulator.forum({ name: 'other' });
      const mention = `<@${emulator.bot.id}>`;
      const post = emulator.postIn(other, { title: 'Talk', text: `${mention} what now?` });

      emulator.edit(post, `${mention} what then?`);
      await watch.until(() => context.events.some(({ type }) => type === 'edit'));

      const edit = context.events.find(({ type }) => type === 'edit');
      assert.deepEqual([context.texts()[0], edit?.type === 'edit' ? edit.text : ''], ['what now?', 'what then?']);
    }));

  test('is known again by a process that has seen nothing of it', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const forum = emulator.forum({ tags: ['billing'] });
      const options = { channels: { [forum.id]: { mode: 'posts' } } } as const;
      const first = await start(options);
      const { id: channelId } = emulator.postIn(forum, { title: 'Refund', text: 'How long?', tags: ['billing'] });
      await heard(stage);
      await first.stop();
      emulator.say({ channelId, text: 'Hello?' });
      emulator.postIn(forum, { title: 'Missed', text: 'Nobody was there.', tags: ['billing'] });

      await start(options);
      await heard(stage);

      assert.deepEqual(context.texts().slice(1), ['Hello?', 'Title: Missed\nTags: billing\n\nNobody was there.']);
    }));

  test('in a forum that nothing is set for is answered where the bot is mentioned', () =>
    onStage(async (stage) => {
      const { emulator, context } = stage;
      await startForum(stage);
      const other = emulator.forum({ name: 'other' });

      emulator.postIn(other, { title: 'Talk', text: 'among people' });
      await heard(stage);

      assert.ok(context.messages().every(({ addressed }) => !addressed));
    }));
});

/** An answer in a post, and what pressing "Solved" under it tells this person. */
async function pressSolved(stage: Stage, { forum, user, deny }: { forum: EmulatedChannel; user: string; deny?: boolean }) {
  const { emulator, context, watch } = stage;
  const post = emulator.postIn(forum, { title: 'Refund', text: 'How long?', tags: ['billing'] });
  await watch.until(() => context.messages().some(({ messageId }) => messageId === post.id));
  if (deny) emulator.deny(forum.id, manageThreads);
  const question = context.messages().find(({ messageId }) => messageId === post.id);
  const adapter = await stage.start({ channels: { [forum.id]: { mode: 'posts' } } });
  const { id: messageId } = await adapter.send(toOutbound(question?.destination ?? {}, 'Two weeks.'), never);
  const press = async (): Promise<string> => {
    const before = emulator.privateMessages(user).length;
    emulator.press({ messageId, customId: 'parley:solved', user });
    await watch.until(() => emulator.privateMessages(user).length > before);
    return emulator.privateMessages(user).at(-1)?.content ?? '';
  };
  const tags = (): readonly string[] => {
    const applied = emulator.channelOf(post.id)?.appliedTags ?? [];
    return (forum.tags ?? []).filter(({ id }) => applied.includes(id)).map(({ name }) => name);
  };
  return { messageId, press, tags, post };
}

describe('the button "Solved" under an answer in a post', () => {
  test('gives the post the tag, once, for who has posted it', () =>
    onStage(async (stage) => {
      const { press, tags } = await pressSolved(stage, { forum: await startForum(stage), user: 'Ada' });

      assert.match(await press(), /^Marked as solved/);
      assert.match(await press(), /^Marked as solved/);

      assert.deepEqual(tags(), ['billing', 'Solved']);
    }));

  test('is for moderators, too, and for nobody else', () =>
    onStage(async (stage) => {
      const forum = await startForum(stage);
      stage.emulator.user('Mo', { permissions: String(1n << 34n) });

      const byBen = await pressSolved(stage, { forum, user: 'Ben' });
      const byMo = await pressSolved(stage, { forum, user: 'Mo' });

      assert.match(await byBen.press(), /^Only who has posted this/);
      assert.match(await byMo.press(), /^Marked as solved/);
      assert.deepEqual([byBen.tags(), byMo.tags()], [['billing'], ['billing', 'Solved']]);
    }));

  test('says what is missing: the permission, or the tag', () =>
    onStage(async (stage) => {
      const denied = await pressSolved(stage, { forum: await startForum(stage), user: 'Ada', deny: true });
      const without = await pressSolved(stage, { forum: await startForum(stage, ['billing']), user: 'Ada' });

      assert.match(await denied.press(), /I lack the permission Manage Threads/);
      assert.match(await without.press(), /no tag for that/);
    }));

  test('is not under answers elsewhere', () =>
    onStage(async (stage) => {
      const { emulator, context, watch } = stage;
      await startForum(stage);
      emulator.say({ text: 'elsewhere', mention: true });
      await watch.until(() => context.messages().length === 1);
      const adapter = await stage.start();

      const { id } = await adapter.send(toOutbound(context.messages()[0]?.destination ?? {}, 'Yes.'), never);

      const answer = emulator.messages(emulator.home.channelId).find((message) => message.id === id);
      assert.ok(answer && !customIdsOf(answer.components ?? []).includes('parley:solved'));
    }));
});

describe('the command /solved', () => {
  /** What using it there tells this person. */
  async function useSolved(
    { emulator, watch }: Stage,
    { channelId, user }: { channelId: string; user: string },
  ): Promise<string> {
    const before = emulator.privateMessages(user).length;
    emulator.command({ name: 'solved', channelId, user });
    await watch.until(() => emulator.privateMessages(user).length > before);
    return emulator.privateMessages(user).at(-1)?.content ?? '';
  }

  async function startCommands(stage: Stage) {
    const forum = await startForum(stage, undefined, { commands: true });
    await stage.watch.until(() => stage.context.states.has('commands'));
    return forum;
  }

  test('does in a post what the button does, for the same people', () =>
    onStage(async (stage) => {
      const { emulator } = stage;
      const forum = await startCommands(stage);
      const { id: channelId } = emulator.postIn(forum, { title: 'Refund', text: 'How long?' });

      assert.match(await useSolved(stage, { channelId, user: 'Ben' }), /^Only who has posted this/);
      assert.deepEqual(emulator.channelOf(channelId)?.appliedTags, []);
      assert.match(await useSolved(stage, { channelId, user: 'Ada' }), /^Marked as solved/);
      assert.equal(emulator.channelOf(channelId)?.appliedTags?.length, 1);
    }));

  test('says elsewhere where it belongs: in channels, in threads that are no posts, in forums without support cases', () =>
    onStage(async (stage) => {
      const { emulator } = stage;
      await startCommands(stage);
      const other = emulator.forum({ name: 'other', tags: ['Solved'] });
      const { id: talk } = emulator.postIn(other, { title: 'Talk', text: 'among people' });
      const say = (channelId: string): Promise<string> => useSolved(stage, { channelId, user: 'Ada' });

      assert.match(await say(emulator.home.channelId), /^This works in the posts of a forum/);
      assert.match(await say(emulator.thread().id), /^This works in the posts of a forum/);
      assert.match(await say(talk), /^The posts of this forum are no support cases/);
      assert.deepEqual(emulator.channelOf(talk)?.appliedTags, []);
    }));

  test('cannot be used in an archived post, and the button there says to open it first', () =>
    onStage(async (stage) => {
      const forum = await startCommands(stage);
      const { press, tags, post } = await pressSolved(stage, { forum, user: 'Ada' });
      stage.emulator.archive(post.id);

      assert.throws(() => stage.emulator.command({ name: 'solved', channelId: post.id }), /in an archived thread/);
      assert.match(await press(), /^The post is archived or locked\. Open it again/);
      assert.deepEqual(tags(), ['billing']);
    }));
});
