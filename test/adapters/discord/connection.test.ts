import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callsOf, onStage } from './support.ts';

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
      emulator.faults.add({ route: 'GATEWAY', kind: 'refuse' });
      emulator.dropConnections({ resumable: true });
      emulator.say({ text: 'while away', mention: true });

      await watch.until(() => context.texts().length === 1);

      assert.deepEqual(calls, ['resume']);
    }));

  test('a connection that stands and brings nothing is left at the second heartbeat, shows in health, and loses no message', () =>
    onStage(
      async ({ emulator, watch, context, start }) => {
        const adapter = await start();
        const calls = callsOf(emulator);
        emulator.freezeConnections();
        emulator.say({ text: 'into the void', mention: true });
        emulator.faults.add({ route: 'GATEWAY', kind: 'refuse' });

        await watch.until(() => context.lines.some((line) => line.includes('Discord disconnected')));
        assert.equal(adapter.health?.().connected, false);
        await watch.until(() => context.texts().length === 1);

        assert.deepEqual(calls, ['resume']);
        await watch.until(() => adapter.health?.().connected === true);
      },
      { emulator: { heartbeatMs: 400 } },
    ));

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

  test('op 9 that leaves the session resumable resumes it, and nothing comes twice or not at all', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      const calls = callsOf(emulator);

      emulator.invalidateSessions({ resumable: true });
      emulator.say({ text: 'meanwhile', mention: true });
      await watch.until(() => calls.includes('resume'));
      emulator.say({ text: 'after', mention: true });
      await watch.until(() => context.texts().length === 3);

      assert.deepEqual(calls, ['resume']);
      assert.deepEqual(context.texts(), ['before', 'meanwhile', 'after']);
    }));

  test('heartbeats are answered at once when asked for', () =>
    onStage(async ({ emulator, watch, start }) => {
      await start();
      const calls = callsOf(emulator, { heartbeats: true });

      emulator.requestHeartbeat();
      await watch.until(() => calls.length > 0);

      assert.equal(calls[0], 'heartbeat');
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

  test('what is said while missed messages are fetched comes by both ways, and counts once', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      emulator.expireSessions();
      emulator.say({ text: 'missed', mention: true });
      const fetching = 'GET /channels/:id/messages';
      emulator.faults.add({ route: fetching, kind: 'server_error' });
      const isFetching = new Promise<void>((resolve) => {
        emulator.onCall((called) => {
          if (called === fetching) resolve();
        });
      });

      const second = start();
      await isFetching;
      emulator.say({ text: 'live', mention: true });
      const came = (): string[] =>
        context.batches.flatMap(({ events }) => events.flatMap((event) => (event.type === 'message' ? event.text : [])));
      await watch.until(() => came().filter((text) => text === 'live').length === 2, 'both ways');
      await second;

      assert.deepEqual(context.texts(), ['before', 'missed', 'live']);
    }));

  test('fetching what was missed waits out a rate limit and skips a channel that cannot be read', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      const direct = emulator.directMessage('Bea');
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'one' });
      emulator.say({ text: 'two', mention: true });
      await watch.until(() => context.texts().length === 2);
      await first.stop();
      emulator.expireSessions();
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'three' });
      emulator.say({ text: 'four', mention: true });
      emulator.faults.add({ route: 'GET /channels/:id/messages', kind: 'platform_error', code: 50001 });
      emulator.faults.add({ route: 'GET /channels/:id/messages', kind: 'rate_limit', retryAfterSeconds: 0.2 });

      await start();
      await watch.until(() => context.texts().length === 3);

      assert.deepEqual(context.texts(), ['one', 'two', 'four']);
      assert.ok(context.lines.some((line) => line.includes('could not be read for missed messages')));
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
