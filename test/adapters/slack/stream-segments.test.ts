import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutboundMessage, Receipt } from '../../../src/message.ts';
import { deliver, noAbort, recordCalls, shownIn, startSlack } from './harness.ts';
import type { Slack } from './harness.ts';
import { methodsOf, openedOf, startStream } from './stream-scene.ts';
import type { Scene } from './stream-scene.ts';

/** One part after the other, as the ledger has them: the first one completes what the stream has opened. */
function partsOf({ answer }: Scene, texts: readonly string[], opened: Receipt | undefined): OutboundMessage[] {
  return texts.map((text, part) => ({
    ...{ ...answer, text, part, parts: texts.length, id: `answer00000000000000000${part + 1}` },
    ...(part === 0 && opened ? { opened } : {}),
  }));
}

/** Grows by these pieces, one every so often. */
async function grow(scene: Scene, pieces: readonly string[], everyMs: number): Promise<void> {
  for (const piece of pieces) {
    scene.stream.append(piece);
    await scene.drive(scene.clock.sleep(everyMs));
  }
}

/** Cuts as the conversation does, and delivers as the outbox does. */
async function finish(scene: Scene, text: string, { slack } = scene): Promise<readonly string[]> {
  await scene.drive(scene.stream.close());
  const opened = await openedOf(scene);
  const texts = slack.adapter.split(text, opened);
  for (const message of partsOf(scene, texts, opened)) await scene.drive(deliver(slack, message));
  return texts;
}

function assertShown({ slack, said }: Scene, texts: readonly string[]): void {
  const shown = shownIn(slack, said);
  const facts = shown.map((message) => [message.text, message.streaming, message.metadata?.event_payload['oid']]);
  assert.deepEqual(
    facts,
    texts.map((text, part) => [text, false, `answer00000000000000000${part + 1}`]),
  );
}

const paragraphs = (count: number, length = 40): string[] =>
  Array.from({ length: count }, (_, at) => `Paragraph ${at} ${'word '.repeat(length)}ends.\n\n`);

const squeezed = (texts: readonly string[]): string => texts.join('').replaceAll(/\s+/g, '');

test('an answer that takes longer than a stream may goes on in further messages, at the end of a paragraph, and nothing is lost', async (t) => {
  const pieces = paragraphs(100, 4);
  const scene = await startStream(t, { words: pieces.join('') });

  await grow(scene, pieces, 8_000); // 13 minutes
  const growing = shownIn(scene.slack, scene.said).length;
  const texts = await finish(scene, pieces.join(''));

  assert.ok(growing >= 3, `${growing} messages`);
  assert.equal(squeezed(texts), squeezed(pieces));
  for (const each of texts) assert.match(each, /^Paragraph \d+ .*ends\.\n*$/s);
  assertShown(scene, texts);
  const refused = scene.calls.filter(({ method }) => method === 'chat.update').length;
  assert.ok(refused <= texts.length, 'each message is put right once at most');
});

test('an answer that says nothing for longer than a stream may goes on in a further message', async (t) => {
  const [before, after] = ['First I have to think about it. ', 'Now I know: it is the valve.'];
  const scene = await startStream(t, { words: before + after });

  await grow(scene, [before, after], 400_000);
  const texts = await finish(scene, before + after);

  assert.deepEqual(texts, [before.trimEnd(), after]);
  assert.ok(!methodsOf(scene.calls).includes('chat.appendStream'), 'nothing was appended to a stream that Slack had ended');
  assertShown(scene, texts);
});

test('an answer that is too long for one message goes on in the next while it grows, and code in it stays code', async (t) => {
  const code = `\`\`\`ts\n${'const answer = await ask(question);\n'.repeat(500)}\`\`\`\n\nThat is all.`;
  const whole = paragraphs(30).join('') + code;
  const pieces = whole.match(/[^]{1,400}/g) ?? [];
  const scene = await startStream(t, { words: whole });

  await grow(scene, pieces, 2_000);
  const growing = shownIn(scene.slack, scene.said).length;
  const texts = await finish(scene, whole);

  assert.ok(growing >= 3, `${growing} messages`);
  assertShown(scene, texts);
  for (const each of texts) assert.ok(each.length <= 11_000 && (each.match(/```/g) ?? []).length % 2 === 0);
  assert.equal(squeezed(texts).replaceAll(/```(?:ts)?/g, ''), squeezed([whole]).replaceAll(/```(?:ts)?/g, ''));
});

test('an answer that grows while Slack is asked to end one of its messages loses nothing', async (t) => {
  const pieces = paragraphs(60, 40);
  const scene = await startStream(t, { words: pieces.join('') });
  const late = [...pieces];
  scene.slack.emulator.onCall((method, _, phase) => {
    if (method === 'chat.stopStream' && phase === 'before' && late.length > 0) scene.stream.append(late.shift() ?? '');
  });

  while (late.length > 0) await grow(scene, [late.shift() ?? ''], 1_000);
  const texts = await finish(scene, pieces.join(''));

  assert.ok(texts.length >= 2);
  assert.equal(squeezed(texts), squeezed(pieces));
  assertShown(scene, texts);
});

test('an answer that became another one in the end leaves none of the messages that it was shown in', async (t) => {
  const pieces = paragraphs(60, 4);
  const scene = await startStream(t, { words: pieces.join('') });
  await grow(scene, pieces, 8_000);

  const texts = await finish(scene, 'I am sorry, I cannot answer this.');

  assert.deepEqual(texts, ['I am sorry, I cannot answer this.']);
  assertShown(scene, texts);
});

test('a stopped answer in several messages keeps what each of them shows, with the line that says so in the last', async (t) => {
  const pieces = paragraphs(60, 4);
  const scene = await startStream(t, { words: pieces.join('') });
  await grow(scene, pieces, 8_000);
  scene.slack.emulator.pressStop(scene.said);

  const stopped = `${pieces.join('').trimEnd()}\n\n_Stopped._`;
  const texts = await finish(scene, stopped);

  assert.match(texts.at(-1) ?? '', /_Stopped\._$/);
  assertShown(scene, texts);
});

for (const method of ['chat.startStream', 'chat.appendStream', 'chat.stopStream'] as const) {
  for (const fault of [
    { kind: 'rate_limit', retryAfterSeconds: 20 },
    { kind: 'lost_response' },
    { kind: 'server_error' },
    { kind: 'platform_error', error: 'message_not_in_streaming_state' },
    { kind: 'platform_error', error: 'stopped_by_user' },
  ] as const) {
    const name = 'error' in fault ? fault.error : fault.kind;
    test(`an answer in several messages ends whole although ${method} of the second one fails by ${name}`, async (t) => {
      const pieces = paragraphs(60, 4);
      const whole = pieces.join('');
      const scene = await startStream(t, { words: whole });
      await grow(scene, pieces.slice(0, 25), 8_000);
      scene.slack.emulator.faults.add({ method, ...fault });

      await grow(scene, pieces.slice(25), 8_000);
      const texts = await finish(scene, whole);

      assert.equal(squeezed(texts), squeezed(pieces));
      assertShown(scene, texts);
    });
  }
}

/** Another process on the same workspace: it remembers nothing of the streams of the first. */
async function restart({ slack, clock, network }: Scene, t: Parameters<typeof startSlack>[0]): Promise<Slack> {
  const { apiUrl } = slack.emulator;
  return { ...(await startSlack(t, { clock, options: { apiUrl, fetch: network.fetch } })), emulator: slack.emulator };
}

for (const [name, whole] of [
  ['as long', paragraphs(80, 40).join('')],
  ['shorter', 'It is the valve.'],
] as const) {
  test(`a process that dies in an answer of several messages leaves none of them behind when the next answer is ${name}`, async (t) => {
    const pieces = paragraphs(80, 4);
    const scene = await startStream(t, { words: pieces.join('') });
    await grow(scene, pieces, 8_000);
    await scene.drive(scene.stream.close());
    const left = shownIn(scene.slack, scene.said).length;
    const opened = await openedOf(scene);
    await scene.clock.advance(5_000);
    const second = await restart(scene, t);

    const texts = second.adapter.split(whole);
    for (const message of partsOf(scene, texts, opened)) await scene.drive(second.adapter.send(message, noAbort));

    assert.ok(left >= 3, `${left} messages`);
    assertShown(scene, texts);
  });
}

test('a process that dies between the parts of an answer leaves the others to the next, in the messages where they stand', async (t) => {
  const pieces = paragraphs(80, 4);
  const scene = await startStream(t, { words: pieces.join('') });
  await grow(scene, pieces, 8_000);
  await scene.drive(scene.stream.close());
  const opened = await openedOf(scene);
  const texts = scene.slack.adapter.split(pieces.join(''), opened);
  const [first, ...others] = partsOf(scene, texts, opened);
  const receipts = [await scene.drive(scene.slack.adapter.send(first ?? scene.answer, noAbort))];
  await scene.clock.advance(5_000);
  const second = await restart(scene, t);
  const calls = recordCalls(scene.slack);

  for (const message of others) receipts.push(await scene.drive(second.adapter.send(message, noAbort)));

  assertShown(scene, texts);
  assert.ok(!methodsOf(calls).includes('chat.postMessage'));
  assert.equal(new Set(receipts.map(({ id }) => id)).size, texts.length);
});
