import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noAbort, settled } from './harness.ts';
import { assertAnswered, beginning, methodsOf, openedOf, startStream } from './stream-scene.ts';
import type { Scene } from './stream-scene.ts';

const search = { id: 'knowledge', title: 'Searching the knowledge base' } as const;

async function begin(scene: Scene): Promise<void> {
  scene.stream.step?.({ ...search, state: 'running' });
  await scene.clock.advance(15);
  await scene.stream.opened;
}

async function cardsOf(scene: Scene) {
  const { id: ts } = await openedOf(scene);
  return scene.slack.emulator
    .tasks({ channel: scene.said.channel, ts })
    .map(({ title, status, output }) => [title, status, output]);
}

test('a step is a card in the message of the answer, and ends with what came of it', async (t) => {
  const scene = await startStream(t);

  await begin(scene);
  const before = await cardsOf(scene);
  scene.stream.step?.({ ...search, state: 'done', outcome: '3 passages' });
  await scene.grow(beginning, beginning);
  const after = await cardsOf(scene);
  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.deepEqual(before, [[search.title, 'in_progress', undefined]]);
  assert.deepEqual(after, [[search.title, 'complete', '3 passages']]);
  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'chat.appendStream', 'chat.stopStream']);
  assertAnswered(scene);
});

for (const state of ['running', 'done', 'failed'] as const) {
  test(`no card looks as if it went on when the answer is there and its step was ${state} last`, async (t) => {
    const scene = await startStream(t);
    await begin(scene);

    if (state !== 'running') scene.stream.step?.({ ...search, state });
    await scene.stream.close();
    await scene.slack.adapter.send(scene.answer, noAbort);

    assert.equal((await cardsOf(scene))[0]?.[1], state === 'failed' ? 'error' : 'complete');
    assertAnswered(scene);
  });
}

test('a step that takes longer than a stream may leaves one whole answer', async (t) => {
  const scene = await startStream(t);
  await begin(scene);

  await scene.drive(scene.clock.sleep(400_000));
  scene.stream.append(scene.answer.text);
  await scene.drive(scene.clock.sleep(2_000));
  await scene.drive(scene.stream.close());
  await scene.drive(scene.slack.adapter.send({ ...scene.answer, opened: await openedOf(scene) }, noAbort));

  assertAnswered(scene);
});

test('a card that could not be shown does no harm to the answer', async (t) => {
  for (const kind of ['lost_response', 'rate_limit', 'platform_error'] as const) {
    const scene = await startStream(t);
    scene.slack.emulator.faults.add({ method: 'chat.startStream', kind, error: 'invalid_chunks' });

    scene.stream.step?.({ ...search, state: 'running' });
    await scene.clock.advance(15);
    await settled(() => scene.network.underWay() === 0);
    await scene.stream.close();
    await scene.drive(scene.slack.adapter.send(scene.answer, noAbort));

    assertAnswered(scene);
  }
});
