import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from '../../../adapters/slack/emulator/faults.ts';
import { withTimeout } from '../../../src/clock.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { answerTo, deliver, noAbort, settled, shownIn, streamFor } from './harness.ts';
import type { Slack } from './harness.ts';
import { assertAnswered, beginning, end, methodsOf, middle, openedOf, startStream, text } from './stream-scene.ts';
import type { Scene } from './stream-scene.ts';

const faults: readonly Pick<Fault, 'kind' | 'error' | 'takesEffect'>[] = [
  { kind: 'rate_limit' },
  { kind: 'refuse' },
  { kind: 'lost_response' },
  { kind: 'server_error' },
  { kind: 'server_error', takesEffect: true },
  { kind: 'hang' },
  { kind: 'hang', takesEffect: true },
  { kind: 'platform_error', error: 'internal_error', takesEffect: true },
  { kind: 'platform_error', error: 'messages_tab_disabled' },
  { kind: 'platform_error', error: 'message_not_in_streaming_state' },
  { kind: 'platform_error', error: 'stopped_by_user' },
];

/** Whether the request may have reached Slack, for all that the adapter can tell. */
const isLost = ({ kind, error }: (typeof faults)[number]): boolean =>
  ['refuse', 'lost_response', 'server_error', 'hang'].includes(kind) || error === 'internal_error';

for (const method of ['chat.startStream', 'chat.appendStream', 'chat.stopStream'] as const) {
  for (const fault of faults) {
    test(`a stream that breaks at ${method} by ${[fault.kind, fault.error, fault.takesEffect && 'with effect'].filter(Boolean).join(', ')} still ends in one whole message`, async (t) => {
      const scene = await startStream(t);
      scene.slack.emulator.faults.add({ method, ...fault });
      if (fault.kind === 'hang') scene.network.expectHang(method);

      scene.stream.append(beginning);
      await scene.drive(scene.clock.sleep(700));
      for (const more of [middle, end]) {
        scene.stream.append(more);
        await scene.drive(scene.clock.sleep(6_000));
      }
      await scene.drive(scene.stream.close());
      const opened = await scene.stream.opened;
      if (method === 'chat.startStream') assert.equal(opened, isLost(fault) ? 'unknown' : undefined);
      await scene.drive(deliverInTime(scene, { ...scene.answer, ...(typeof opened === 'object' ? { opened } : {}) }));

      assertAnswered(scene);
      assert.equal(scene.slack.emulator.faults.pending(), 0);
    });
  }
}

test('a stream that breaks because its time is over is completed all the same', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  scene.slack.emulator.expireStreams();

  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'chat.stopStream', 'chat.update']);
  assertAnswered(scene);
});

test('a stream that breaks because a person has stopped it ends in the one message that says so', async (t) => {
  for (const more of ['', middle]) {
    const words = `${beginning}${more}\n\n_Stopped._`;
    const scene = await startStream(t, { words });
    await scene.begin(beginning);
    scene.slack.emulator.pressStop(scene.said);
    scene.stream.append(more);
    await scene.drive(scene.clock.sleep(700));
    await scene.drive(scene.stream.close());

    await scene.slack.adapter.send({ ...scene.answer, opened: await openedOf(scene) }, noAbort);

    assert.deepEqual(
      shownIn(scene.slack, scene.said).map(({ text, streaming }) => [text, streaming]),
      [[words, false]],
    );
  }
});

test('a stream that breaks while it grows because its time is over is not asked for anything more than it takes', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  scene.slack.emulator.expireStreams();
  scene.stream.append(middle);
  await scene.clock.advance(700);
  await settled(() => scene.calls.length === 2);
  scene.stream.append(end);
  await scene.clock.advance(5_000);
  await scene.stream.close();

  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'chat.appendStream', 'chat.update']);
  assertAnswered(scene);
});

test('a stream that breaks at chat.update, after it broke before, ends in one whole message too', async (t) => {
  for (const kind of ['lost_response', 'refuse', 'rate_limit', 'server_error'] as const) {
    const scene = await startStream(t);
    await scene.begin(beginning);
    await scene.stream.close();
    scene.slack.emulator.faults.add({ method: 'chat.stopStream', kind: 'refuse', times: 2 });
    scene.slack.emulator.faults.add({ method: 'chat.update', kind });

    await deliver(scene.slack, scene.answer);

    assertAnswered(scene);
  }
});

test('a stream that breaks at its beginning by too many requests leaves the workspace without streams for the time that Slack asks for', async (t) => {
  const { slack, clock, said, stream } = await startStream(t);
  slack.emulator.faults.add({ method: 'chat.startStream', kind: 'rate_limit', retryAfterSeconds: 30 });
  stream.append(beginning);
  await clock.advance(15);
  assert.equal(await stream.opened, undefined);

  const open = async (id: string): Promise<boolean> => {
    const next = streamFor(slack, { ...answerTo(slack, said, text), id });
    next.append(beginning);
    await clock.advance(15);
    const opened = await next.opened;
    await next.close();
    return opened !== undefined;
  };

  assert.equal(await open('answer000000000000000002'), false);
  await clock.advance(29_000);
  assert.equal(await open('answer000000000000000003'), false);
  await clock.advance(1_000);
  assert.equal(await open('answer000000000000000004'), true);
});

test('a stream that breaks before it is known whether it began is not followed by a second one', async (t) => {
  const scene = await startStream(t);
  scene.slack.emulator.faults.add({ method: 'chat.startStream', kind: 'lost_response' });
  scene.stream.append(beginning);
  await scene.clock.advance(15);
  await scene.stream.opened;
  await scene.stream.close();

  const again = streamFor(scene.slack, scene.answer);
  again.append(text);
  await scene.clock.advance(1_000);
  await again.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'conversations.replies', 'chat.stopStream', 'chat.update']);
  assertAnswered(scene);
});

/** As the outbox does, which gives every request its time. */
function deliverInTime({ slack, clock }: Scene, answer: OutboundMessage): Promise<unknown> {
  const timed: Pick<Slack, 'adapter'> = {
    adapter: {
      ...slack.adapter,
      send: (message) => {
        const { signal, clear } = withTimeout(clock, 10_000);
        return slack.adapter.send(message, signal).finally(clear);
      },
    },
  };
  return deliver(timed, answer);
}
