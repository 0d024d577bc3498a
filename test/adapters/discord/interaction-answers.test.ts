import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTokenBox } from '../../../adapters/discord/interaction-token.ts';
import { failureOf, never, toOutbound } from './support.ts';
import { emulatorNow, minute, scene, shown } from './interaction-scene.ts';

describe('an interaction that can be answered no more', () => {
  test('is answered in the channel where the bot may write, once', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      const { destination } = await stage.commandOf(interaction);
      await stage.answered(interaction);
      stage.skip(15 * minute);
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'lost_response' });
      const message = toOutbound(destination, 'Late, <@1> @everyone.', { createdAt: emulatorNow(stage) });

      assert.equal((await failureOf(adapter.send(message, never))).uncertain, true);
      const found = await adapter.find(message, never);

      assert.equal(found?.complete, true);
      assert.deepEqual(
        shown(stage).filter((text) => text !== ''),
        ['Late, <@1> @everyone.'],
      );
      assert.deepEqual(emulator.messages(emulator.home.channelId).at(-1)?.pings, []);
    }));

  test('goes to its person directly where it was private, and never to the channel', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const interaction = emulator.command({ name: 'ask', options: { question: 'x', private: true } });
      const { destination } = await stage.commandOf(interaction);
      stage.skip(15 * minute);

      const receipt = await adapter.send(toOutbound(destination, 'Hush.'), never);

      assert.deepEqual(shown(stage), []);
      assert.equal(receipt['channelId'], emulator.directMessage('Ada').id);
      assert.deepEqual(
        emulator.messages(emulator.directMessage('Ada').id).map(({ content }) => content),
        ['Hush.'],
      );
    }));

  test('fails for good, and says why, where its person takes no direct messages', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x', private: true } }));
      stage.skip(15 * minute);
      emulator.faults.add({ route: 'POST /channels/:id/messages', kind: 'platform_error', code: 50007 });

      const failure = await failureOf(adapter.send(toOutbound(destination, 'Hush.'), never));

      assert.equal(failure.retryable, false);
      assert.match(failure.message, /takes no direct messages/);
      assert.deepEqual(shown(stage), []);
    }));

  test('whose token was sealed under another bot token is answered in the channel', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x' } }));
      const sealedToken = createTokenBox('an earlier bot token').seal('token', destination['interactionId'] ?? '');

      await adapter.send(toOutbound({ ...destination, sealedToken }, 'Here.'), never);

      assert.ok(shown(stage).includes('Here.'));
    }));
});

describe('an answer to an interaction whose sending was cut off', () => {
  test('is found by its token, and completed in place', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const interaction = emulator.command({ name: 'ask', options: { question: 'x' } });
      const { destination } = await stage.commandOf(interaction);
      await stage.answered(interaction);
      const message = toOutbound(destination, 'All of it.');

      assert.equal(await adapter.find(message, never), undefined);
      emulator.faults.add({ route: 'PATCH /webhooks/:id/:id/messages/:id', kind: 'lost_response' });
      assert.equal((await failureOf(adapter.send(message, never))).uncertain, true);

      assert.equal((await adapter.find(message, never))?.complete, true);
      assert.equal((await adapter.find({ ...message, text: 'All of it, and more.' }, never))?.complete, false);
      assert.deepEqual(shown(stage), ['All of it.']);
    }));

  test('is found in the channel where it is a later part', () =>
    scene(async (stage) => {
      const { emulator, adapter } = stage;
      const { destination } = await stage.commandOf(emulator.command({ name: 'ask', options: { question: 'x' } }));
      const first = await adapter.send(toOutbound(destination, 'One.', { parts: 2 }), never);
      const second = toOutbound(destination, 'Two.', { part: 1, parts: 2, after: first });

      assert.equal(await adapter.find(second, never), undefined);
      emulator.faults.add({ route: 'POST /webhooks/:id/:id', kind: 'lost_response' });
      await failureOf(adapter.send(second, never));

      assert.equal((await adapter.find(second, never))?.complete, true);
      assert.deepEqual(shown(stage), ['One.', 'Two.']);
    }));
});

describe('who added the app to their own account', () => {
  test('gets the answer by the interaction alone, with five messages after the first', () =>
    scene(
      async (stage) => {
        const { emulator, adapter } = stage;
        const interaction = emulator.command({ name: 'ask', options: { question: 'x' }, byUserInstall: true });
        const { destination } = await stage.commandOf(interaction);
        for (let part = 0; part < 6; part += 1)
          await adapter.send(toOutbound(destination, `Part ${part}.`, { part, parts: 7 }), never);

        const failure = await failureOf(adapter.send(toOutbound(destination, 'Part 6.', { part: 6, parts: 7 }), never));

        assert.equal(shown(stage).length, 6);
        assert.deepEqual([failure.retryable, failure.uncertain], [false, false]);
        assert.match(failure.message, /five more messages/);
      },
      { userInstall: true },
    ));
});
