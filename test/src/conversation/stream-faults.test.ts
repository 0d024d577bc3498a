import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageStream } from '../../../src/adapter.ts';
import { ModelError } from '../../../src/errors.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done, orAborted } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

for (const { fault, stream, lookups = 0 } of [
  {
    fault: 'cannot begin',
    lookups: 1,
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
    lookups: 1,
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
    assert.equal(adapter.lookups.length, lookups); // where it is not known whether anything was shown
    const [line] = parley.log.find('stream failed');
    assert.equal(line?.fields['eventId'], question.eventId);
    await parley.stop();
  });
}

for (const { how, end } of [
  { how: 'is tried again', end: () => Promise.reject(new ModelError({ message: '503', retryable: true })) },
  { how: 'is handed back at a stop', end: () => new Promise<never>(() => undefined) },
]) {
  test(`a stream whose opening got no response is looked for when its turn ${how}, and no second one begins`, async (t) => {
    const adapter = createFakeAdapter({ stream: 'by hand' });
    const model = createTestModel(async function* (_request, _call, signal) {
      yield { type: 'text', text: 'Half' };
      adapter.streams[0]?.lose();
      await orAborted<never>(end(), signal);
    });
    const first = createTestParley(t, { adapter, model });
    await first.start();
    await first.receive(createMessage('hello'));
    await first.stop(0);

    const { clock, database } = first;
    const second = createTestParley(t, { clock, database, adapter, owner: 'p2' });
    await second.start();
    await clock.advance(60_000);

    assert.deepEqual(second.shown(), ['Answer to: hello']);
    assert.equal(adapter.streams.length, 1);
    assert.equal(adapter.lookups.length, 1);
    await second.stop();
  });
}

test('a stream whose opening got no response is looked for before the answer goes out, and completed', async (t) => {
  const adapter = createFakeAdapter({ stream: 'by hand' });
  const model = createTestModel(async function* () {
    yield { type: 'text', text: 'Half' };
    adapter.streams[0]?.lose();
    yield { type: 'text', text: ' and half' };
    yield done();
  });
  const parley = createTestParley(t, { adapter, model });
  await parley.start();

  await parley.receive(createMessage('hello'));

  assert.deepEqual(parley.shown(), ['Half and half']);
  assert.equal(adapter.posts.length, 1);
  assert.equal(adapter.lookups.length, 1);
  await parley.stop();
});
