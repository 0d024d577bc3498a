import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Client, Partials } from 'discord.js';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createWatch, withEmulator } from './support.ts';

/** A call of the REST API; `authorization` is the bot's unless it is given. */
async function call(emulator: DiscordEmulator, line: string, body?: unknown, authorization = `Bot ${emulator.token}`) {
  const [method = 'GET', path = ''] = line.split(' ');
  const response = await fetch(`${emulator.apiUrl}/v10${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  // The tests below look at single fields of what they expect.
  const json = (text === '' ? undefined : JSON.parse(text)) as {
    id: string;
    code: number;
    content: string;
    nonce?: string;
    url: string;
  };
  return { status: response.status, headers: response.headers, json };
}

describe('the Discord emulator', () => {
  test('is believed by an ordinary discord.js bot: ready, guilds, mentions, replies, threads, direct messages', () =>
    withEmulator(async (emulator) => {
      const client = new Client({ intents: 37377, partials: [Partials.Channel], rest: { api: emulator.apiUrl } });
      const watch = createWatch();
      client.on('messageCreate', (message) => {
        if (!message.author.bot) void message.reply(`to ${message.author.displayName}: ${message.content}`);
      });
      emulator.onMessage(() => watch.poke());
      const ready = once(client, 'clientReady');
      await client.login(emulator.token);
      await ready;
      const thread = emulator.thread({ name: 'plans' });
      const direct = emulator.directMessage('Bea');

      const question = emulator.say({ text: 'one' });
      emulator.say({ channelId: thread.id, text: 'two' });
      emulator.say({ channelId: direct.id, user: 'Bea', text: 'three' });
      const answers = (): string[] =>
        [emulator.home.channelId, thread.id, direct.id].map((channelId) => emulator.messages(channelId).at(-1)?.content ?? '');
      await watch.until(() => answers().every((text) => text.startsWith('to ')));
      await client.destroy();

      assert.deepEqual(answers(), ['to Ada: one', 'to Ada: two', 'to Bea: three']);
      assert.equal(emulator.messages(emulator.home.channelId).at(-1)?.replyTo, question.id);
      assert.deepEqual(
        [...client.guilds.cache.values()].map(({ name }) => name),
        ['Lighthouse'],
      );
    }));

  test('keeps the limits of messages: length, emptiness, nonce, unknown channels and messages, other people', () =>
    withEmulator(async (emulator) => {
      const path = `/channels/${emulator.home.channelId}/messages`;
      const theirs = emulator.say({ text: 'mine' });

      const codes = await Promise.all([
        call(emulator, `POST ${path}`, { content: 'x'.repeat(2001) }),
        call(emulator, `POST ${path}`, { content: ' ' }),
        call(emulator, `POST ${path}`, {}),
        call(emulator, `POST ${path}`, { content: 5 }),
        call(emulator, `POST ${path}`, { content: 'x', nonce: 'x'.repeat(26) }),
        call(emulator, `POST ${path}`, { content: 'x', message_reference: { message_id: '1' } }),
        call(emulator, 'POST /channels/1/messages', { content: 'x' }),
        call(emulator, `PATCH ${path}/1`, { content: 'x' }),
        call(emulator, `PATCH ${path}/${theirs.id}`, { content: 'x' }),
        call(emulator, `DELETE ${path}/${theirs.id}`),
        call(emulator, `POST ${path}`, '{'),
      ]);

      assert.deepEqual(
        codes.map(({ json }) => json.code),
        [50035, 50006, 50006, 50035, 50035, 50035, 10003, 10008, 50005, 50013, 50109],
      );
      assert.equal((await call(emulator, 'GET /users/@me', undefined, 'Bot wrong')).status, 401);
    }));

  test('returns the earlier message for an enforced nonce, and forgets it after a while', async () => {
    const clock = createFakeClock();
    await withEmulator(
      async (emulator) => {
        const path = `/channels/${emulator.home.channelId}/messages`;
        const post = (content: string, enforce_nonce: boolean) =>
          call(emulator, `POST ${path}`, { content, nonce: 'n1', enforce_nonce });

        const first = await post('one', true);
        const again = await post('two', true);
        const free = await post('three', false);
        await clock.advance(301_000);
        const late = await post('four', true);

        assert.equal(again.json.id, first.json.id);
        assert.equal(again.json.content, 'one');
        assert.equal(first.json.nonce, 'n1');
        assert.deepEqual(
          emulator.messages(emulator.home.channelId).map(({ id }) => id),
          [first.json.id, free.json.id, late.json.id],
        );
      },
      { clock },
    );
  });

  test('pages through a channel by after, before and around, newest first', () =>
    withEmulator(async (emulator) => {
      const ids = Array.from({ length: 10 }, (_, index) => emulator.say({ text: String(index) }).id);
      const read = async (query: string): Promise<string> => {
        const { json } = await call(emulator, `GET /channels/${emulator.home.channelId}/messages?${query}`);
        return (json as unknown as { content: string }[]).map(({ content }) => content).join('');
      };

      assert.equal(await read('limit=3'), '987');
      assert.equal(await read(`limit=3&after=${ids[2]}`), '543');
      assert.equal(await read(`limit=3&before=${ids[5]}`), '432');
      assert.equal(await read(`limit=3&around=${ids[5]}`), '654');
    }));

  test('answers 429 with the headers of a real limit where it is told to keep one', () =>
    withEmulator(
      async (emulator) => {
        const line = `POST /channels/${emulator.home.channelId}/messages`;
        const first = await call(emulator, line, { content: 'x' });
        const second = await call(emulator, line, { content: 'x' });

        assert.equal(first.headers.get('x-ratelimit-remaining'), '0');
        assert.equal(second.status, 429);
        assert.ok(Number(second.headers.get('retry-after')) >= 1);
      },
      { messageLimit: { count: 1, perMs: 5000 } },
    ));

  test('tells whom a message notifies', () =>
    withEmulator(async (emulator) => {
      const ada = emulator.user('Ada');
      const line = `POST /channels/${emulator.home.channelId}/messages`;

      await call(emulator, line, { content: `<@${ada.id}> @everyone` });
      await call(emulator, line, { content: `<@${ada.id}> @everyone`, allowed_mentions: { parse: [] } });

      assert.deepEqual(
        emulator.messages(emulator.home.channelId).map(({ pings }) => pings),
        [[ada.id, 'everyone'], []],
      );
    }));

  test('lets faults strike the calls they are meant for, before or after the effect', () =>
    withEmulator(async (emulator) => {
      const line = `POST /channels/${emulator.home.channelId}/messages`;
      const phases: string[] = [];
      emulator.onCall((route, phase) => phases.push(`${phase} ${route}`));
      const route = 'POST /channels/:id/messages';
      emulator.faults.add({ route, kind: 'lost_response' });
      emulator.faults.add({ route, kind: 'refuse' });
      emulator.faults.add({ route, kind: 'platform_error', code: 50007 });
      emulator.faults.add({ route, kind: 'server_error', takesEffect: true, skip: 1 });

      await assert.rejects(call(emulator, line, { content: 'lost' }));
      await assert.rejects(call(emulator, line, { content: 'refused' }));
      const third = await call(emulator, line, { content: 'denied' });
      const fourth = await call(emulator, line, { content: 'passes' });
      const fifth = await call(emulator, line, { content: 'broken' });

      assert.deepEqual([third.json.code, fourth.status, fifth.status], [50007, 200, 500]);
      assert.deepEqual(
        emulator.messages(emulator.home.channelId).map(({ content }) => content),
        ['lost', 'passes', 'broken'],
      );
      assert.deepEqual(phases.slice(0, 3), [`before ${route}`, `after ${route}`, `before ${route}`]);
    }));

  test('makes threads and direct message channels for a bot', () =>
    withEmulator(async (emulator) => {
      const bea = emulator.user('Bea');
      const question = emulator.say({ text: 'x' });

      const thread = await call(emulator, `POST /channels/${emulator.home.channelId}/messages/${question.id}/threads`, {
        name: 'more',
      });
      const direct = await call(emulator, 'POST /users/@me/channels', { recipient_id: bea.id });

      assert.equal(thread.json.id, question.id);
      assert.equal(direct.json.id, emulator.directMessage('Bea').id);
    }));
});
