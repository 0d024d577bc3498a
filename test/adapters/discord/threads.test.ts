import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toThreadName } from '../../../adapters/discord/threads.ts';
import { createDiscordAdapter } from '../../../adapters/discord/index.ts';
import { defaults, never, onSendScene, toOutbound } from './support.ts';

describe('the name of a thread', () => {
  for (const [text, name] of [
    ['how do I **reset** it?', 'how do I reset it?'],
    ['> Ben: the lamp is broken\n\nwhat now?', 'what now?'],
    ['', 'Question'],
    ['***', 'Question'],
    ['word '.repeat(30), `${'word '.repeat(18).trim()}…`],
    ['x'.repeat(300), `${'x'.repeat(90)}…`],
  ] as const) {
    test(`is ${JSON.stringify(name.slice(0, 30))} of ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.equal(toThreadName(text), name);
    });
  }
});

describe('a thread that an answer opens', () => {
  test('is found by the next process, and so is what stands in it', () =>
    onSendScene(async ({ emulator, adapter, destination }) => {
      const { replyTo: messageId = '', channelId = '', ...place } = destination;
      const toThread = { ...place, channelId: messageId, channelType: '11', threadParent: channelId, threadName: 'a question' };
      const message = toOutbound(toThread, 'The answer.', { attempt: 2 });
      await adapter.send(message, never);
      const next = createDiscordAdapter(defaults(emulator));

      const found = await next.find?.(message, never);
      await next.stop();

      assert.equal(found?.complete, true);
      assert.equal(found?.receipt['channelId'], messageId);
    }));

  test('is where the answer goes although the question was deleted meanwhile; without a thread it goes to the channel', () =>
    onSendScene(async ({ emulator, adapter, destination, written }) => {
      const { replyTo: messageId = '', channelId = '', ...place } = destination;
      const toThread = { ...place, channelId: messageId, channelType: '11', threadParent: channelId, threadName: 'a question' };
      const [question] = emulator.messages(channelId);
      const orphan = emulator.say({ text: 'another', mention: true });
      emulator.thread({ messageId });
      if (question) emulator.remove(question);
      emulator.remove(orphan);

      await adapter.send(toOutbound(toThread, 'In the thread.'), never);
      await adapter.send(toOutbound({ ...toThread, channelId: orphan.id }, 'In the channel.'), never);

      assert.deepEqual(
        emulator.messages(messageId).map(({ content }) => content),
        ['In the thread.'],
      );
      assert.deepEqual(written(), ['In the channel.']);
    }));
});
