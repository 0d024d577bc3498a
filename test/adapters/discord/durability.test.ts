import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Json } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { callsOf, createContext, driveUntil, onStage } from './support.ts';

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
        await driveUntil(clock, () => calls.includes('resume'));
        assert.equal(sequenceOf(context.states.get('gateway:0')), settled);

        context.rejectNext(0);
        await driveUntil(clock, () => context.texts().length === 3);

        assert.deepEqual(context.texts(), ['before', 'one', 'two']);
        assert.deepEqual(new Set(calls), new Set(['identify', 'resume']));
        assert.equal(calls.filter((call) => call === 'identify').length, 1);
      },
      { clock },
    );
  });

  // The ledger ignores a follow-up without a mention in a conversation that it does not know: it must never come first.
  for (const [way, isForgotten] of [
    ['a resume', false],
    ['a new session', true],
  ] as const) {
    test(`what was said in a thread after a mention that could not be saved comes after it, by ${way}`, async () => {
      const clock = createFakeClock({ now: Date.now() });
      await onStage(
        async ({ emulator, watch, context, start }) => {
          const channelId = emulator.thread({ name: 'a thread' }).id;
          const first = await start();
          emulator.say({ text: 'before', mention: true });
          await watch.until(() => context.texts().length === 1);
          await first.stop();
          if (isForgotten) emulator.expireSessions();
          emulator.say({ channelId, text: 'mention', mention: true });
          emulator.say({ channelId, text: 'follow-up' });
          const calls = callsOf(emulator);
          context.rejectNext(Number.POSITIVE_INFINITY);
          await start();
          await driveUntil(clock, () => calls.filter((call) => call === 'resume').length === 2);

          emulator.say({ channelId, text: 'more' });
          context.rejectNext(0);
          await driveUntil(clock, () => context.texts().length === 4);

          assert.deepEqual(context.texts(), ['before', 'mention', 'follow-up', 'more']);
          assert.equal(calls.includes('identify'), isForgotten);
        },
        { clock },
      );
    });
  }

  test('a session whose first save fails asks again for everything after READY', async () => {
    const clock = createFakeClock();
    await onStage(
      async ({ emulator, context, start }) => {
        const calls = callsOf(emulator);
        context.rejectNext(Number.POSITIVE_INFINITY);
        await start();
        emulator.say({ text: 'one', mention: true });
        await driveUntil(clock, () => calls.includes('resume'));
        assert.equal(context.states.size, 0);

        context.rejectNext(0);
        await driveUntil(clock, () => context.texts().length === 1);

        assert.equal(calls.filter((call) => call === 'identify').length, 1);
      },
      { clock },
    );
  });

  test('what was missed is fetched again when it could not be saved the first time', async () => {
    const clock = createFakeClock({ now: Date.now() });
    await onStage(
      async ({ emulator, watch, context, start }) => {
        const first = await start();
        const direct = emulator.directMessage('Bea');
        emulator.say({ channelId: direct.id, user: 'Bea', text: 'before' });
        await watch.until(() => context.texts().length === 1);
        await first.stop();
        emulator.expireSessions();
        emulator.say({ channelId: direct.id, user: 'Bea', text: 'missed' });
        const calls = callsOf(emulator);
        context.rejectNext(Number.POSITIVE_INFINITY);
        await start();
        await driveUntil(clock, () => calls.filter((call) => call === 'resume').length === 2);

        context.rejectNext(0);
        await driveUntil(clock, () => context.texts().length === 2);

        assert.deepEqual(context.texts(), ['before', 'missed']);
        assert.deepEqual(calls, ['resume', 'identify', 'resume']);
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
        const calls = callsOf(emulator, { heartbeats: true });
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
      const calls = callsOf(emulator, { heartbeats: true });
      await watch.until(() => calls.includes('heartbeat'));

      await adapter.stop();

      assert.equal(sequenceOf(context.states.get('gateway:0')), 5);
      assert.equal(adapter.health?.().detail, 'stopped');
      assert.equal(emulator.connected(), 0);
    }));
});

function sequenceOf(state: Json | undefined): unknown {
  return typeof state === 'object' && state !== null && 'sequence' in state ? state.sequence : undefined;
}
