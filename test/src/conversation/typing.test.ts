import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMessage } from '../../support/inbound.ts';
import { createTestModel, done } from '../../support/test-model.ts';
import { createTestParley } from '../../support/test-parley.ts';

function createSlowModel(clock: ReturnType<typeof createFakeClock>, ms: number) {
  return createTestModel(async () => {
    await clock.sleep(ms);
    return 'the answer';
  });
}

test('shows no sign of typing before a quick answer', async (t) => {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({ typing: true });
  const parley = createTestParley(t, { clock, adapter, model: createSlowModel(clock, 900) });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await clock.advance(60_000);

  assert.deepEqual(parley.shown(), ['the answer']);
  assert.equal(adapter.typings.length, 0);
  await parley.stop();
});

test('shows that it types while a slow answer is made, again and again, and stops with it', async (t) => {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({ typing: true });
  const parley = createTestParley(t, { clock, adapter, model: createSlowModel(clock, 20_000) });
  await parley.start();

  await parley.receive(createMessage('hello', { in: 'room' }));
  await clock.advance(1_001);
  assert.deepEqual(adapter.typings, [{ place: 'room' }]);
  await clock.advance(18_000);
  assert.equal(adapter.typings.length, 3);
  await clock.advance(120_000);

  assert.equal(adapter.typings.length, 3);
  await parley.stop();
  assert.equal(clock.pending(), 0);
});

test('stops the sign as soon as the answer itself is shown growing', async (t) => {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({ typing: true, stream: 'at once' });
  const model = createTestModel(async function* () {
    await clock.sleep(5_000);
    yield { type: 'text', text: 'It' };
    await clock.sleep(60_000);
    yield { type: 'text', text: ' is so.' };
    yield done();
  });
  const parley = createTestParley(t, { clock, adapter, model });
  await parley.start();

  await parley.receive(createMessage('hello'));
  await clock.advance(70_000);

  assert.equal(adapter.typings.length, 1);
  assert.deepEqual(parley.shown(), ['It is so.']);
  await parley.stop();
});

test('shows no sign for a command and none after an error that nobody expected', async (t) => {
  const clock = createFakeClock();
  const adapter = createFakeAdapter({ typing: true });
  const model = createTestModel(() => {
    throw new TypeError('a bug');
  });
  const parley = createTestParley(t, { clock, adapter, model });
  await parley.start();

  await parley.receive(createMessage('/help', { in: 'c1' }), createMessage('hello', { in: 'c2' }));
  await clock.advance(10 * 60_000);

  assert.equal(adapter.typings.length, 0);
  await parley.stop();
  assert.equal(clock.pending(), 0);
});

for (const { how, typing } of [
  { how: 'rejects', typing: () => Promise.reject(new Error('429')) },
  {
    how: 'throws',
    typing: () => {
      throw new Error('a bug');
    },
  },
]) {
  test(`a sign of typing that ${how} harms nothing`, async (t) => {
    const clock = createFakeClock();
    const adapter = createFakeAdapter({ overrides: { typing } });
    const parley = createTestParley(t, { clock, adapter, model: createSlowModel(clock, 10_000) });
    await parley.start();

    await parley.receive(createMessage('hello'));
    await clock.advance(20_000);

    assert.deepEqual(parley.shown(), ['the answer']);
    await parley.stop();
  });
}
