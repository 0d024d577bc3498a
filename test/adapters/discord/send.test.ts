import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Destination } from '../../../src/message.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import { defaults, failureOf, never, onSendScene as scene, toOutbound } from './support.ts';

describe('sending to Discord', () => {
  test('the first part replies to the question, the others follow it, and the receipt names the message', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      const receipt = await adapter.send(toOutbound(destination, 'one', { parts: 2 }), never);
      await adapter.send(toOutbound(destination, 'two', { part: 1, parts: 2 }), never);

      const [, first, second] = emulator.messages(emulator.home.channelId);
      assert.deepEqual(written(), ['one', 'two']);
      assert.deepEqual(receipt, { id: first?.id, channelId: emulator.home.channelId });
      assert.equal(first?.replyTo, destination['replyTo']);
      assert.equal(second?.replyTo, undefined);
    }));

  test('nobody is notified, not even the person who asked, by a post or by an edit', () =>
    scene(async ({ emulator, adapter, destination }) => {
      const ada = emulator.user('Ada');
      const text = `<@${ada.id}> @everyone <@&${emulator.botRoleId(emulator.home.guildId)}>`;

      const receipt = await adapter.send(toOutbound(destination, text), never);
      await adapter.send(toOutbound(destination, `${text}!`, { opened: receipt }), never);

      const message = emulator.messages(emulator.home.channelId).at(-1);
      assert.equal(message?.content, `${text}!`);
      assert.deepEqual(message?.pings, []);
    }));

  test('link previews are switched off', () =>
    scene(async ({ emulator, adapter, destination }) => {
      await adapter.send(toOutbound(destination, 'https://evil.test/?d=secret'), never);

      assert.equal(emulator.messages(emulator.home.channelId).at(-1)?.flags, 4);
    }));

  test('a reply to a question that was deleted is posted all the same', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      for (const message of emulator.messages(emulator.home.channelId)) emulator.remove(message);

      await adapter.send(toOutbound(destination, 'an answer'), never);

      assert.deepEqual(written(), ['an answer']);
    }));

  test('an answer of 5,000 characters arrives in several messages with nothing lost', () =>
    scene(async ({ adapter, destination, written }) => {
      const answer = Array.from({ length: 700 }, (_, index) => `word${index}`).join(' ');

      const parts = adapter.split?.(answer) ?? [];
      for (const [part, text] of parts.entries())
        await adapter.send(toOutbound(destination, text, { part, parts: parts.length }), never);

      assert.ok(answer.length > 5000 && parts.length >= 3);
      assert.equal(written().join(' '), answer);
    }));

  test('a message that a stream has opened is completed in place', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      const opened = await adapter.send(toOutbound(destination, 'The begin'), never);

      const receipt = await adapter.send(toOutbound(destination, 'The beginning and the end.', { opened }), never);

      assert.deepEqual(written(), ['The beginning and the end.']);
      assert.equal(receipt.id, opened.id);
      assert.equal(emulator.messages(emulator.home.channelId).at(-1)?.edits, 1);
    }));

  test('a message that Discord knows by its nonce, but only the beginning of it, gets its whole text', () =>
    scene(async ({ adapter, destination, written }) => {
      const begun = toOutbound(destination, 'The begin');
      await adapter.send(begun, never);

      await adapter.send({ ...begun, text: 'The beginning and the end.' }, never);

      assert.deepEqual(written(), ['The beginning and the end.']);
    }));

  test('an opened message that somebody deleted is posted anew, once over several attempts', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      const first = toOutbound(destination, 'The begin');
      const opened = await adapter.send(first, never);
      const [shown] = emulator.messages(emulator.home.channelId).slice(-1);
      emulator.remove(shown!);
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'lost_response' });
      const whole = { ...first, text: 'The beginning and the end.', opened };

      await assert.rejects(adapter.send(whole, never));
      await adapter.send({ ...whole, attempt: 2 }, never);

      assert.deepEqual(written(), ['The beginning and the end.']);
    }));

  test('a message can be taken away, and taking it away twice is no error', () =>
    scene(async ({ adapter, destination, written }) => {
      const message = toOutbound(destination, 'superfluous');
      const receipt = await adapter.send(message, never);

      await adapter.remove?.(message, receipt, never);
      await adapter.remove?.(message, receipt, never);

      assert.deepEqual(written(), []);
    }));

  test('the typing sign is shown, and its failure is quiet', () =>
    scene(async ({ emulator, adapter, destination }) => {
      const seen: string[] = [];
      emulator.onTyping((channelId) => seen.push(channelId));
      emulator.faults.add({ route: 'POST /channels/:id/typing', kind: 'server_error' });

      await adapter.typing?.(destination, never);
      await adapter.typing?.(destination, never);
      await adapter.typing?.({}, never);

      assert.deepEqual(seen, [emulator.home.channelId]);
    }));
});

describe('a delivery to Discord that fails', () => {
  test('a rate limit is certain, tells when to try again, and does not wait by itself', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'rate_limit', retryAfterSeconds: 7 });
      const started = performance.now();

      const error = await failureOf(adapter.send(toOutbound(destination, 'x'), never));

      assert.ok(performance.now() - started < 3000);
      assert.deepEqual([error.retryable, error.uncertain], [true, false]);
      assert.ok(
        error.retryAfterMs !== undefined && error.retryAfterMs >= 6900 && error.retryAfterMs < 8100,
        String(error.retryAfterMs),
      );
      assert.deepEqual(written(), []);
    }));

  test('a limit that Discord has announced is kept without asking', () =>
    scene(
      async ({ emulator, adapter, destination }) => {
        let calls = 0;
        emulator.onCall((route, phase) => {
          if (route.startsWith('POST') && phase === 'before') calls += 1;
        });
        await adapter.send(toOutbound(destination, 'one'), never);
        await adapter.send(toOutbound(destination, 'two'), never);

        const error = await failureOf(adapter.send(toOutbound(destination, 'three'), never));

        assert.equal(calls, 2);
        assert.ok((error.retryAfterMs ?? 0) > 1000);
      },
      { messageLimit: { count: 2, perMs: 5000 } },
    ));

  test('a server error and a cut connection leave it open whether the message stands there', () =>
    scene(async ({ emulator, adapter, destination }) => {
      for (const kind of ['server_error', 'refuse', 'lost_response'] as const) {
        emulator.faults.add({ route: 'POST /channels/:id/messages', kind });

        const error = await failureOf(adapter.send(toOutbound(destination, kind), never));

        assert.deepEqual([error.retryable, error.uncertain], [true, true], kind);
      }
    }));

  test('each send is one attempt: the SDK does not repeat it', () =>
    scene(async ({ emulator, adapter, destination, written }) => {
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'server_error', takesEffect: true, times: 5 });

      await failureOf(adapter.send(toOutbound(destination, 'once'), never));

      assert.deepEqual(written(), ['once']);
      assert.equal(emulator.faults.pending(), 4);
    }));

  test('a Discord that cannot be reached has certainly got nothing', () =>
    scene(async ({ emulator, adapter, destination }) => {
      await emulator.close();

      const error = await failureOf(adapter.send(toOutbound(destination, 'x'), never));

      assert.deepEqual([error.retryable, error.uncertain], [true, false]);
      await emulator.listen();
    }));

  test('what no retry can mend says what an operator can', () =>
    scene(async ({ emulator, adapter, destination }) => {
      const expected = {
        10003: /gone/,
        50001: /View Channel/,
        50007: /direct messages/,
        50013: /Send Messages/,
        160005: /locked/,
      };
      for (const [code, advice] of Object.entries(expected)) {
        emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'platform_error', code: Number(code) });

        const error = await failureOf(adapter.send(toOutbound(destination, 'x'), never));

        assert.deepEqual([error.retryable, error.uncertain], [false, false], code);
        assert.match(error.message, advice);
      }
    }));

  test('a refused token is named by its setting, and the next attempt is made with it again', () =>
    scene(async ({ emulator, destination }) => {
      const adapter = createDiscordAdapter({ ...defaults(emulator), token: 'revoked' });
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        const error = await failureOf(adapter.send(toOutbound(destination, 'x'), never));

        assert.equal(error.retryable, false);
        assert.match(error.message, /DISCORD_TOKEN/);
      }
      await adapter.stop();
    }));

  test('a hanging call ends with the signal', () =>
    scene(async ({ emulator, adapter, destination }) => {
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'hang' });
      const controller = new AbortController();
      emulator.onCall(() => controller.abort(new Error('stopping')));

      const error = await failureOf(adapter.send(toOutbound(destination, 'x'), controller.signal));

      assert.deepEqual([error.retryable, error.uncertain], [true, true]);
    }));

  test('a destination that is none is refused for good', () =>
    scene(async ({ adapter }) => {
      const none: Destination[] = [{}, { channelId: '../users/@me' }, { channelId: '1/messages' }];
      for (const destination of none) {
        const error = await failureOf(adapter.send(toOutbound(destination, 'x'), never));

        assert.equal(error.retryable, false);
      }
    }));
});
