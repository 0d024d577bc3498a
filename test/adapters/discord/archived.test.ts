import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { failureOf, never, onSendScene, toOutbound } from './support.ts';

describe('a thread that was archived while the answer grew', () => {
  test('is opened again to complete the answer', () =>
    onSendScene(async ({ emulator, adapter }) => {
      const { id: channelId } = emulator.thread();
      const opened = await adapter.send(toOutbound({ channelId, channelType: '11' }, 'The beg'), never);
      emulator.archive(channelId);

      await adapter.send(toOutbound({ channelId, channelType: '11' }, 'The beginning and the end.', { opened }), never);

      assert.deepEqual(
        emulator.messages(channelId).map(({ content }) => content),
        ['The beginning and the end.'],
      );
    }));

  test('stays as it is where it is locked as well; the failure says what to do', () =>
    onSendScene(async ({ emulator, adapter }) => {
      const { id: channelId } = emulator.thread();
      const opened = await adapter.send(toOutbound({ channelId, channelType: '11' }, 'The beg'), never);
      emulator.archive(channelId, { locked: true });

      const failure = await failureOf(adapter.send(toOutbound({ channelId }, 'The beginning and the end.', { opened }), never));

      assert.equal(failure.retryable, false);
      assert.match(failure.message, /50083.*reopen it/);
    }));
});
