import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createWatch, withEmulator } from './support.ts';

interface Payload {
  readonly op: number;
  readonly t?: string;
  readonly s?: number;
  readonly d?: { readonly id?: string; readonly session_id?: string; readonly content?: string } | boolean | null;
}

/** A bare gateway connection: what it receives, and when it closes. */
function connect(emulator: DiscordEmulator) {
  const socket = new WebSocket(`${emulator.apiUrl.replace('http', 'ws').replace('/api', '')}/?v=10&encoding=json`);
  const watch = createWatch();
  const received: Payload[] = [];
  let closedWith: number | undefined;
  socket.on('message', (raw: Buffer) => {
    // What the emulator sends is what these tests are about.
    received.push(JSON.parse(raw.toString('utf8')) as Payload);
    watch.poke();
  });
  socket.on('close', (code) => {
    closedWith = code;
    watch.poke();
  });
  return {
    received,
    types: () => received.flatMap(({ t }) => t ?? []),
    send: (payload: unknown) => socket.send(typeof payload === 'string' ? payload : JSON.stringify(payload)),
    identify: (more: object = {}) =>
      socket.send(JSON.stringify({ op: 2, d: { token: emulator.token, intents: 37377, properties: {}, ...more } })),
    until: watch.until,
    opened: () => once(socket, 'open'),
    close: (code: number) => socket.close(code),
    closed: async () => {
      await watch.until(() => closedWith !== undefined);
      return closedWith;
    },
  };
}

describe('the gateway of the Discord emulator', () => {
  test('closes with the codes of the platform on what a client does wrong', () =>
    withEmulator(
      async (emulator) => {
        const wrong: [number, unknown][] = [
          [4001, { op: 99, d: null }],
          [4002, '{'],
          [4003, { op: 3, d: {} }],
          [4004, { op: 2, d: { token: 'wrong', intents: 1 } }],
          [4010, { op: 2, d: { token: emulator.token, intents: 1, shard: [2, 1] } }],
          [4013, { op: 2, d: { token: emulator.token, intents: 1 << 30 } }],
          [4014, { op: 2, d: { token: emulator.token, intents: 1 << 15 } }],
        ];
        for (const [code, payload] of wrong) {
          const connection = connect(emulator);
          await connection.opened();
          connection.send(payload);

          assert.equal(await connection.closed(), code);
        }
      },
      { messageContent: false },
    ));

  test('refuses shards that identify too soon after another of their group with op 9, counts every start, and wants enough shards', () => {
    const clock = createFakeClock();
    return withEmulator(
      async (emulator) => {
        emulator.sharding.required = 3;
        const outcomes: unknown[] = [];
        const identify = async (shard: readonly [number, number]): Promise<void> => {
          const connection = connect(emulator);
          await connection.opened();
          connection.identify({ shard });
          await connection.until(() => connection.received.length > 1);
          outcomes.push(connection.received[1]?.t ?? connection.received[1]?.op);
          connection.close(1000);
          await connection.closed();
        };
        await identify([0, 4]);
        await identify([1, 4]);
        await identify([2, 4]);
        await clock.advance(5_000);
        await identify([2, 4]);
        const short = connect(emulator);
        await short.opened();
        short.identify({ shard: [0, 2] });

        assert.equal(await short.closed(), 4011);
        assert.deepEqual(outcomes, ['READY', 'READY', 9, 'READY']);
        assert.equal(emulator.starts.remaining, 996);
      },
      { clock, shards: 4, maxConcurrency: 2 },
    );
  });

  test('replays what a session missed, in order, and says when that is over', () =>
    withEmulator(async (emulator) => {
      const first = connect(emulator);
      await first.opened();
      first.identify();
      await first.until(() => first.types().includes('GUILD_CREATE'));
      const { s: sequence, d: ready } = first.received.find(({ t }) => t === 'READY') ?? {};
      first.close(4200);
      await first.closed();
      emulator.say({ text: 'one' });
      emulator.say({ text: 'two' });

      const second = connect(emulator);
      await second.opened();
      const sessionId = typeof ready === 'object' ? ready?.session_id : undefined;
      second.send({ op: 6, d: { token: emulator.token, session_id: sessionId, seq: sequence } });
      await second.until(() => second.types().includes('RESUMED'));

      assert.deepEqual(second.types(), ['GUILD_CREATE', 'MESSAGE_CREATE', 'MESSAGE_CREATE', 'RESUMED']);
      assert.deepEqual(
        second.received.flatMap(({ s }) => s ?? []),
        [2, 3, 4, 5],
      );
    }));

  test('gives a session up when its connection is closed with 1000, and when its time has passed', async () => {
    const clock = createFakeClock();
    await withEmulator(
      async (emulator) => {
        for (const code of [1000, 4200]) {
          const first = connect(emulator);
          await first.opened();
          first.identify();
          await first.until(() => first.types().includes('READY'));
          const { d: ready } = first.received.find(({ t }) => t === 'READY') ?? {};
          first.close(code);
          await first.closed();
          if (code === 4200) await clock.advance(301_000);
          const second = connect(emulator);
          await second.opened();

          second.send({
            op: 6,
            d: { token: emulator.token, session_id: typeof ready === 'object' ? ready?.session_id : '', seq: 1 },
          });
          await second.until(() => second.received.some(({ op }) => op === 9));

          assert.equal(second.received.find(({ op }) => op === 9)?.d, false);
        }
      },
      { clock },
    );
  });

  test('closes a connection that does not send heartbeats, and answers those that come', async () => {
    const clock = createFakeClock();
    await withEmulator(
      async (emulator) => {
        const connection = connect(emulator);
        await connection.opened();
        connection.identify();
        await clock.advance(1500);
        connection.send({ op: 1, d: null });
        await connection.until(() => connection.received.some(({ op }) => op === 11));
        await clock.advance(1500);
        assert.equal(emulator.connected(), 1);

        await clock.advance(2000);

        assert.equal(await connection.closed(), 4009);
      },
      { clock, heartbeatMs: 1000 },
    );
  });

  test('brings only what the intents ask for, and blanks content without the intent for it', () =>
    withEmulator(async (emulator) => {
      const connection = connect(emulator);
      await connection.opened();
      connection.identify({ intents: 512 | 4096 });
      await connection.until(() => connection.types().includes('READY'));
      emulator.channel();
      emulator.say({ text: 'between others' });
      emulator.say({ text: 'to the bot', mention: true });
      emulator.say({ channelId: emulator.directMessage('Bea').id, user: 'Bea', text: 'in private' });
      await connection.until(() => connection.types().length === 4);

      assert.deepEqual(connection.types(), ['READY', 'MESSAGE_CREATE', 'MESSAGE_CREATE', 'MESSAGE_CREATE']);
      assert.deepEqual(
        connection.received.flatMap(({ t, d }) => (t === 'MESSAGE_CREATE' && typeof d === 'object' ? d?.content : [])),
        ['', `<@${emulator.bot.id}> to the bot`, 'in private'],
      );
      connection.close(1000);
      await connection.closed();
    }));
});
