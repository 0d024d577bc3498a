import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdapterError } from '../../../src/errors.ts';
import type { Json } from '../../../src/message.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createContext, createWatch, defaults, onStage } from './support.ts';

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
      const answer = await adapter.send(
        {
          id: 'answer00000000000000000a',
          conversationId: 'c',
          tenant: 't',
          inReplyTo: 'e',
          destination: context.messages()[0]!.destination,
          text: 'answer',
          part: 0,
          parts: 1,
          attempt: 1,
          createdAt: context.clock.now(),
        },
        new AbortController().signal,
      );

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

describe('durability', () => {
  test('the sequence of an event is saved in the transaction of that event', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const sequences = new Map<string, number>();
      emulator.onDispatchSent(({ type, sequence, data }) => {
        if (type === 'MESSAGE_CREATE' && 'id' in data) sequences.set(String(data.id), sequence);
      });
      await start();
      for (let turn = 0; turn < 20; turn += 1) emulator.say({ text: `question ${turn}`, mention: true });

      await watch.until(() => context.texts().length === 20 && sequences.size === 20);

      for (const { events, state } of context.batches) {
        const last = events.findLast((event) => event.type === 'message');
        if (last) assert.equal(sequenceOf(state?.value), sequences.get(last.eventId));
      }
    }));

  test('a restart resumes the session and takes exactly what it missed, in order', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const calls = callsOf(emulator);
      const first = await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      for (let turn = 0; turn < 30; turn += 1) emulator.say({ text: `missed ${turn}`, mention: true });

      await start();
      emulator.say({ text: 'after', mention: true });
      await watch.until(() => context.texts().includes('after'));

      assert.deepEqual(calls, ['identify', 'resume']);
      assert.deepEqual(context.texts(), ['before', ...Array.from({ length: 30 }, (_, turn) => `missed ${turn}`), 'after']);
      assert.equal(context.batches.flatMap(({ events }) => events).length, context.events.length);
    }));

  test('what was received and never saved comes again after the process has died', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const clock = createFakeClock();
      const dying = createContext(watch, { clock, ledger: context });
      let hung = 0;
      const accept = (): Promise<never> => {
        hung += 1;
        watch.poke();
        return new Promise(() => undefined);
      };
      const hangs = { ...dying, accept };
      const first = await start();
      emulator.say({ text: 'saved', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      const second = await start({ context: hangs });
      emulator.say({ text: 'received, not saved', mention: true });
      await watch.until(() => hung > 0);
      const stopped = second.stop();
      await clock.advance(10_000);
      await stopped;

      await start();
      await watch.until(() => context.texts().length === 2);

      assert.deepEqual(context.texts(), ['saved', 'received, not saved']);
    }));

  test('events that cannot be saved at once are tried again and keep their order', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      context.rejectNext(3);
      for (let turn = 0; turn < 10; turn += 1) emulator.say({ text: `question ${turn}`, mention: true });

      await watch.until(() => context.texts().length === 10);

      assert.deepEqual(
        context.texts(),
        Array.from({ length: 10 }, (_, turn) => `question ${turn}`),
      );
      assert.equal(sequenceOf(context.states.get('gateway:0')), 12);
    }));

  test('where saving goes on failing the connection is closed, and a resume brings everything again', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, watch, context, start }) => {
        const calls = callsOf(emulator);
        await start();
        emulator.say({ text: 'before', mention: true });
        await watch.until(() => context.texts().length === 1);
        const settled = sequenceOf(context.states.get('gateway:0'));
        context.rejectNext(Number.POSITIVE_INFINITY);
        emulator.say({ text: 'one', mention: true });
        emulator.say({ text: 'two', mention: true });
        await watch.until(() => context.lines.some((line) => line.includes('could not be saved')));
        for (let turn = 0; turn < 8; turn += 1) await clock.advance(5000);
        await watch.until(() => calls.includes('resume'));
        assert.equal(sequenceOf(context.states.get('gateway:0')), settled);

        context.rejectNext(0);
        for (let turn = 0; turn < 8; turn += 1) await clock.advance(5000);
        await watch.until(() => context.texts().length === 3);

        assert.deepEqual(context.texts(), ['before', 'one', 'two']);
        assert.deepEqual(new Set(calls), new Set(['identify', 'resume']));
        assert.equal(calls.filter((call) => call === 'identify').length, 1);
      },
      { clock },
    );
  });

  test('a session whose first save fails asks again for everything after READY', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, watch, context, start }) => {
        const calls = callsOf(emulator);
        context.rejectNext(Number.POSITIVE_INFINITY);
        await start();
        emulator.say({ text: 'one', mention: true });
        for (let turn = 0; turn < 8; turn += 1) await clock.advance(5000);
        await watch.until(() => calls.includes('resume'));
        assert.equal(context.states.size, 0);

        context.rejectNext(0);
        for (let turn = 0; turn < 8; turn += 1) await clock.advance(5000);
        await watch.until(() => context.texts().length === 1);

        assert.equal(calls.filter((call) => call === 'identify').length, 1);
      },
      { clock },
    );
  });

  test('dispatches that carry nothing for the bot move the saved sequence on, but seldom', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, watch, context, start }) => {
        await start();
        emulator.say({ text: 'one', mention: true });
        await watch.until(() => context.texts().length === 1);
        const saves = context.batches.length;
        let sent = 0;
        emulator.onDispatchSent(() => (sent += 1));
        for (let turn = 0; turn < 50; turn += 1) emulator.say({ text: 'chatter' });
        emulator.requestHeartbeat();
        const calls = callsOf(emulator);
        await watch.until(() => sent === 50 && calls.includes('heartbeat'));
        assert.equal(context.batches.length, saves);

        await clock.advance(5000);
        await watch.until(() => context.batches.length === saves + 1);

        assert.deepEqual(context.batches.at(-1)?.events, []);
        assert.equal(sequenceOf(context.states.get('gateway:0')), 53);
      },
      { clock },
    );
  });

  test('a stop saves how far it has come', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      emulator.say({ text: 'one', mention: true });
      emulator.say({ text: 'chatter' });
      emulator.say({ text: 'chatter' });
      let sent = 0;
      emulator.onDispatchSent(() => (sent += 1));
      await watch.until(() => context.texts().length === 1);
      emulator.requestHeartbeat();
      const calls = callsOf(emulator);
      await watch.until(() => calls.includes('heartbeat'));

      await adapter.stop();

      assert.equal(sequenceOf(context.states.get('gateway:0')), 5);
      assert.equal(adapter.health?.().detail, 'stopped');
      assert.equal(emulator.connected(), 0);
    }));
});

describe('the connection', () => {
  test('a cut connection is resumed and nothing is missed', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      const calls = callsOf(emulator);
      emulator.dropConnections({ resumable: true });
      emulator.say({ text: 'while away', mention: true });

      await watch.until(() => context.texts().length === 1);

      assert.deepEqual(calls, ['resume']);
      assert.equal(adapter.health?.().connected, true);
    }));

  test('a session survives a network that refuses connections for a while', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const calls = callsOf(emulator);
      emulator.faults.add({ route: 'GATEWAY', kind: 'refuse', times: 2 });
      emulator.dropConnections({ resumable: true });
      emulator.say({ text: 'while away', mention: true });

      await watch.until(() => context.texts().length === 1);

      assert.deepEqual(calls, ['resume']);
    }));

  test('op 7 makes it reconnect and resume', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const calls = callsOf(emulator);
      emulator.requestReconnect();
      await watch.until(() => calls.includes('resume'));
      emulator.say({ text: 'after', mention: true });

      await watch.until(() => context.texts().length === 1);

      assert.deepEqual(calls, ['resume']);
    }));

  test('heartbeats are answered at once when asked for', () =>
    onStage(async ({ emulator, watch, start }) => {
      await start();
      const calls = callsOf(emulator);

      emulator.requestHeartbeat();
      await watch.until(() => calls.length > 0);

      assert.deepEqual(calls, ['heartbeat']);
    }));

  test('an invalid session is replaced by a new one, and what was said meanwhile is fetched', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      emulator.say({ text: 'before', mention: true });
      const direct = emulator.directMessage('Bea');
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'hello' });
      await watch.until(() => context.texts().length === 2);
      const quiet = emulator.channel({ name: 'never-used' });
      const calls = callsOf(emulator);
      emulator.dropConnections({ resumable: false });
      emulator.say({ text: 'in a known channel', mention: true });
      emulator.say({ channelId: quiet.id, text: 'in a new channel', mention: true });
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'in private' });
      emulator.say({ text: 'chatter' });

      await watch.until(() => context.texts().length === 5);
      emulator.say({ text: 'live again', mention: true });
      await watch.until(() => context.texts().includes('live again'));

      assert.deepEqual(calls, ['resume', 'identify']);
      assert.deepEqual(
        context.texts().toSorted(),
        ['before', 'hello', 'in a known channel', 'in a new channel', 'in private', 'live again'].toSorted(),
      );
      const found = context.messages().find(({ text }) => text === 'in a new channel');
      assert.equal(found?.addressed, true);
      assert.equal(found?.destination['guildId'], emulator.home.guildId);
    }));

  test('a restart after the session has expired fetches what was missed', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      const thread = emulator.thread();
      emulator.say({ channelId: thread.id, text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      emulator.expireSessions();
      for (let turn = 0; turn < 250; turn += 1) emulator.say({ channelId: thread.id, text: `missed ${turn}` });

      await start({ context: context.restart() });
      await watch.until(() => context.texts().length === 251);

      assert.deepEqual(context.texts(), ['before', ...Array.from({ length: 250 }, (_, turn) => `missed ${turn}`)]);
    }));

  test('fetching what was missed waits out a rate limit and skips a channel that cannot be read', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      const direct = emulator.directMessage('Bea');
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'one' });
      emulator.say({ text: 'two', mention: true });
      await watch.until(() => context.texts().length === 2);
      emulator.faults.add({ route: 'GET /channels/:id/messages', kind: 'rate_limit', retryAfterSeconds: 0.2 });
      emulator.faults.add({ route: 'GET /channels/:id/messages', kind: 'platform_error', code: 50001, skip: 0 });
      emulator.dropConnections({ resumable: false });
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'three' });
      emulator.say({ text: 'four', mention: true });

      await watch.until(() => context.lines.some((line) => line.includes('could not be read for missed messages')));
      await watch.until(() => context.texts().length === 3);

      assert.ok(context.texts().includes('four'));
    }));

  test('other intents need a new session, and the gap in between is fetched', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      const calls = callsOf(emulator);
      emulator.say({ text: 'between', mention: true });

      await start({ messageContentIntent: false });
      await watch.until(() => context.texts().length === 2);

      assert.deepEqual(calls, ['identify']);
      assert.deepEqual(context.texts(), ['before', 'between']);
    }));

  test('a saved session that is damaged is not used', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const calls = callsOf(emulator);
      context.states.set('gateway:0', { sessionId: 'x', resumeUrl: 'http://[', sequence: -1, userId: [] });

      await start();
      emulator.say({ text: 'one', mention: true });
      await watch.until(() => context.texts().length === 1);

      assert.deepEqual(calls, ['identify']);
    }));
});

describe('what an operator has to mend', () => {
  test('a wrong token is refused at the start, by the name of its setting', () =>
    onStage(async ({ start }) => {
      await assert.rejects(start({ token: 'wrong-token' }), (error) => {
        assert.ok(error instanceof AdapterError);
        assert.match(error.message, /DISCORD_TOKEN/);
        assert.doesNotMatch(error.message, /wrong-token/);
        return true;
      });
    }));

  test('an intent that is switched off in the portal is named together with its switch', () =>
    onStage(
      async ({ start }) => {
        await assert.rejects(start(), /Message Content.*Developer Portal/);
      },
      { emulator: { messageContent: false } },
    ));

  test('a token that is revoked while the bot runs shows in its health', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();

      emulator.dropConnections({ resumable: false, code: 4004 });
      await watch.until(() => context.lines.some((line) => line.startsWith('error')));

      assert.equal(adapter.health?.().connected, false);
      assert.match(adapter.health?.().detail ?? '', /DISCORD_TOKEN/);
    }));

  test('a Discord that cannot be reached lets the start go on, shows in health, and is connected to once it is there', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const port = Number(new URL(emulator.apiUrl).port);
      const { apiUrl } = emulator;
      await emulator.close();

      const adapter = await start({ apiUrl });

      assert.equal(adapter.health?.().connected, false);
      assert.match(adapter.health?.().detail ?? '', /cannot connect/);
      await emulator.listen(port);
      await watch.until(() => adapter.health?.().connected === true);
      emulator.say({ text: 'there you are', mention: true });
      await watch.until(() => context.texts().length === 1);
    }));

  test('an API address that answers with something else is a temporary failure and no crash', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      emulator.faults.add({ route: 'GET /gateway/bot', kind: 'server_error' });

      const adapter = await start();
      await watch.until(() => adapter.health?.().connected === true);

      assert.ok(context.lines.some((line) => line.includes('cannot be connected to')));
    }));

  test('the token appears in no line of the log', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const adapter = await start();
      emulator.dropConnections({ resumable: true });
      emulator.say({ text: 'one', mention: true });
      await watch.until(() => context.texts().length === 1);
      await adapter.stop();

      const log = context.lines.join('\n');
      assert.ok(log.length > 0);
      for (const piece of emulator.token.split('.')) assert.ok(!log.includes(piece), piece);
    }));

  test('a stop in the middle of connecting leaves nothing behind', async () => {
    const watch = createWatch();
    const clock = createFakeClock();
    const context = createContext(watch, { clock });
    await onStage(async ({ emulator }) => {
      emulator.faults.add({ route: 'GET /gateway/bot', kind: 'hang' });
      const adapter = createDiscordAdapter(defaults(emulator));
      const started = adapter.start(context);
      await new Promise((resolve) => emulator.onCall(resolve));

      await adapter.stop();
      await started;

      assert.equal(adapter.health?.().connected, false);
    });
    assert.equal(clock.pending(), 0);
  });
});

function callsOf(emulator: DiscordEmulator): string[] {
  const calls: string[] = [];
  emulator.onGatewayCall((call) => calls.push(call));
  return calls;
}

function sequenceOf(state: Json | undefined): unknown {
  return typeof state === 'object' && state !== null && 'sequence' in state ? state.sequence : undefined;
}
