import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { callsOf, driveUntil, onStage } from './support.ts';

/** So seldom that no time that passes here is too long for it. */
const heartbeatMs = 10 * 60_000;

describe('the sessions that the bot may begin', () => {
  test('without one left none is begun, health says why, and it goes on when there is one', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, watch, context, start }) => {
        emulator.starts.remaining = 0;
        const calls = callsOf(emulator);

        const adapter = await start();
        const health = adapter.health?.();
        await clock.advance(59_000);
        const early = [...calls];
        emulator.starts.remaining = 1;
        await driveUntil(clock, () => adapter.health?.().connected === true);
        emulator.say({ text: 'at last', mention: true });
        await watch.until(() => context.texts().length === 1);

        assert.equal(health?.connected, false);
        assert.match(
          health?.detail ?? '',
          /begin 1000 sessions a day.*used up.*can begin at 2026-06-01T04:00:00\.000Z.*DISCORD_TOKEN/,
        );
        assert.deepEqual([early, calls, emulator.starts.remaining], [[], ['identify'], 0]);
      },
      { clock, emulator: { heartbeatMs } },
    );
  });

  test('a session is resumed where none may begin', () =>
    onStage(async ({ emulator, watch, context, start }) => {
      const first = await start();
      emulator.say({ text: 'before', mention: true });
      await watch.until(() => context.texts().length === 1);
      await first.stop();
      emulator.starts.remaining = 0;
      emulator.say({ text: 'missed', mention: true });
      const calls = callsOf(emulator);

      const second = await start();
      await watch.until(() => context.texts().length === 2);

      assert.deepEqual([calls, second.health?.().connected], [['resume'], true]);
    }));

  test('a session that ends where none may begin is not replaced before one may, and nothing is lost', () => {
    const clock = createFakeClock({ now: Date.now() });
    return onStage(
      async ({ emulator, watch, context, start }) => {
        const adapter = await start();
        emulator.say({ text: 'before', mention: true });
        await watch.until(() => context.texts().length === 1);
        const calls = callsOf(emulator);
        emulator.starts.remaining = 0;
        emulator.invalidateSessions();
        emulator.say({ text: 'meanwhile', mention: true });
        await driveUntil(clock, () => adapter.health?.().detail?.includes('used up') === true);
        assert.deepEqual(calls, ['resume']);

        emulator.starts.remaining = 1;
        await driveUntil(clock, () => context.texts().length === 2);

        assert.deepEqual([calls, emulator.starts.remaining], [['resume', 'identify'], 0]);
        assert.deepEqual(context.texts(), ['before', 'meanwhile']);
      },
      { clock, emulator: { heartbeatMs } },
    );
  });

  test('where fewer are left than there are shards, the others wait for theirs', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, start }) => {
        emulator.starts.remaining = 2;
        const calls = callsOf(emulator);

        const adapter = await start();
        await driveUntil(clock, () => adapter.health?.().detail?.startsWith('2 of 4 shards connected. Discord lets') === true);
        assert.deepEqual(calls, ['identify', 'identify']);
        emulator.starts.remaining = 2;
        await driveUntil(clock, () => adapter.health?.().connected === true);

        assert.deepEqual([calls.length, emulator.starts.remaining], [4, 0]);
      },
      { clock, emulator: { heartbeatMs, shards: 4 } },
    );
  });

  for (const [maxConcurrency, turns] of [
    [1, [[0], [1], [2], [3]]],
    [
      2,
      [
        [0, 1],
        [2, 3],
      ],
    ],
  ] as const) {
    test(`shards identify in turns of ${maxConcurrency}, and Discord refuses none`, () => {
      const clock = createFakeClock();
      return onStage(
        async ({ emulator, start }) => {
          const identified: { readonly shard: number; readonly at: number }[] = [];
          emulator.onGatewayCall((call, shard = -1) => {
            if (call === 'identify') identified.push({ shard, at: clock.monotonic() });
          });

          const adapter = await start();
          await driveUntil(clock, () => adapter.health?.().connected === true);

          assert.equal(emulator.starts.remaining, 996);
          assert.deepEqual(new Set(identified.map(({ shard }) => shard)), new Set(turns.flat()));
          const groups = Map.groupBy(identified, ({ shard }) => shard % maxConcurrency);
          for (const group of groups.values()) {
            for (const [index, { at }] of group.entries()) {
              assert.ok(index === 0 || at - (group[index - 1]?.at ?? at) >= 5_000, JSON.stringify(identified));
            }
          }
        },
        { clock, emulator: { heartbeatMs, clock, shards: 4, maxConcurrency } },
      );
    });
  }

  test('a shard that is refused, because another program has just identified, does so later', () => {
    const clock = createFakeClock();
    return onStage(
      async ({ emulator, start }) => {
        const other = await start();
        await other.stop();
        const calls = callsOf(emulator);

        let isStarted = false;
        const starting = start({ messageContentIntent: false }).finally(() => (isStarted = true));
        // As long as it takes: whatever it waits for, the clock must go on.
        await driveUntil(clock, () => isStarted);
        const adapter = await starting;
        await driveUntil(clock, () => adapter.health?.().connected === true);

        assert.deepEqual(calls, ['identify', 'identify']);
        assert.equal(emulator.starts.remaining, 997);
      },
      { clock, emulator: { heartbeatMs, clock, maxConcurrency: 1 } },
    );
  });

  test('near the end of them each is worth a warning', () =>
    onStage(async ({ emulator, context, start }) => {
      const warnings = (): string[] => context.lines.filter((line) => line.includes('few sessions more'));
      const first = await start();
      await first.stop();
      assert.deepEqual(warnings(), []);
      emulator.starts.remaining = 100;

      await start({ messageContentIntent: false });

      assert.match(warnings().join('\n'), /^warn .*"left":99,"total":1000,"resetsAt":"[^"]+"}$/);
    }));

  test('what Discord says of its limits and makes no sense is no limit', () =>
    onStage(async ({ emulator, start }) => {
      Object.assign(emulator.starts, { total: 'many', remaining: 5, resetAfterMs: 1e300, maxConcurrency: undefined });

      const adapter = await start();

      assert.equal(adapter.health?.().connected, true);
    }));
});
