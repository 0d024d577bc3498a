import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { callsOf, driveUntil, onStage } from './support.ts';
import type { Stage } from './support.ts';

function onFakeStage(play: (stage: Stage & { readonly clock: FakeClock }) => Promise<void>): Promise<void> {
  const clock = createFakeClock();
  return onStage((stage) => play({ ...stage, clock }), { clock, emulator: { clock } });
}

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes */
describe('a connection that Discord closes', () => {
  for (const code of [1000, 1001, 1006, 4000, 4001, 4002, 4003, 4005, 4008])
    test(`with ${code} is made anew, and nothing is missed`, () =>
      onFakeStage(async ({ emulator, clock, context, start }) => {
        const adapter = await start();
        const calls = callsOf(emulator);
        emulator.dropConnections(code === 1006 ? { resumable: true } : { resumable: true, code });
        emulator.say({ text: 'meanwhile', mention: true });

        await driveUntil(clock, () => context.texts().length === 1 && adapter.health?.().connected === true);

        const begun = calls.filter((call) => call === 'identify' || call === 'resume');
        assert.deepEqual(begun.at(-1), code === 1000 || code === 1001 ? 'identify' : 'resume');
        assert.deepEqual(context.texts(), ['meanwhile']);
      }));

  for (const code of [4007, 4009])
    test(`with ${code} begins another session, and what was said in between is fetched`, () =>
      onFakeStage(async ({ emulator, clock, context, start }) => {
        const adapter = await start();
        emulator.say({ text: 'before', mention: true });
        await driveUntil(clock, () => context.texts().length === 1);
        const calls = callsOf(emulator);
        emulator.dropConnections({ resumable: false, code });
        emulator.say({ text: 'meanwhile', mention: true });

        await driveUntil(clock, () => context.texts().length === 2 && adapter.health?.().connected === true);

        assert.deepEqual(
          calls.filter((call) => call === 'identify' || call === 'resume'),
          ['identify'],
        );
        assert.deepEqual(context.texts(), ['before', 'meanwhile']);
      }));

  for (const [code, says] of [
    [4004, /refuses the bot token.*DISCORD_TOKEN/],
    [4010, /refuses the shard number/],
    [4011, /split into more shards.*Restart Parley/],
    [4012, /version 10 of its gateway.*Update Parley/],
    [4013, /gateway intents.*Update Parley/],
    [4014, /Message Content intent.*discord\.messageContentIntent/],
  ] as const)
    test(`with ${code} stays closed, and health says what to do`, () =>
      onFakeStage(async ({ emulator, clock, context, start }) => {
        const adapter = await start();
        await driveUntil(clock, () => adapter.health?.().connected === true);
        const calls = callsOf(emulator);

        emulator.dropConnections({ resumable: true, code });
        await driveUntil(clock, () => context.lines.some((line) => line.includes('Discord refuses the connection')));

        await clock.advance(600_000);

        assert.equal(adapter.health?.().connected, false);
        assert.match(adapter.health?.().detail ?? '', says);
        assert.deepEqual(calls, []);
      }));
});
