import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../src/errors.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('a model that fails for the moment is asked again after a while, and the question is answered once', async (t) => {
  const clock = createFakeClock();
  const calls: number[] = [];
  const model = createTestModel((_request, call) => {
    calls.push(clock.now());
    if (call <= 3) throw new ModelError({ message: '503 from the model', retryable: true });
    return 'the answer';
  });
  const parley = createTestParley(t, { clock, model });
  const question = createMessage('hello');
  await parley.start();

  await parley.receive(question);
  assert.deepEqual(parley.shown(), []);
  assert.equal((await parley.status(question))?.state, 'waiting');
  await clock.advance(60_000);

  assert.deepEqual(parley.shown(), ['the answer']);
  assert.equal(calls.length, 4);
  for (const [index, at] of calls.slice(1).entries()) {
    const waited = at - (calls[index] ?? 0);
    assert.ok(waited <= 1_000 * 2 ** index + 1, `waited ${waited} ms before attempt ${index + 2}`);
  }
  const lines = parley.log.find('turn postponed');
  assert.equal(lines.length, 3);
  assert.equal(lines[0]?.fields['error'], '503 from the model');
  assert.deepEqual(await parley.store.listDeadLetters({ limit: 10 }), []);
  await parley.stop();
});

test('a model is not asked again before the time that it asked for', async (t) => {
  const clock = createFakeClock();
  const model = createTestModel((_request, call) => {
    if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs: 45_000 });
    return 'the answer';
  });
  const parley = createTestParley(t, { clock, model });
  await parley.start();
  await parley.receive(createMessage('hello'));

  await clock.advance(44_999);
  assert.equal(model.requests.length, 1);

  await clock.advance(2);
  assert.deepEqual(parley.shown(), ['the answer']);
  await parley.stop();
});

for (const retryAfterMs of [Number.NaN, -5_000, 1_234.5]) {
  test(`a model that asks to wait for ${retryAfterMs} ms is asked again like any other`, async (t) => {
    const model = createTestModel((_request, call) => {
      if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs });
      return 'the answer';
    });
    const parley = createTestParley(t, { model });
    await parley.start();
    await parley.receive(createMessage('hello'));

    await parley.clock.advance(3_000);

    assert.deepEqual(parley.shown(), ['the answer']);
    assert.equal(parley.log.find('turn failed unexpectedly').length, 0);
    await parley.stop();
  });
}

test('what is said while a turn is postponed is answered with it', async (t) => {
  const model = createTestModel((request, call) => {
    if (call === 1) throw new ModelError({ message: '429', retryable: true, retryAfterMs: 10_000 });
    return request.messages.map(({ text }) => text).join(' | ');
  });
  const parley = createTestParley(t, { model });
  await parley.start();

  await parley.receive(createMessage('one'));
  await parley.receive(createMessage('two'));
  await parley.clock.advance(10_001);

  assert.deepEqual(parley.shown(), ['one | two']);
  await parley.stop();
});
