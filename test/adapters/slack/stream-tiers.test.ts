import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { DeliveryError } from '../../../src/errors.ts';
import type { OutboundMessage } from '../../../src/message.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { answerTo, noAbort, recordCalls, shownIn, startSlack, streamFor } from './harness.ts';
import type { Slack } from './harness.ts';
import { createNetwork, drive } from './stream-scene.ts';

const answers = 200;

for (const [when, apartMs] of [
  ['at the same moment', 0],
  ['one tenth of a second after the other', 100],
] as const) {
  test(`200 answers that begin ${when}, under Slack's published rate limits, each end in one whole message`, (t) =>
    answerAll(t, apartMs));
}

async function answerAll(t: TestContext, apartMs: number): Promise<void> {
  const clock = createFakeClock();
  const network = createNetwork();
  const slack = await startSlack(t, { clock, emulator: { rateTiers: true }, options: { fetch: network.fetch } });
  const calls = recordCalls(slack);
  let effects = 0;
  slack.emulator.onCall((method, _, phase) => {
    if (phase === 'after' && method.startsWith('chat.')) effects += 1;
  });
  const all = Array.from({ length: answers }, (_, index) => {
    const said = slack.emulator.say({ channel: `channel-${index % 20}`, text: `Question ${index}`, mention: true });
    const text = Array.from({ length: 40 }, (_word, at) => `word${index}-${at} `)
      .join('')
      .trimEnd();
    return { said, answer: { ...answerTo(slack, said, text), id: `answer${String(index).padStart(18, '0')}` } };
  });

  const startedAt = clock.now();
  await drive({ clock, network }, Promise.all(all.map(({ answer }, index) => say(slack, answer, index * apartMs))));

  for (const { said, answer } of all) {
    const shown = shownIn(slack, said).map((message) => [
      message.text,
      message.streaming,
      message.metadata?.event_payload['oid'],
    ]);
    assert.deepEqual(shown, [[answer.text, false, answer.id]]);
  }
  const count = (method: string): number => calls.filter((call) => call.method === method).length;
  const methods = ['chat.startStream', 'chat.appendStream', 'chat.stopStream', 'chat.update', 'chat.postMessage'];
  const figures = methods.map((method) => `${count(method)} ${method}`).join(', ');
  const limited = calls.filter(({ method }) => method.startsWith('chat.')).length - effects;
  t.diagnostic(
    `${answers} answers in ${(clock.now() - startedAt) / 1_000} s of Slack's time: ${figures}; ${limited} not carried out (429)`,
  );
  assert.ok(count('chat.startStream') >= 20);
  assert.ok(limited > 0, 'no limit was reached');
  // Once Slack has refused a stream, nobody asks for another one before the time that it named.
  if (apartMs > 0) assert.ok(limited <= 3, `${limited} calls over a limit`);
}

/** The answer comes over 8 seconds; then it is delivered as the outbox does, which waits as long as Slack asks for. */
async function say(slack: Slack, answer: OutboundMessage, afterMs: number): Promise<void> {
  const { adapter, clock } = slack;
  await clock.sleep(afterMs, noAbort);
  const stream = streamFor(slack, answer);
  for (let at = 0; at < answer.text.length; at += 40) {
    stream.append(answer.text.slice(at, at + 40));
    await clock.sleep(800, noAbort);
  }
  await stream.close();
  const opened = await stream.opened;
  let found = typeof opened === 'object' ? { opened } : {};
  let uncertain = opened === 'unknown';
  for (let attempt = 1; attempt <= 60; attempt += 1) {
    try {
      const earlier = uncertain ? await adapter.find(answer, noAbort) : undefined;
      if (earlier?.complete) return;
      if (earlier) found = { opened: earlier.receipt };
      await adapter.send({ ...answer, ...found, attempt }, noAbort);
      return;
    } catch (error) {
      if (!(error instanceof DeliveryError) || !error.retryable) throw error;
      uncertain ||= error.uncertain;
      await clock.sleep((error.retryAfterMs ?? 1_000) + 500, noAbort);
    }
  }
  throw new Error(`Not delivered: ${answer.id}`);
}
