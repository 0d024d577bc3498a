import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageStream } from '../../../src/adapter.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

for (const { fault, stream } of [
  {
    fault: 'cannot begin',
    stream: (): MessageStream => {
      throw new Error('no stream');
    },
  },
  {
    fault: 'fails at the first text',
    stream: (): MessageStream => ({
      append: () => {
        throw new Error('broken');
      },
      opened: Promise.resolve(undefined),
      close: () => Promise.resolve(),
    }),
  },
  {
    fault: 'fails to open',
    stream: (): MessageStream => ({
      append: () => undefined,
      opened: Promise.reject(new Error('broken')),
      close: () => Promise.resolve(),
    }),
  },
  {
    fault: 'fails to close',
    stream: (): MessageStream => ({
      append: () => undefined,
      opened: Promise.resolve(undefined),
      close: () => Promise.reject(new Error('broken')),
    }),
  },
]) {
  test(`an adapter whose stream ${fault} against the contract costs the stream, not the answer`, async (t) => {
    const adapter = createFakeAdapter({ overrides: { stream } });
    const parley = createTestParley(t, { adapter, model: createTestModel(() => ['one ', 'two']) });
    const question = createMessage('hello');
    await parley.start();

    await parley.receive(question);

    assert.deepEqual(parley.shown(), ['one two']);
    assert.equal(parley.model.requests.length, 1);
    const [line] = parley.log.find('stream failed');
    assert.equal(line?.fields['eventId'], question.eventId);
    await parley.stop();
  });
}
