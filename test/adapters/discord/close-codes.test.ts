import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import { callsOf, driveUntil, onStage } from './support.ts';

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
const resumed = [1006, 4000, 4001, 4002, 4003, 4005, 4008];
/** Their session is gone, whatever stands in the table under "reconnect". */
const begunAnew = [4007, 4009];
const fatal: readonly (readonly [number, RegExp])[] = [
  [4004, /DISCORD_TOKEN/],
  [4012, /version 10 of its gateway.*Update Parley/],
  [4013, /gateway intents.*Update Parley.*discord\.messageContentIntent: false/],
  [4014, /Message Content.*Developer Portal.*discord\.messageContentIntent/],
];

describe('a connection that Discord closes', () => {
  for (const [codes, expected] of [
    [resumed, 'resume'],
    [begunAnew, 'identify'],
  ] as const) {
    for (const code of codes) {
      test(`with ${code} is followed by ${expected}, and no message is lost`, () => {
        const clock = createFakeClock({ now: Date.now() });
        return onStage(
          async ({ emulator, watch, context, start }) => {
            await start();
            emulator.say({ text: 'before', mention: true });
            await watch.until(() => context.texts().length === 1);
            const calls = callsOf(emulator);

            emulator.dropConnections({ resumable: true, ...(code === 1006 ? {} : { code }) });
            emulator.say({ text: 'meanwhile', mention: true });
            await driveUntil(clock, () => context.texts().length === 2);

            assert.deepEqual(calls, [expected]);
            assert.deepEqual(context.texts(), ['before', 'meanwhile']);
          },
          { clock, emulator: { heartbeatMs: 10 * 60_000 } },
        );
      });
    }
  }

  for (const [code, message] of fatal) {
    test(`with ${code} is not opened again, and health says what is to be mended`, () =>
      onStage(async ({ emulator, watch, context, start }) => {
        const adapter = await start();
        const calls = callsOf(emulator);

        emulator.dropConnections({ resumable: true, code });
        await watch.until(() => context.lines.some((line) => line.startsWith('error')));
        // The SDK's own pause before it connects again is half a second.
        await new Promise((resolve) => setTimeout(resolve, 700));

        assert.equal(adapter.health?.().connected, false);
        assert.match(adapter.health?.().detail ?? '', message);
        assert.deepEqual(calls, []);
      }));
  }

  for (const code of [4010, 4011]) {
    test(`with ${code}, while it runs, is followed by as many shards as Discord recommends then, and no message is lost`, () => {
      const clock = createFakeClock({ now: Date.now() });
      return onStage(
        async ({ emulator, watch, context, start }) => {
          const adapter = await start();
          emulator.say({ text: 'before', mention: true });
          await watch.until(() => context.texts().length === 1);
          Object.assign(emulator.sharding, { recommended: 2, required: 2 });

          emulator.dropConnections({ resumable: false, code });
          emulator.say({ text: 'meanwhile', mention: true });
          await driveUntil(clock, () => context.texts().length === 2 && adapter.health?.().connected === true);

          assert.equal(adapter.health?.().detail, '2 of 2 shards connected');
          assert.deepEqual(context.texts(), ['before', 'meanwhile']);
        },
        { clock, emulator: { heartbeatMs: 10 * 60_000 } },
      );
    });
  }

  test('with 4011 at the start is opened with as many shards as Discord recommends a moment later', () => {
    const clock = createFakeClock({ now: Date.now() });
    return onStage(
      async ({ emulator, start }) => {
        emulator.sharding.required = 3;
        emulator.onGatewayCall((call) => {
          if (call === 'identify') emulator.sharding.recommended = 3;
        });

        const adapter = await start();
        await driveUntil(clock, () => adapter.health?.().connected === true);

        assert.equal(adapter.health?.().detail, '3 of 3 shards connected');
      },
      { clock, emulator: { heartbeatMs: 10 * 60_000 } },
    );
  });

  test('with 4011 for the number of shards that Discord goes on recommending is given up, with a message that says so', () => {
    const clock = createFakeClock({ now: Date.now() });
    return onStage(
      async ({ emulator, start }) => {
        emulator.sharding.required = 2;
        const calls = callsOf(emulator);

        const adapter = await start();
        await driveUntil(clock, () => adapter.health?.().detail?.includes('1 shard that it recommends') === true);
        await clock.advance(10 * 60_000);

        assert.match(adapter.health?.().detail ?? '', /4011.*DISCORD_TOKEN/);
        assert.deepEqual(calls, ['identify']);
      },
      { clock, emulator: { heartbeatMs: 10 * 60_000 } },
    );
  });
});
