import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { callsOf, driveUntil, onStage } from './support.ts';
import type { Stage } from './support.ts';

const shardCount = 4;

/** A channel in each of four servers, of which each is another shard's. */
async function createServers(emulator: Stage['emulator'], clock: FakeClock): Promise<readonly string[]> {
  const channels = new Map<bigint, string>();
  while (channels.size < shardCount) {
    await clock.advance(1);
    const { id } = emulator.guild({ name: `Server ${channels.size}` });
    const shard = (BigInt(id) >> 22n) % BigInt(shardCount);
    if (!channels.has(shard)) channels.set(shard, emulator.channel({ guildId: id }).id);
  }
  return [...channels].toSorted(([one], [other]) => Number(one - other)).map(([, channelId]) => channelId);
}

describe('sessions that are begun', () => {
  test('each of them is held against the limit, as Discord tells it by then, and who waits loses nothing', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, context, start }) => {
        const adapter = await start();
        await driveUntil(clock, () => adapter.health?.().connected === true);
        emulator.say({ text: 'before', mention: true });
        await driveUntil(clock, () => context.texts().length === 1);
        const calls = callsOf(emulator);

        emulator.starts.remaining = 0; // somebody else uses the same token
        emulator.dropConnections({ resumable: false });
        emulator.say({ text: 'meanwhile', mention: true });
        await driveUntil(clock, () => context.lines.some((line) => line.includes('no Discord session is left to be begun')));
        await clock.advance(300_000);
        assert.deepEqual(
          calls.filter((call) => call === 'identify'),
          [],
        );
        assert.match(adapter.health?.().detail ?? '', /no session is left to be begun/);
        emulator.starts.remaining = 1;
        await driveUntil(clock, () => context.texts().length === 2 && adapter.health?.().connected === true);

        assert.deepEqual(context.texts(), ['before', 'meanwhile']);
        assert.equal(calls.filter((call) => call === 'identify').length, 1);
      },
      { clock, emulator: { clock } },
    );
  });

  test('a session that is resumed needs none', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      emulator.starts.remaining = 0;
      const calls = callsOf(emulator);
      emulator.say({ text: 'meanwhile', mention: true });

      const second = await start();
      await watch.until(() => context.texts().length === 2 && second.health?.().connected === true);

      assert.deepEqual(
        calls.filter((call) => call !== 'heartbeat' && call !== 'connect'),
        ['resume'],
      );
    }));

  test('few that are left are worth a line in the log', () =>
    onStage(async ({ emulator, context, start }) => {
      emulator.starts.remaining = 7;

      await start();

      assert.ok(context.lines.some((line) => /^warn few Discord sessions are left to be begun .*"remaining":7/.test(line)));
    }));

  test('no more are begun at once than Discord allows', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, start, context }) => {
        Object.assign(emulator.starts, { maxConcurrency: 2, paceMs: 5_000 });
        const calls = callsOf(emulator);
        const startedAt = clock.now();
        const starting = start();
        await driveUntil(clock, () => calls.filter((call) => call === 'identify').length === shardCount);
        const adapter = await starting;
        await driveUntil(clock, () => adapter.health?.().connected === true);

        assert.equal(calls.filter((call) => call === 'identify').length, shardCount, 'none was refused');
        assert.ok(clock.now() - startedAt >= 5_000);
        assert.equal([...context.states.keys()].length <= shardCount, true);
      },
      { clock, emulator: { shards: shardCount, clock } },
    );
  });
});

describe('four shards in one process', () => {
  test('each has its servers and a session of its own; the first has the direct messages; one that drops disturbs no other', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, context, start }) => {
        const channels = await createServers(emulator, clock);
        const first = await start();
        await driveUntil(clock, () => first.health?.().detail === '4 of 4 shards connected');
        for (const channelId of channels) emulator.say({ channelId, text: 'one', mention: true });
        emulator.say({ channelId: emulator.directMessage('Bea').id, user: 'Bea', text: 'one' });
        await driveUntil(clock, () => context.texts().length === 5);
        assert.deepEqual([...context.states.keys()].toSorted(), ['gateway:0', 'gateway:1', 'gateway:2', 'gateway:3']);

        const calls = callsOf(emulator);
        emulator.dropConnections({ resumable: true, shard: 2 });
        for (const channelId of channels) emulator.say({ channelId, text: 'two', mention: true });
        await driveUntil(clock, () => context.texts().length === 9 && first.health?.().connected === true);
        assert.deepEqual(
          calls.filter((call) => call !== 'heartbeat' && call !== 'connect'),
          ['resume'],
        );

        await first.stop();
        for (const channelId of channels) emulator.say({ channelId, text: 'three', mention: true });
        const second = await start();
        await driveUntil(clock, () => context.texts().length === 13 && second.health?.().connected === true);

        assert.equal(calls.filter((call) => call === 'resume').length, 1 + shardCount);
        assert.equal(calls.includes('identify'), false);
        assert.equal(new Set(context.messages().map(({ eventId }) => eventId)).size, 13);
      },
      { clock, emulator: { shards: shardCount, clock } },
    );
  });
});
