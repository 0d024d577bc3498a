import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { OutboundMessage } from '../../../src/message.ts';
import { answerTo, noAbort, shownIn, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';
import { assertAnswered, beginning, openedOf, startStream, text } from './stream-scene.ts';
import type { Scene } from './stream-scene.ts';

/** Another process on the same workspace: it remembers nothing of the streams of the first. */
async function restart(t: TestContext, { slack, clock }: Scene): Promise<Slack> {
  const { apiUrl } = slack.emulator;
  return { ...(await startSlack(t, { clock, options: { apiUrl } })), emulator: slack.emulator };
}

test('a process that dies in the middle of a stream leaves a beginning that is found and completed', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  const second = await restart(t, scene);

  const found = await second.adapter.find(scene.answer, noAbort);
  assert.deepEqual(found, { receipt: await scene.stream.opened, complete: false });
  await second.adapter.send({ ...scene.answer, opened: found?.receipt ?? { id: '' } }, noAbort);

  assertAnswered(scene);
  await scene.stream.close();
});

test('a process that dies is completed too where the ledger knows the message, and nobody looked for it', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  const second = await restart(t, scene);

  await second.adapter.send({ ...scene.answer, opened: await openedOf(scene) }, noAbort);

  assertAnswered(scene);
  await scene.stream.close();
});

test('a process that dies after the whole message stood there is found to have finished', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);
  const second = await restart(t, scene);

  assert.deepEqual(await second.adapter.find(scene.answer, noAbort), { receipt: await scene.stream.opened, complete: true });
});

test('a process that dies is not mixed up with what people and other answers said since', async (t) => {
  const scene = await startStream(t);
  const { slack, said } = scene;
  await slack.adapter.send({ ...answerTo(slack, said, 'An earlier answer.'), id: 'answer000000000000000000' }, noAbort);
  await scene.begin(beginning);
  slack.emulator.say({ text: 'Are you there?', threadTs: said.ts });
  const second = await restart(t, scene);

  await deliverAsUncertain(second, scene.answer);

  assert.deepEqual(
    shownIn(slack, said).map(({ text: shown }) => shown),
    ['An earlier answer.', text],
  );
  await scene.stream.close();
});

test('a beginning that a dead answer has left is not completed with the answer after the next one', async (t) => {
  const scene = await startStream(t);
  const { slack, said } = scene;
  await scene.begin(beginning);
  const second = await restart(t, scene);
  await second.adapter.send({ ...answerTo(slack, said, 'Another answer.'), id: 'answer000000000000000007' }, noAbort);

  assert.equal(await second.adapter.find({ ...scene.answer, id: 'answer000000000000000008' }, noAbort), undefined);
  await scene.stream.close();
});

test('a process that dies leaves nothing for later parts to complete', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  const second = await restart(t, scene);

  assert.equal(
    await second.adapter.find({ ...scene.answer, id: 'answer000000000000000002', part: 1, parts: 2 }, noAbort),
    undefined,
  );
  await scene.stream.close();
});

async function deliverAsUncertain({ adapter }: Slack, answer: OutboundMessage): Promise<void> {
  const found = await adapter.find(answer, noAbort);
  if (!found?.complete) await adapter.send({ ...answer, ...(found ? { opened: found.receipt } : {}) }, noAbort);
}
