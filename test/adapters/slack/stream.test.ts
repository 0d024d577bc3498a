import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTick } from 'node:timers/promises';
import { answerTo, noAbort, settled, shownIn, startSlack, streamFor } from './harness.ts';
import { assertAnswered, beginning, end, methodsOf, middle, openedOf, startStream, text } from './stream-scene.ts';

test('an answer that streams that is whole within the grace is posted in one call', async (t) => {
  const scene = await startStream(t);
  const timers = scene.clock.pending();

  scene.stream.append(text);
  await scene.clock.advance(14);
  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.equal(await scene.stream.opened, undefined);
  assert.deepEqual(methodsOf(scene.calls), ['chat.postMessage']);
  assertAnswered(scene);
  assert.equal(scene.clock.pending(), timers);
});

test('an answer that streams begins after the grace, grows in batches, and ends with the rest and its id', async (t) => {
  const scene = await startStream(t);

  await scene.begin(beginning);
  for (const character of middle) scene.stream.append(character);
  await scene.grow('', 'The plan is simple: first we look, then we leap, ');
  scene.stream.append(end);
  await scene.stream.close();
  const receipt = await scene.slack.adapter.send(scene.answer, noAbort);

  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'chat.appendStream', 'chat.stopStream']);
  const [start] = scene.calls;
  assert.equal(start?.args['recipient_user_id'], scene.slack.emulator.user('Ada').id);
  assert.equal(start?.args['recipient_team_id'], scene.slack.emulator.teamId);
  assert.deepEqual(receipt, await scene.stream.opened);
  assertAnswered(scene);
});

test('an answer that streams waits for the first visible character, and shows words only once they are whole', async (t) => {
  const scene = await startStream(t);

  scene.stream.append('\n\n');
  await scene.clock.advance(1_000);
  const before = scene.calls.length;
  await scene.begin('Hello');
  await scene.grow(' wor', '\n\nHello ');
  await scene.grow('ld and', '\n\nHello world ');

  assert.equal(before, 0);
  await scene.stream.close();
});

test('an answer that streams calls nobody, even where a mention comes in pieces', async (t) => {
  const words = 'Attention <!channel> and @here and <@U012AB3CD>!';
  const scene = await startStream(t, { words });

  for (let at = 0; at < words.length; at += 3) {
    scene.stream.append(words.slice(at, at + 3));
    await scene.clock.advance(700);
    await settled(() => scene.network.underWay() === 0);
  }
  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  const [message] = shownIn(scene.slack, scene.said);
  assert.equal(message?.text, 'Attention <\u200b!channel> and @\u200bhere and <\u200b@U012AB3CD>!');
  assert.equal(methodsOf(scene.calls).at(-1), 'chat.stopStream');
});

test('an answer that streams never has two requests under way', async (t) => {
  const scene = await startStream(t);

  for (const word of text.split(/(?<= )/)) {
    scene.stream.append(word);
    await scene.clock.advance(700);
    await nextTick();
  }
  await scene.stream.close();
  await scene.slack.adapter.send(scene.answer, noAbort);

  assert.equal(scene.network.mostStreaming(), 1);
  assert.ok(scene.calls.length > 2);
  assertAnswered(scene);
});

test('an answer that streams is written over where the final text is another one', async (t) => {
  const scene = await startStream(t, { words: 'I am sorry, I cannot answer this.' });

  await scene.begin(beginning);
  await scene.stream.close();
  await scene.slack.adapter.send({ ...scene.answer, opened: await openedOf(scene) }, noAbort);

  assert.deepEqual(methodsOf(scene.calls), ['chat.startStream', 'chat.stopStream', 'chat.update']);
  assertAnswered(scene);
});

test('an answer that streams is posted anew where a person has deleted its beginning', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  await scene.stream.close();
  scene.slack.emulator.remove({ channel: scene.said.channel, ts: (await openedOf(scene)).id });

  await scene.slack.adapter.send(scene.answer, noAbort);

  assertAnswered(scene);
});

test('an answer that streams is posted anew, and its beginning taken away, where Slack lets nobody change it any more', async (t) => {
  const scene = await startStream(t);
  await scene.begin(beginning);
  await scene.stream.close();
  scene.slack.emulator.expireStreams();
  scene.slack.emulator.faults.add({ method: 'chat.update', kind: 'platform_error', error: 'edit_window_closed' });

  await scene.slack.adapter.send(scene.answer, noAbort);

  assertAnswered(scene);
});

test('an answer that streams of a turn that is stopped begins no further request, and leaves no timer', async (t) => {
  const { slack, clock, said, calls } = await startStream(t);
  const controller = new AbortController();
  const timers = clock.pending();
  const stream = streamFor(slack, { ...answerTo(slack, said, text), id: 'answer000000000000000009' }, controller.signal);

  stream.append(beginning);
  controller.abort();
  await clock.advance(900);
  await stream.close();

  assert.equal(await stream.opened, undefined);
  assert.equal(calls.length, 0);
  assert.equal(clock.pending(), timers);
});

test('an answer that streams is not begun for what stands outside of threads', async (t) => {
  const { slack, clock, said, calls } = await startStream(t);
  const { threadTs: _, ...destination } = answerTo(slack, said, text).destination;
  const stream = streamFor(slack, { ...answerTo(slack, said, text), id: 'answer000000000000000009', destination });

  stream.append(text);
  await clock.advance(1_000);
  await stream.close();

  assert.equal(calls.length, 0);
});

test('an answer that streams is not offered where streaming is off', async (t) => {
  const slack = await startSlack(t, { options: { streaming: false } });

  assert.equal(slack.adapter.stream, undefined);
});

test('an answer that streams is not closed before its last request has ended', async (t) => {
  const { slack, clock, stream, network } = await startStream(t);
  const order: string[] = [];
  slack.emulator.onCall((method, _, phase) => phase === 'after' && order.push(method));

  stream.append(beginning);
  await clock.advance(15);
  const underWay = network.underWay();
  await stream.close();
  order.push('closed');

  assert.equal(underWay, 1);
  assert.deepEqual(order, ['chat.startStream', 'closed']);
  assert.ok(await stream.opened);
});
