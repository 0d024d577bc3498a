import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { InboundEvent } from '../../../src/message.ts';
import { onStage } from './support.ts';
import type { Stage } from './support.ts';

const staffRole = '1090000000000000002';

function refusals(events: readonly InboundEvent[]): (string | undefined)[] {
  return events.flatMap((event) => (event.type === 'message' || event.type === 'command' ? [event.refusal] : []));
}

/** Resolves when everything that has been said so far has been looked at: a direct message comes after it. */
async function heard({ emulator, watch, context }: Stage): Promise<void> {
  const end = emulator.say({ channelId: emulator.directMessage('Zoe').id, user: 'Zoe', text: 'the end' });
  await watch.until(() => context.messages().some(({ messageId }) => messageId === end.id));
  context.events.pop();
}

describe('settings of a Discord server and its channels', () => {
  test('a channel that is off answers nobody, and what people say in it is not kept', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const quiet = emulator.channel({ name: 'quiet' }).id;
      await start({ channels: { [quiet]: { mode: 'off' } } });

      emulator.say({ channelId: quiet, text: 'hello', mention: true });
      emulator.say({ channelId: quiet, text: 'talk among people' });
      emulator.say({ text: 'hello elsewhere', mention: true });
      await heard(stage);

      assert.deepEqual(context.texts(), ['hello', 'hello elsewhere']);
      assert.deepEqual(refusals(context.events), [`discord.channels.${quiet}.mode is off`, undefined]);
    }));

  test('what a channel does not say holds as the server says; the profile names both', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const { guildId, channelId } = emulator.home;
      const other = emulator.channel({ name: 'other' }).id;
      await start({ guilds: { [guildId]: { mode: 'off' } }, channels: { [channelId]: { mode: 'mention' } } });

      emulator.say({ text: 'here', mention: true });
      emulator.say({ channelId: other, text: 'there', mention: true });
      await heard(stage);

      const found = context.messages().map(({ profile, refusal }) => [profile, refusal]);
      assert.deepEqual(found, [
        [`discord/${guildId}/${channelId}`, undefined],
        [`discord/${guildId}`, `discord.guilds.${guildId}.mode is off`],
      ]);
    }));

  test('only those may ask who are named or have a role that is, by mention as by command', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const { channelId } = emulator.home;
      const { id: ada } = emulator.user('Ada');
      emulator.user('Ben', { roles: [staffRole] });
      await start({ commands: true, channels: { [channelId]: { allow: { users: [ada], roles: [staffRole] } } } });
      await stage.watch.until(() => emulator.commands().length === 8);

      for (const user of ['Ada', 'Ben', 'Cy']) emulator.say({ user, text: `I am ${user}`, mention: true });
      await heard(stage);
      for (const user of ['Ben', 'Cy']) emulator.command({ name: 'ask', user, options: { question: 'may I?' } });
      await stage.watch.until(() => refusals(context.events).length === 5);

      const no = `discord.channels.${channelId}.allow does not name the author`;
      assert.deepEqual(refusals(context.events), [undefined, undefined, no, undefined, no]);
    }));

  test('threads have the settings of their channel, also after a resume, when nobody names it', () =>
    onStage(async (stage) => {
      const { emulator, watch, context, start } = stage;
      const { channelId } = emulator.home;
      const options = { channels: { [channelId]: { mode: 'mention' } } } as const;
      const first = await start(options);
      const thread = emulator.thread({ name: 'talk' }).id;
      emulator.say({ channelId: thread, text: 'one', mention: true });
      emulator.say({ channelId: thread, text: 'talk among people' });
      await heard(stage);
      await first.stop();
      let reads = 0;
      emulator.onCall((route, phase) => {
        if (route === 'GET /channels/:id' && phase === 'after') reads += 1;
      });

      await start({ ...options, context: context.restart() });
      emulator.say({ channelId: thread, text: 'two', mention: true });
      emulator.say({ channelId: thread, text: 'more talk' });
      await heard(stage);
      await watch.until(() => context.texts().length === 2);

      assert.deepEqual(context.texts(), ['one', 'two']);
      assert.deepEqual(new Set(context.messages().map(({ profile }) => profile)), new Set([`discord/${channelId}`]));
      assert.equal(reads, 1);
    }));

  test('a thread whose channel Discord does not tell is answered to nobody', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const options = { channels: { '1090000000000000009': { mode: 'off' } } } as const;
      const thread = emulator.thread({ name: 'talk' }).id;
      const first = await start(options);
      await heard(stage);
      await first.stop();
      emulator.faults.add({ route: 'GET /channels/:id', kind: 'platform_error', code: 50001 });

      await start({ ...options, context: context.restart() });
      emulator.say({ channelId: thread, text: 'hello', mention: true });
      await heard(stage);

      assert.deepEqual(refusals(context.events), ['discord.channels: the channel of the thread is not known']);
    }));

  test('roles of who spoke while nobody listened are asked for', () =>
    onStage(async (stage) => {
      const { emulator, watch, context, start } = stage;
      const { channelId } = emulator.home;
      emulator.user('Ben', { roles: [staffRole] });
      const options = { channels: { [channelId]: { allow: { roles: [staffRole] } } } };
      const first = await start(options);
      emulator.say({ user: 'Ben', text: 'before', mention: true });
      await heard(stage);
      await first.stop();
      emulator.expireSessions();
      for (const user of ['Ben', 'Cy']) emulator.say({ user, text: `missed ${user}`, mention: true });

      await start({ ...options, context: context.restart() });
      await watch.until(() => context.texts().length === 3);

      const no = `discord.channels.${channelId}.allow does not name the author`;
      assert.deepEqual(refusals(context.events), [undefined, undefined, no]);
    }));

  test('a channel can have every message answered', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      const help = emulator.channel({ name: 'help' }).id;
      await start({ channels: { [help]: { mode: 'all' } } });

      emulator.say({ channelId: help, text: 'no mention' });
      emulator.say({ text: 'talk elsewhere' });
      await heard(stage);

      assert.deepEqual(
        context.messages().map(({ text, addressed }) => [text, addressed]),
        [['no mention', true]],
      );
    }));

  test('other bots are not heard; with a number of turns only so often, and only where they mention the bot', () =>
    onStage(async (stage) => {
      const { emulator, context, start } = stage;
      emulator.user('Robo', { isBot: true });
      const first = await start();
      emulator.say({ user: 'Robo', text: 'deaf', mention: true });
      await heard(stage);
      assert.deepEqual(context.texts(), []);
      await first.stop();

      await start({ botTurnsPerHour: 2, context: context.restart() });
      for (const text of ['one', 'two', 'three']) emulator.say({ user: 'Robo', text, mention: true });
      emulator.say({ user: 'Robo', text: 'talk' });
      await heard(stage);

      assert.deepEqual(context.texts(), ['one', 'two', 'three']);
      assert.deepEqual(
        context.messages().map(({ author }) => author.isBot),
        [true, true, true],
      );
      const refusal = 'discord.botTurnsPerHour: 2 messages of bots were answered here within an hour';
      for (const { limit, conversationId } of context.messages())
        assert.deepEqual(limit, { perHour: 2, refusal, conversationId });
    }));
});
