import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { never, onStage, toOutbound } from './support.ts';
import type { Stage } from './support.ts';

interface Scene extends Stage {
  readonly url: string;
  readonly send: (text: string, destination: Readonly<Record<string, string>>) => Promise<void>;
  post(body: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  signed(body: string, at?: number): Readonly<Record<string, string>>;
}

/** An adapter without a gateway, on a server of its own. */
function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  return onStage(async (stage) => {
    const { emulator, watch } = stage;
    const own = generateKeyPairSync('ed25519');
    const keys = [emulator.publicKey, own.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex')];
    const [first, second] = await Promise.all(
      keys.map((publicKey, index) => stage.start({ gateway: false, commands: index === 0, publicKey, settings: { models: [] } })),
    );
    await watch.until(() => stage.context.states.has('commands'));
    const server = createServer((request, response) => {
      const adapter = request.headers['x-own'] ? second : first;
      adapter?.router?.()(request, response, () => response.writeHead(404).end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens
    const url = `http://127.0.0.1:${port}/discord/interactions`;
    emulator.setEndpoint(url);
    emulator.onInteractionAnswered(() => watch.poke());
    const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
      fetch(url, { method: 'POST', body, headers: { 'x-own': '1', ...headers } });
    const signed = (body: string, at = systemClock.now()) => {
      const timestamp = String(Math.floor(at / 1000));
      const signature = sign(null, Buffer.from(timestamp + body), own.privateKey).toString('hex');
      return { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature };
    };
    const send: Scene['send'] = async (text, destination) => {
      await first?.send(toOutbound(destination, text), never);
    };
    try {
      await play({ ...stage, url, post, signed, send });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
}

describe('Discord interactions over HTTP', () => {
  test('a command is saved, acknowledged in the answer to its request, and answered, without any gateway', () =>
    scene(async ({ emulator, context, watch, send }) => {
      const interaction = emulator.command({ name: 'ask', options: { question: 'Where?' } });
      await watch.until(() => interaction.httpStatus !== undefined);
      const [event] = context.events;
      assert.ok(event?.type === 'command');
      await send('Here.', event.destination);

      assert.deepEqual([interaction.httpStatus, interaction.responseType], [200, 5]);
      assert.deepEqual(
        emulator.messages(emulator.home.channelId).map(({ content }) => content),
        ['Here.'],
      );
      assert.equal(emulator.connected(), 0);
    }));

  test('settings are changed and a form is opened in the answer to the request', () =>
    scene(async ({ emulator, watch }) => {
      emulator.user('Mo', { permissions: String(1n << 5n) });
      const set = emulator.command({ name: 'settings', subcommand: 'set', user: 'Mo', options: { mode: 'off' } });
      await watch.until(() => set.httpStatus === 200);
      const open = emulator.command({ name: 'settings', subcommand: 'persona', user: 'Mo' });
      await watch.until(() => open.httpStatus === 200);
      const sent = emulator.submit(open, { persona: 'You are a pirate.' });
      await watch.until(() => sent.httpStatus === 200);

      assert.match(emulator.privateMessages('Mo').at(0)?.content ?? '', /^Saved/);
      // The form was opened on what the other change has left.
      assert.match(emulator.privateMessages('Mo').at(-1)?.content ?? '', /^Saved.*What is answered: Nothing.*You are a pirate/s);
    }));

  test('the same signed request once more is acknowledged alike, and answered once', () =>
    scene(async ({ emulator, context, watch }) => {
      const interaction = emulator.command({ name: 'ask', options: { question: 'Where?' } });
      await watch.until(() => interaction.httpStatus === 200);
      interaction.httpStatus = 0;

      emulator.redeliverInteraction(interaction);
      await watch.until(() => interaction.httpStatus === 200);

      assert.equal(context.events.length, 1);
    }));

  test('what cannot be saved is not acknowledged', () =>
    scene(async ({ emulator, context, watch }) => {
      context.rejectNext(1);

      const interaction = emulator.command({ name: 'ask', options: { question: 'Where?' } });
      await watch.until(() => interaction.httpStatus !== undefined);

      assert.deepEqual([interaction.httpStatus, interaction.responseType], [500, undefined]);
    }));

  test('a ping is answered with a pong', () =>
    scene(async ({ post, signed }) => {
      const body = JSON.stringify({ type: 1, id: '1', application_id: '2', token: 't', version: 1 });

      const response = await post(body, signed(body));

      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { type: 1 });
    }));

  test('a command that nobody knows is told so', () =>
    scene(async ({ post, signed, context }) => {
      const body = JSON.stringify({
        type: 2,
        id: '1',
        application_id: '2',
        token: 't',
        channel_id: '3',
        user: { id: '4' },
        data: { type: 1, name: 'dance' },
      });

      const answer = (await (await post(body, signed(body))).json()) as { type: number };

      assert.equal(answer.type, 4);
      assert.deepEqual(context.events, []);
    }));

  const ping = JSON.stringify({ type: 1 });
  for (const { name, headers, status } of [
    { name: 'without a signature', headers: () => ({}), status: 401 },
    {
      name: 'with a signature that is no hexadecimal number',
      headers: () => ({ 'x-signature-ed25519': 'zz', 'x-signature-timestamp': '1' }),
      status: 401,
    },
    { name: 'signed for another body', headers: (signed: Scene['signed']) => signed(`${ping} `), status: 401 },
    {
      name: 'signed six minutes ago',
      headers: (signed: Scene['signed']) => signed(ping, systemClock.now() - 360_000),
      status: 401,
    },
    {
      name: 'signed six minutes ahead',
      headers: (signed: Scene['signed']) => signed(ping, systemClock.now() + 360_000),
      status: 401,
    },
    {
      name: 'whose timestamp was changed',
      headers: (signed: Scene['signed']) => ({
        ...signed(ping),
        'x-signature-timestamp': String(Math.floor(systemClock.now() / 1000) + 1),
      }),
      status: 401,
    },
  ]) {
    test(`a request ${name} is refused`, () =>
      scene(async ({ post, signed, context }) => {
        const response = await post(ping, headers(signed));

        assert.equal(response.status, status);
        assert.match(String(response.headers.get('content-type')), /problem\+json/);
        assert.deepEqual(context.events, []);
      }));
  }

  test('what is signed and no interaction, too large, or not posted is refused by its own status', () =>
    scene(async ({ post, signed, url }) => {
      const statuses = [];
      for (const body of ['[]', 'null', '{"type":']) statuses.push((await post(body, signed(body))).status);
      statuses.push((await post('x'.repeat(1_100_000)).catch(() => ({ status: 413 }))).status);
      statuses.push((await fetch(url)).status);

      assert.deepEqual(statuses, [400, 400, 400, 413, 405]);
    }));
});
