import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import type { Said, SlackEmulator } from '../../adapters/slack/emulator.ts';
import { systemClock } from '../../src/clock.ts';
import { createRandom, type Random } from '../kill/random.ts';
import { countCalls } from './count-calls.ts';
import { onStage, until } from './stage.ts';

const answers = 200;
const channels = 20;
const longestMs = 90_000;
/** Of each of these methods so many calls go wrong in each of these ways, at a moment that is drawn. */
const troubles = [
  ['chat.startStream', 'lost_response', 2],
  ['chat.startStream', 'server_error', 2],
  ['chat.appendStream', 'lost_response', 4],
  ['chat.appendStream', 'rate_limit', 4],
  ['chat.stopStream', 'lost_response', 4],
  ['chat.stopStream', 'server_error', 2],
  ['chat.postMessage', 'lost_response', 8],
  ['chat.postMessage', 'server_error', 4],
  ['chat.postMessage', 'rate_limit', 4],
  ['chat.update', 'lost_response', 2],
  ['conversations.replies', 'lost_response', 2],
] as const;

for (const slackOver of ['http', 'socket'] as const) {
  test(`slack by ${slackOver}: ${answers} answers at once, under the published rate limits, with streams that expire, are stopped and get lost, each end whole`, async (t) => {
    const seed = randomInt(2 ** 31);
    try {
      t.diagnostic(`seed ${seed}: ${await weather(seed, slackOver)}`);
    } catch (error) {
      if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  });
}

/** Resolves with the figures. */
async function weather(seed: number, slackOver: 'http' | 'socket'): Promise<string> {
  let figures = '';
  await onStage(
    'slack',
    async ({ start, slack, model, store }) => {
      const random = createRandom(seed, slackOver);
      const calls = countCalls((listener) => slack.onCall((method, _args, phase) => listener(method, phase)));
      Object.assign(model.behaviour, { answer: toAnswer, tokensPerSecond: 20 });
      await start();
      if (slackOver === 'socket') await until(() => slack.connected() > 0, 'the socket');
      for (const [method, kind, times] of troubles) {
        for (let time = 0; time < times; time += 1) slack.faults.add({ method, kind, after: random.below(10) });
      }

      const asked = Array.from({ length: answers }, (_, index) =>
        slack.say({ channel: `channel-${index % channels}`, text: `question-${index}`, mention: true }),
      );
      const stopped = await troubleStreams(slack, { asked, random });
      await until(
        async () => {
          const { waiting, undelivered } = await store().stats();
          return waiting + undelivered + slack.pending().length === 0;
        },
        'everything to be answered',
        longestMs,
      );

      const wrong = asked.flatMap((said, index) => problemWith(slack, { said, index, isStopped: stopped.has(said) }));
      assert.deepEqual(wrong, []);
      assert.equal(model.calls.length, answers);
      assert.equal((await store().stats()).deadLetters, 0);
      assert.ok(stopped.size > 0 && calls.carriedOut('chat.startStream') > 10);
      figures = `${stopped.size} stopped, ${slack.faults.pending()} troubles left over; ${calls.describe()}`;
    },
    {
      slackOver,
      rateTiers: true,
      // Slower than it could be: in a faster time a moment without the processor is a request that timed out, and arrives all the same.
      speed: 10,
      yaml: {
        slack: { transport: slackOver, agentView: true },
        delivery: { baseDelayMs: 1_000, maxDelaySeconds: 30, timeoutSeconds: 40, maxAttempts: 1_000 },
        worker: { leaseSeconds: 300 },
        model: { openai: { idleTimeoutSeconds: 600, timeoutSeconds: 600 } },
      },
    },
  );
  return figures;
}

function toAnswer({ messages }: { readonly messages: readonly { readonly content: string }[] }): string {
  const [, index = '?'] = /question-(\d+)/.exec(messages.at(-1)?.content ?? '') ?? [];
  return textOf(Number(index));
}

/** Of 60 tokens or so. */
function textOf(index: number): string {
  return Array.from({ length: 30 }, (_, word) => `word${index}-${word}`).join(' ');
}

/** As soon as several streams are open, people stop a few of them, and the platform ends the others as if they were too old. */
async function troubleStreams(
  slack: SlackEmulator,
  { asked, random }: { readonly asked: readonly Said[]; readonly random: Random },
): Promise<ReadonlySet<Said>> {
  const growing = (): Said[] =>
    asked.filter(({ channel, threadTs }) => slack.thread(channel, threadTs).some(({ streaming }) => streaming));
  await until(() => growing().length >= 6, 'streams to be open', longestMs);
  const stopped = random.shuffle(growing()).slice(0, 3);
  for (const { channel, threadTs } of stopped) slack.pressStop({ channel, threadTs });
  await systemClock.sleep(1);
  slack.expireStreams();
  return new Set(stopped);
}

interface Answered {
  readonly said: Said;
  readonly index: number;
  readonly isStopped: boolean;
}

function problemWith(slack: SlackEmulator, { said, index, isStopped }: Answered): string[] {
  const shown = slack.thread(said.channel, said.threadTs).filter(({ isBot, deleted }) => isBot && !deleted);
  const text = shown.map((message) => message.text).join(' ');
  const note = '_Stopped._';
  const isCut = isStopped && text.endsWith(note) && textOf(index).startsWith(text.slice(0, -note.length).trim());
  const isWhole = text === textOf(index);
  if ((isWhole || isCut) && shown.length === 1 && shown.every(({ streaming }) => !streaming)) return [];
  return [`question-${index} got ${JSON.stringify(shown.map((message) => [message.text, message.streaming]))}`];
}
