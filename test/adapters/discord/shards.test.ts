import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { driveUntil, onStage } from './support.ts';
import type { FakeContext, Stage } from './support.ts';

interface ShardedStage extends Stage {
  readonly clock: FakeClock;
  /** A channel of a server on each shard. */
  readonly channels: readonly string[];
}

/** Four shards and servers on all of them. The adapter's clock moves by itself. */
function onShards(play: (stage: ShardedStage) => Promise<void>, { shards = 4 } = {}): Promise<void> {
  const clock = createFakeClock({ now: Date.now() });
  return onStage(
    async (stage) => {
      const channels = new Map<number, string>();
      while (channels.size < 4) {
        await clock.advance(1);
        const { id } = stage.emulator.guild({ name: `Server ${channels.size}` });
        const shard = shardOf(id, 4);
        if (!channels.has(shard)) channels.set(shard, stage.emulator.channel({ guildId: id }).id);
      }
      const inOrder = [0, 1, 2, 3].map((shard) => channels.get(shard) ?? '');
      await play({ ...stage, clock, channels: inOrder });
    },
    { clock, emulator: { clock, shards, heartbeatMs: 10 * 60_000 } },
  );
}

function shardOf(guildId: string, shards: number): number {
  return Number((BigInt(guildId) >> 22n) % BigInt(shards));
}

/** As in `identify 2`: which shard asked for what, from now on. */
function shardCallsOf(emulator: DiscordEmulator): string[] {
  const calls: string[] = [];
  emulator.onGatewayCall((call, shard) => {
    if (call === 'identify' || call === 'resume') calls.push(`${call} ${shard}`);
  });
  return calls;
}

function sequences({ states }: FakeContext): Record<string, unknown> {
  return Object.fromEntries([...states].map(([key, state]) => [key, Object(state).sequence]));
}

describe('several shards in one process', () => {
  test('each keeps a session and a sequence of its own, and resumes it after a restart', () =>
    onShards(async ({ emulator, watch, context, channels, clock, start }) => {
      const first = await start();
      await driveUntil(clock, () => first.health?.().connected === true);
      for (const [shard, channelId] of channels.entries()) {
        for (let turn = 0; turn <= shard; turn += 1) emulator.say({ channelId, text: `${shard}.${turn}`, mention: true });
      }
      emulator.say({ channelId: emulator.directMessage('Bea').id, user: 'Bea', text: 'direct' });
      await watch.until(() => context.texts().length === 11);
      await first.stop();
      const saved = sequences(context);
      const missed = channels.map((channelId, shard) => emulator.say({ channelId, text: `missed ${shard}`, mention: true }));
      emulator.say({ channelId: emulator.directMessage('Bea').id, user: 'Bea', text: 'missed, direct' });
      const calls = shardCallsOf(emulator);

      const second = await start();
      await driveUntil(clock, () => second.health?.().connected === true);
      await watch.until(() => context.texts().length === 16);

      assert.equal(second.health?.().detail, '4 of 4 shards connected');
      assert.deepEqual(calls.toSorted(), ['resume 0', 'resume 1', 'resume 2', 'resume 3']);
      assert.equal(new Set(Object.values(saved)).size > 1, true, JSON.stringify(saved));
      assert.deepEqual(
        new Set(context.texts().slice(11)),
        new Set([...missed.map((_, shard) => `missed ${shard}`), 'missed, direct']),
      );
      assert.equal(emulator.starts.remaining, 996);
    }));

  test('direct messages come on the first, and servers each on theirs', () =>
    onShards(async ({ emulator, watch, context, channels, clock, start }) => {
      const adapter = await start();
      await driveUntil(clock, () => adapter.health?.().connected === true);
      const keyOf = async (text: string, say: () => unknown): Promise<string | undefined> => {
        say();
        await watch.until(() => context.texts().includes(text));
        return context.batches.find(({ events }) => events.some((event) => event.type === 'message' && event.text === text))
          ?.state?.key;
      };

      const direct = emulator.directMessage('Bea').id;
      assert.equal(await keyOf('direct', () => emulator.say({ channelId: direct, user: 'Bea', text: 'direct' })), 'gateway:0');
      for (const [shard, channelId] of channels.entries()) {
        const text = `on ${shard}`;
        assert.equal(await keyOf(text, () => emulator.say({ channelId, text, mention: true })), `gateway:${shard}`);
      }
    }));

  test('the end of one connection does not disturb the others', () =>
    onShards(async ({ emulator, watch, context, channels, clock, start }) => {
      const adapter = await start();
      await driveUntil(clock, () => adapter.health?.().connected === true);
      const calls = shardCallsOf(emulator);
      emulator.faults.add({ route: 'GATEWAY', kind: 'refuse', times: 3 });
      emulator.dropConnections({ resumable: true, shard: 2 });
      await watch.until(() => adapter.health?.().connected === false);
      assert.equal(adapter.health?.().detail, '3 of 4 shards connected');

      for (const [shard, channelId] of channels.entries()) emulator.say({ channelId, text: `on ${shard}`, mention: true });
      await watch.until(() => context.texts().length === 3);
      assert.deepEqual(context.texts().toSorted(), ['on 0', 'on 1', 'on 3']);
      assert.deepEqual(calls, []);
      await driveUntil(clock, () => context.texts().length === 4);

      assert.deepEqual(calls, ['resume 2']);
      assert.equal(adapter.health?.().detail, '4 of 4 shards connected');
    }));

  test('a session of one that is lost is begun anew, and what was said there is fetched', () =>
    onShards(async ({ emulator, watch, context, channels, clock, start }) => {
      const [, , channelId = ''] = channels;
      const adapter = await start();
      await driveUntil(clock, () => adapter.health?.().connected === true);
      emulator.say({ channelId, text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      const calls = shardCallsOf(emulator);
      emulator.dropConnections({ resumable: false, shard: 2 });
      emulator.say({ channelId, text: 'meanwhile', mention: true });

      await driveUntil(clock, () => context.texts().length === 2);

      assert.deepEqual(calls, ['resume undefined', 'identify 2']);
    }));

  for (const [from, to] of [
    [2, 4],
    [4, 2],
  ] as const) {
    test(`a restart with ${to} shards in place of ${from} begins anew and fetches what was missed everywhere`, () =>
      onShards(
        async ({ emulator, watch, context, channels, clock, start }) => {
          const first = await start();
          await driveUntil(clock, () => first.health?.().connected === true);
          for (const channelId of channels) emulator.say({ channelId, text: 'before', mention: true });
          await watch.until(() => context.texts().length === 4);
          await first.stop();
          for (const channelId of channels) {
            emulator.say({ channelId, text: 'missed', mention: true });
            // No conversation tells of this one: only since when there may be something in it.
            const quiet = emulator.channel({ guildId: emulator.channelOf(channelId)?.guildId ?? '' });
            emulator.say({ channelId: quiet.id, text: 'missed elsewhere', mention: true });
          }
          emulator.sharding.recommended = to;
          const calls = shardCallsOf(emulator);

          const second = await start();
          await driveUntil(clock, () => context.texts().length === 12);

          assert.equal(calls.filter((call) => call.startsWith('identify')).length, to);
          assert.equal(calls.length, to);
          await watch.until(() => second.health?.().detail === `${to} of ${to} shards connected`);
        },
        { shards: from },
      ));
  }

  test('a process that dies while it takes over from another number of shards leaves that to the next one', () =>
    onShards(
      async ({ emulator, watch, context, channels, clock, start }) => {
        const first = await start();
        await driveUntil(clock, () => first.health?.().connected === true);
        for (const channelId of channels) emulator.say({ channelId, text: 'before', mention: true });
        await watch.until(() => context.texts().length === 4);
        await first.stop();
        for (const channelId of channels) emulator.say({ channelId, text: 'missed', mention: true });
        emulator.sharding.recommended = 4;
        let saves = 0;
        const hung = Promise.withResolvers<void>();
        const dying = context.restart();
        const dies = {
          ...dying,
          accept: (...args: Parameters<typeof dying.accept>): ReturnType<typeof dying.accept> => {
            saves += 1;
            if (saves < 3) return dying.accept(...args);
            hung.resolve();
            return new Promise(() => undefined);
          },
        };
        const calls = shardCallsOf(emulator);
        const started = start({ context: dies });
        await hung.promise;
        assert.deepEqual([...context.states.keys()].toSorted(), ['gateway:0', 'gateway:1', 'gateway:2', 'gateway:3']);
        await clock.advance(15_000);
        await (await started).stop();
        assert.deepEqual(calls, []);

        await start();
        await driveUntil(clock, () => context.texts().length === 8);

        assert.equal(calls.length, 4);
      },
      { shards: 2 },
    ));
});
