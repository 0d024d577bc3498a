import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killPlatforms } from '../kill/points.ts';
import type { ModelFault } from '../support/openai-emulator-faults.ts';
import { onStage, until } from './stage.ts';

const troubles: readonly { readonly name: string; readonly fault: ModelFault }[] = [
  { name: 'a stream that stalls', fault: { type: 'stall', after: 4 } },
  { name: 'a stream that is cut off', fault: { type: 'cut', after: 4 } },
  { name: 'a connection that breaks mid-stream', fault: { type: 'disconnect', after: 4 } },
  { name: 'an error in the middle of a stream', fault: { type: 'error_frame', after: 4 } },
  { name: 'a stream that turns to nonsense', fault: { type: 'malformed_frame', after: 4 } },
  { name: 'a stream that breaks before its first word', fault: { type: 'disconnect', after: 0 } },
  { name: 'a model that says nothing at all', fault: { type: 'silence' } },
  { name: 'a rate limit', fault: { type: 'rate_limit', retryAfterSeconds: 1 } },
  { name: 'a server error', fault: { type: 'server_error' } },
];

for (const platform of killPlatforms) {
  for (const { name, fault } of troubles) {
    test(`${platform}: after ${name}, the answer stands there once and whole`, () =>
      onStage(platform, async ({ start, model, people, settled }) => {
        await start();
        model.fail(fault, fault, fault);

        people.ask(3);
        people.ask(1, 'all');

        await settled();
        assert.ok(model.calls.length > 3);
      }));
  }

  test(`${platform}: a model that fails for good leaves one notice with an id, and the question in the dead letters`, () =>
    onStage(platform, async ({ start, model, people, store }) => {
      await start();
      model.fail({ type: 'context_length' });

      people.ask(1);

      const isOver = async (): Promise<boolean> => {
        const { deadLetters, undelivered } = await store().stats();
        return deadLetters > 0 && undelivered === 0;
      };
      await until(isOver, 'the notice to be delivered');
      const [conversation] = people.conversations;
      const [letter, ...more] = await store().listDeadLetters({ limit: 10 });
      const [notice, ...others] = conversation?.talk.visible() ?? [];
      assert.deepEqual([more, others], [[], []]);
      assert.ok(letter?.errorId !== undefined && notice?.text.includes(letter.errorId), notice?.text);
    }));
}
