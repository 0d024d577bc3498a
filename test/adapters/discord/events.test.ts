import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { never, onStage, toOutbound } from './support.ts';

describe('events from Discord', () => {
  test('mentions, replies, direct messages and talk in threads are accepted, chatter between others is not', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const thread = emulator.thread({ name: 'plans' });
      const direct = emulator.directMessage('Bea');

      emulator.say({ text: 'when do you open?', mention: true });
      emulator.say({ text: 'lunch?' });
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'hello' });
      emulator.say({ channelId: thread.id, text: 'in here nobody mentions anybody' });
      emulator.say({ channelId: thread.id, text: 'or do they?', mention: true });
      await watch.until(() => context.messages().length === 4);

      assert.deepEqual(
        context.messages().map(({ text, addressed, isDirect }) => ({ text, addressed, isDirect })),
        [
          { text: 'when do you open?', addressed: true, isDirect: false },
          { text: 'hello', addressed: true, isDirect: true },
          { text: 'in here nobody mentions anybody', addressed: false, isDirect: false },
          { text: 'or do they?', addressed: true, isDirect: false },
        ],
      );
    }));

  test('a reply to the bot is addressed even when it does not ping', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      emulator.say({ text: 'first', mention: true });
      await watch.until(() => context.texts().length === 1);
      const answer = await adapter.send(toOutbound(context.messages()[0]!.destination, 'answer'), never);

      emulator.say({ text: 'second', replyTo: answer.id, ping: false });
      await watch.until(() => context.texts().length === 2);

      assert.equal(context.messages()[1]?.addressed, true);
      assert.equal(context.messages()[1]?.replyTo, answer.id);
    }));

  test("a mention of the bot's role is recognised, after a resume as well, when no guild shows its roles", () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const roleId = emulator.botRoleId(emulator.home.guildId);
      const first = await start();
      emulator.say({ text: `<@&${roleId}> one` });
      await watch.until(() => context.texts().length === 1);
      await first.stop();

      await start();
      emulator.say({ text: `<@&${roleId}> two` });
      await watch.until(() => context.texts().length === 2);

      assert.deepEqual(context.texts(), ['one', 'two']);
    }));

  test("a mention of the bot's role is recognised again once Discord has failed to name the roles, but it is not asked at each mention", async () => {
    let skippedMs = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skippedMs };
    const route = 'GET /guilds/:id/roles';
    await onStage(
      async ({ emulator, watch, context, start }) => {
        const mention = `<@&${emulator.botRoleId(emulator.home.guildId)}>`;
        const { id: channelId } = emulator.thread();
        const say = async (text: string): Promise<boolean> => {
          const before = context.texts().length;
          emulator.say({ channelId, text: `${mention} ${text}` });
          await watch.until(() => context.texts().length === before + 1);
          return context.messages().at(-1)?.addressed ?? false;
        };
        const first = await start();
        assert.equal(await say('before'), true);
        await first.stop();
        let asked = 0;
        emulator.onCall((called, phase) => {
          if (called === route && phase === 'before') asked += 1;
        });
        emulator.faults.add({ route, kind: 'server_error', times: 2 });
        await start();

        const addressed = [await say('at once'), await say('soon')];
        skippedMs += 61_000;
        addressed.push(await say('a minute later'));
        skippedMs += 61_000;
        addressed.push(await say('two minutes later'));
        skippedMs += 61_000;
        addressed.push(await say('three minutes later'), await say('and again'));

        assert.deepEqual(addressed, [false, false, false, false, true, true]);
        assert.equal(asked, 3);
        assert.equal(context.lines.filter((line) => line.includes('Discord roles of a server could not be read')).length, 2);
      },
      { clock },
    );
  });

  test('edits and deletions are accepted for the message they are about', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const message = emulator.say({ text: 'at nine?', mention: true });
      const edited = emulator.edit(message, `<@${emulator.bot.id}> at ten?`);
      emulator.remove(edited);

      await watch.until(() => context.events.some(({ type }) => type === 'delete'));

      const about = context.events.filter((event) => 'messageId' in event && event.messageId === message.id);
      assert.deepEqual(
        about.map((event) => [event.type, 'text' in event ? event.text : undefined]),
        [
          ['message', 'at nine?'],
          ['edit', 'at ten?'],
          ['delete', undefined],
        ],
      );
    }));

  test('a message that Discord delivers three times is one event', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const message = emulator.say({ text: 'once', mention: true });
      emulator.redeliver(message, 2);
      emulator.say({ text: 'after', mention: true });

      await watch.until(() => context.texts().includes('after'));

      assert.deepEqual(context.texts(), ['once', 'after']);
    }));

  test('without the message content intent mentions and direct messages still carry their text', () =>
    onStage(
      async ({ emulator, watch, context, start }) => {
        await start({ messageContentIntent: false });
        const thread = emulator.thread();
        emulator.say({ channelId: thread.id, text: 'not for the bot' });
        emulator.say({ channelId: emulator.directMessage('Bea').id, user: 'Bea', text: 'direct' });
        emulator.say({ text: 'mentioned', mention: true });

        await watch.until(() => context.texts().includes('mentioned'));

        assert.deepEqual(context.texts(), ['direct', 'mentioned']);
      },
      { emulator: { messageContent: false } },
    ));
});
