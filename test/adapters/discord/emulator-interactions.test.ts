import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { EmulatedInteraction } from '../../../adapters/discord/emulator/interactions.ts';
import { withEmulator } from './support.ts';

interface Scene {
  readonly emulator: DiscordEmulator;
  /** A call to the API; the JSON error code, or the status where there is none. */
  call(method: string, path: string, body?: unknown): Promise<number>;
  respond(interaction: EmulatedInteraction, body: unknown): Promise<number>;
  /** On the original response or what follows it. */
  webhook(interaction: EmulatedInteraction, method: string, path: string, body?: unknown): Promise<number>;
  ask(options?: { readonly byUserInstall?: boolean }): EmulatedInteraction;
  skip(ms: number): void;
}

const command = { name: 'ask', description: 'Ask.', integration_types: [0, 1] };

function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  let skipped = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + skipped };
  return withEmulator(
    async (emulator) => {
      const call = async (method: string, path: string, body?: unknown): Promise<number> => {
        const headers = { authorization: `Bot ${emulator.token}`, 'content-type': 'application/json' };
        const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
        const response = await fetch(`${emulator.apiUrl}/v10${path}`, init);
        const answer = response.status === 204 ? undefined : ((await response.json()) as { code?: number });
        return answer?.code ?? response.status;
      };
      await call('POST', `/applications/${emulator.bot.id}/commands`, command);
      await play({
        emulator,
        call,
        respond: ({ id, token }, body) => call('POST', `/interactions/${id}/${token}/callback`, body),
        webhook: ({ token }, method, path, body) => call(method, `/webhooks/${emulator.bot.id}/${token}${path}`, body),
        ask: (options) => emulator.command({ name: 'ask', ...options }),
        skip: (ms) => {
          skipped += ms;
        },
      });
    },
    { clock },
  );
}

describe('interactions with the Discord emulator', () => {
  test('are responded to once, within three seconds, by who has the token', () =>
    scene(async ({ ask, respond, skip }) => {
      const [first, late] = [ask(), ask()];

      assert.equal(await respond({ ...first, token: 'forged' }, { type: 5 }), 10062);
      assert.equal(await respond(first, { type: 5 }), 204);
      assert.equal(await respond(first, { type: 5 }), 40060);
      skip(3001);
      assert.equal(await respond(late, { type: 5 }), 10062);
    }));

  test('have a response that can be read, changed and followed for fifteen minutes, and not before it is there', () =>
    scene(async ({ emulator, ask, respond, webhook, skip }) => {
      const interaction = ask();
      assert.equal(await webhook(interaction, 'PATCH', '/messages/@original', { content: 'x' }), 10015);
      await respond(interaction, { type: 5 });

      assert.equal(await webhook(interaction, 'PATCH', '/messages/@original', { content: 'Yes.' }), 200);
      assert.equal(await webhook(interaction, 'GET', '/messages/@original'), 200);
      assert.equal(await webhook(interaction, 'POST', '', { content: 'And more.' }), 200);
      assert.equal(await webhook(interaction, 'PATCH', '/messages/1', { content: 'x' }), 10008);
      skip(15 * 60_000 + 1);
      assert.equal(await webhook(interaction, 'PATCH', '/messages/@original', { content: 'Too late.' }), 50027);

      assert.deepEqual(
        emulator.messages(emulator.home.channelId).map(({ content, flags }) => [content, flags]),
        [
          ['Yes.', 0],
          ['And more.', 0],
        ],
      );
    }));

  test('that are private stand in no channel, and are changed by their token alone', () =>
    scene(async ({ emulator, ask, respond, webhook, call }) => {
      const interaction = ask();
      await respond(interaction, { type: 4, data: { content: 'Hush.', flags: 64 } });
      const [message] = emulator.privateMessages('Ada');

      assert.equal(emulator.messages(emulator.home.channelId).length, 0);
      assert.equal(await call('PATCH', `/channels/${emulator.home.channelId}/messages/${message?.id}`, { content: 'x' }), 10008);
      assert.equal(await webhook(interaction, 'PATCH', '/messages/@original', { content: 'Still hush.', flags: 0 }), 200);
      assert.deepEqual(
        emulator.privateMessages('Ada').map(({ content, flags }) => [content, flags]),
        [['Still hush.', 64]],
      );
      assert.equal(await webhook(interaction, 'DELETE', '/messages/@original'), 204);
      assert.deepEqual(emulator.privateMessages('Ada'), []);
    }));

  test('of who added the app to their account take five more messages', () =>
    scene(async ({ ask, respond, webhook }) => {
      const interaction = ask({ byUserInstall: true });
      await respond(interaction, { type: 5 });

      const codes = [];
      for (let message = 0; message < 6; message += 1) codes.push(await webhook(interaction, 'POST', '', { content: 'x' }));

      assert.deepEqual(codes, [200, 200, 200, 200, 200, 40094]);
    }));

  test('hold what they are answered with to the limits of messages, buttons and forms', () =>
    scene(async ({ ask, respond }) => {
      const button = { type: 2, style: 2, label: 'Go', custom_id: 'go' };
      const input = { type: 4, custom_id: 'why', style: 2 };
      const row = (...components: object[]) => ({ type: 4, data: { content: 'x', components: [{ type: 1, components }] } });
      const form = (more: object, label = 'Why?') => ({
        type: 9,
        data: { custom_id: 'form', title: 'Form', components: [{ type: 18, label, component: input }], ...more },
      });
      const wrong = [
        { type: 4, data: { content: 'x'.repeat(2001) } },
        row({ ...button, custom_id: 'x'.repeat(101) }),
        row({ ...button, label: 'x'.repeat(81) }),
        row(button, button),
        row(...Array.from({ length: 6 }, (_, index) => ({ ...button, custom_id: `b${index}` }))),
        form({ title: 'x'.repeat(46) }),
        form({}, 'x'.repeat(46)),
        form({ custom_id: 'x'.repeat(101) }),
        { type: 6 },
        { type: 1 },
      ];

      for (const body of wrong) assert.equal(await respond(ask(), body), 50035, JSON.stringify(body).slice(0, 80));
      assert.equal(await respond(ask(), row(button)), 204);
      assert.equal(await respond(ask(), form({})), 204);
    }));
});

describe('commands of the Discord emulator', () => {
  test('keep the limits on their kinds, names, options and size', () =>
    scene(async ({ emulator, call }) => {
      const path = `/applications/${emulator.bot.id}/commands`;
      const option = { type: 3, name: 'text', description: 'A text.' };
      const wrong = [
        { ...command, name: 'Ask' },
        { ...command, name: 'x'.repeat(33) },
        { ...command, description: '' },
        { ...command, description: 'x'.repeat(101) },
        { ...command, options: Array.from({ length: 26 }, (_, index) => ({ ...option, name: `o${index}` })) },
        { ...command, options: [option, { ...option, name: 'must', required: true }] },
        {
          ...command,
          options: Array.from({ length: 25 }, (_, index) => ({ ...option, name: `o${index}`, description: 'x'.repeat(400) })),
        },
        { type: 3, name: 'On a message', description: 'Not allowed here.' },
      ];

      for (const body of wrong) assert.equal(await call('POST', path, body), 50035, JSON.stringify(body).slice(0, 80));
      for (let made = 0; made < 15; made += 1)
        assert.equal(await call('POST', path, { type: 3, name: `On message ${made}` }), 201);
      assert.equal(await call('POST', path, { type: 3, name: 'One more' }), 30032);
      assert.equal(await call('POST', path, { type: 3, name: 'On message 1' }), 200);
    }));

  test('are created two hundred times a day at most', () =>
    scene(async ({ emulator, call, skip }) => {
      const path = `/applications/${emulator.bot.id}/commands`;
      const codes = [];
      for (let made = 0; made < 201; made += 1) {
        codes.push(await call('POST', path, { ...command, name: `n${made}` }));
        const last = emulator.commands().at(-1);
        if (codes.at(-1) === 201) await call('DELETE', `${path}/${last?.id}`);
      }

      // The one of the scene counts.
      assert.deepEqual([codes.filter((code) => code === 201).length, codes.at(-1)], [199, 30034]);
      skip(86_400_001);
      assert.equal(await call('POST', path, { ...command, name: 'tomorrow' }), 201);
    }));

  test('are overwritten all at once, and those that are left out are gone', () =>
    scene(async ({ emulator, call }) => {
      assert.equal(await call('PUT', `/applications/${emulator.bot.id}/commands`, [{ ...command, name: 'other' }]), 200);

      assert.deepEqual(
        emulator.commands().map(({ name }) => name),
        ['other'],
      );
    }));
});
