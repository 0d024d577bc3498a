import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Adapter, StreamOpening } from '../../../src/adapter.ts';
import type { DiscordEmulator } from '../../../adapters/discord/emulator.ts';
import type { EmulatedMessage } from '../../../adapters/discord/emulator/world.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { never, onStage, toOutbound } from './support.ts';
import type { Stage } from './support.ts';

interface Scene extends Stage {
  readonly adapter: Adapter & Required<Pick<Adapter, 'stream'>>;
  readonly clock: FakeClock;
  readonly opening: StreamOpening;
  /** The bot's messages in the home channel. */
  shown(): EmulatedMessage[];
  /** Every text that the bot's messages have ever shown, in order. */
  readonly texts: string[];
}

function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = createFakeClock();
  return onStage(
    async (stage) => {
      const adapter = await stage.start();
      const { stream } = adapter;
      assert.ok(stream);
      const { emulator } = stage;
      const question = emulator.say({ text: 'tell me', mention: true });
      const { guildId, channelId } = emulator.home;
      const destination = { guildId, channelId, replyTo: question.id };
      const opening = {
        id: 'stream000000000000000001',
        conversationId: 'c',
        tenant: guildId,
        inReplyTo: question.id,
        destination,
      };
      const texts: string[] = [];
      emulator.onMessage(({ type, message }) => {
        if (type !== 'deleted' && message.author === emulator.bot) texts.push(message.content);
      });
      const shown = (): EmulatedMessage[] => emulator.messages(channelId).filter(({ author }) => author === emulator.bot);
      await play({ ...stage, adapter: { ...adapter, stream }, clock, opening, shown, texts });
    },
    { clock },
  );
}

describe('an answer that is shown while it grows', () => {
  test('is posted soon after its first word, edited about every second, and completed by the final message', () =>
    scene(async ({ adapter, clock, emulator, opening, shown, texts, watch }) => {
      const stream = adapter.stream(opening, never);
      stream.append('The lamp');
      await clock.advance(20);
      const receipt = await stream.opened;
      assert.ok(typeof receipt === 'object');
      stream.append(' was lit');
      stream.append(' in 1823');
      await clock.advance(500);
      await settle(emulator);
      assert.deepEqual(texts, ['The lamp']);
      await clock.advance(1000);
      await watch.until(() => texts.length === 2);

      await stream.close();
      await adapter.send(
        toOutbound(opening.destination, 'The lamp was lit in 1823.', { id: opening.id, opened: receipt }),
        never,
      );

      assert.deepEqual(texts, ['The lamp', 'The lamp was lit in 1823', 'The lamp was lit in 1823.']);
      assert.equal(shown().length, 1);
      assert.equal(shown()[0]?.replyTo, opening.destination['replyTo']);
      assert.deepEqual(shown()[0]?.pings, []);
    }));

  test('that is complete at once is never opened', () =>
    scene(async ({ adapter, clock, emulator, opening, texts }) => {
      const stream = adapter.stream(opening, never);
      stream.append('Yes.');
      await clock.advance(10);

      await stream.close();
      await clock.advance(5000);
      await settle(emulator);

      assert.equal(await stream.opened, undefined);
      assert.deepEqual(texts, []);
    }));

  test('makes one request at a time, and takes what grew meanwhile with the next', () =>
    scene(async ({ adapter, clock, opening, texts, watch }) => {
      const stream = adapter.stream(opening, never);
      for (let word = 0; word < 100; word += 1) stream.append(`w${word} `);
      await clock.advance(20);
      await stream.opened;
      for (let word = 100; word < 200; word += 1) stream.append(`w${word} `);
      await clock.advance(1400);
      await watch.until(() => texts.length === 2);

      await stream.close();

      assert.match(texts[1] ?? '', /w0 .*w199$/);
    }));

  test('never grows beyond the first message of the answer', () =>
    scene(async ({ adapter, clock, opening, texts, watch }) => {
      const stream = adapter.stream(opening, never);
      stream.append('start ');
      await clock.advance(20);
      await stream.opened;
      stream.append('word '.repeat(2000));
      await clock.advance(1400);
      await watch.until(() => texts.length === 2);
      stream.append('more '.repeat(100));
      await clock.advance(10_000);

      await stream.close();

      assert.equal(texts.length, 2);
      assert.ok((texts[1]?.length ?? 0) <= 2000);
    }));

  test('shows a code block as one even before it is closed, and tables as Discord can show them', () =>
    scene(async ({ adapter, clock, opening, texts }) => {
      const stream = adapter.stream(opening, never);
      stream.append('Look:\n```js\nlet a = 1;');
      await clock.advance(20);
      await stream.opened;

      await stream.close();

      assert.deepEqual(texts, ['Look:\n```js\nlet a = 1;\n```']);
    }));

  test('slows down when Discord asks for it, and never throws', () =>
    scene(async ({ adapter, clock, emulator, opening, shown, texts, watch }) => {
      const stream = adapter.stream(opening, never);
      stream.append('one');
      await clock.advance(20);
      const receipt = await stream.opened;
      assert.ok(typeof receipt === 'object');
      emulator.faults.add({ route: 'PATCH /channels/:id/messages/:id', kind: 'rate_limit', retryAfterSeconds: 0.5 });
      stream.append(' two');
      await clock.advance(1300);
      await watch.until(() => emulator.faults.pending() === 0);
      await settle(emulator);
      stream.append(' three');
      await clock.advance(1400);
      await settle(emulator);
      assert.deepEqual(texts, ['one']);
      await clock.advance(1400);
      await watch.until(() => texts.length === 2);

      await stream.close();
      await adapter.send(toOutbound(opening.destination, 'one two three.', { id: opening.id, opened: receipt }), never);

      assert.deepEqual(texts, ['one', 'one two three', 'one two three.']);
      assert.equal(shown().length, 1);
    }));

  test('is left alone when Discord refuses it, and is sent as a whole at the end', () =>
    scene(async ({ adapter, clock, emulator, opening, texts }) => {
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'platform_error', code: 50013 });
      const stream = adapter.stream(opening, never);
      stream.append('one');
      await clock.advance(20);

      assert.equal(await stream.opened, undefined);
      stream.append(' two');
      await stream.close();
      assert.deepEqual(texts, []);
    }));

  test('whose opening got lost is one message in the end, even after Discord has forgotten the nonce', () =>
    onStage(
      async ({ emulator, start, watch }) => {
        const adapter = await start();
        const question = emulator.say({ text: 'tell me', mention: true });
        const destination = { channelId: emulator.home.channelId, guildId: emulator.home.guildId, replyTo: question.id };
        emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'lost_response' });
        const opening = { id: 'stream000000000000000002', conversationId: 'c', tenant: 't', inReplyTo: question.id, destination };
        const stream = adapter.stream!(opening, never);
        stream.append('The begin');
        await watch.until(() => emulator.messages(emulator.home.channelId).length === 2);
        await stream.close();
        assert.equal(await stream.opened, 'unknown');

        await adapter.send(toOutbound(destination, 'The beginning and the end.', { id: opening.id }), never);

        const answers = emulator.messages(emulator.home.channelId).slice(1);
        assert.deepEqual(
          answers.map(({ content }) => content),
          ['The beginning and the end.'],
        );
      },
      { emulator: { nonceMs: 0 } },
    ));

  test('ends with its signal, at once and for good', () =>
    scene(async ({ adapter, clock, opening, texts }) => {
      const controller = new AbortController();
      const stream = adapter.stream(opening, controller.signal);
      stream.append('one');
      controller.abort(new Error('stopping'));
      await clock.advance(5000);

      stream.append(' two');
      await stream.close();

      assert.equal(await stream.opened, undefined);
      assert.deepEqual(texts, []);
    }));

  test('close waits for the request that is under way, so that nothing overtakes the final text', () =>
    scene(async ({ adapter, clock, opening, emulator }) => {
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'hang' });
      const controller = new AbortController();
      const stream = adapter.stream(opening, controller.signal);
      stream.append('one');
      const called = new Promise<void>((resolve) => emulator.onCall(() => resolve()));
      await clock.advance(20);
      await called;

      let closed = false;
      const closing = stream.close().then(() => (closed = true));
      await settle(emulator);
      assert.equal(closed, false);
      controller.abort(new Error('stopping'));
      await closing;

      assert.equal(await stream.opened, 'unknown');
    }));

  test('is no capability where streaming is switched off', () =>
    onStage(async ({ start }) => {
      const adapter = await start({ streaming: false });

      assert.equal(adapter.stream, undefined);
    }));
});

/** Resolves when the answer to a call that the emulator has got by now must have arrived as well. */
async function settle(emulator: DiscordEmulator): Promise<void> {
  for (let round = 0; round < 3; round += 1) await fetch(`${emulator.apiUrl}/v10/gateway`).then((response) => response.text());
}
