import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import type { DiscordEmulator } from '../../adapters/discord/emulator.ts';
import { createRandom } from '../kill/random.ts';
import { countCalls } from './count-calls.ts';
import { onStage, until } from './stage.ts';

const channels = 100;
const longestMs = 90_000;
const post = 'POST /channels/:id/messages';
const edit = 'PATCH /channels/:id/messages/:id';

test(`discord: ${channels} answers that grow at once, in ${channels} channels, under the rate limits, are whole in the end, and no storm of 429s`, async (t) => {
  const seed = randomInt(2 ** 31);
  try {
    t.diagnostic(`seed ${seed}: ${await grow(seed)}`);
  } catch (error) {
    if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
    throw error;
  }
});

/** Resolves with the figures. */
async function grow(seed: number): Promise<string> {
  const random = createRandom(seed);
  const isLong = Array.from({ length: channels }, () => random.chance(0.1));
  let figures = '';
  await onStage(
    'discord',
    async ({ start, discord, model, store }) => {
      const answer = (index: number): string => textOf(index, isLong[index] ? 400 : 60);
      Object.assign(model.behaviour, {
        answer: ({ messages }: Asked) => answer(Number(/question-(\d+)/.exec(messages.at(-1)?.content ?? '')?.[1])),
        tokensPerSecond: 120,
      });
      await start();
      const calls = countCalls((listener) => discord.onCall(listener));
      const lost = [post, edit].map((route) => ({ route, kind: 'lost_response', skip: random.below(50) }) as const);
      for (const fault of lost) discord.faults.add(fault);

      const asked = Array.from({ length: channels }, (_, index) => {
        const { id: channelId } = discord.channel({ name: `channel-${index}` });
        discord.say({ channelId, text: `question-${index}`, mention: true });
        return channelId;
      });
      await until(
        async () => {
          const { waiting, undelivered } = await store().stats();
          const isAsked = model.calls.length >= channels && model.calls.every(({ state }) => state !== 'open');
          return isAsked && waiting + undelivered === 0;
        },
        'everything to be answered',
        longestMs,
      );

      const wrong = asked.flatMap((channelId, index) => problemWith(discord, channelId, answer(index)));
      assert.deepEqual(wrong, []);
      assert.equal((await store().stats()).deadLetters, 0);
      const refused = [...calls.refused()];
      const tooMany = refused.reduce((sum, [, count]) => sum + count, 0);
      const edits = calls.carriedOut(edit);
      figures = `${calls.carriedOut(post)} posts and ${edits} edits of ${channels} answers in some ${isLong.filter(Boolean).length * 400 + channels * 60} words; ${tooMany} calls over a limit (${refused.join('; ')})`;
      // Each grows, and by far more than a word at a time.
      assert.ok(edits >= channels && edits <= 12 * channels, figures);
      assert.ok(tooMany <= 40, figures);
    },
    {
      // Half as fast as elsewhere: the shorter a second is, the less evenly do calls arrive in it.
      speed: 5,
      rateTiers: true,
      yaml: {
        delivery: { timeoutSeconds: 30, maxAttempts: 1_000 },
        worker: { leaseSeconds: 300 },
        model: { openai: { idleTimeoutSeconds: 600, timeoutSeconds: 600 } },
      },
    },
  );
  return figures;
}

interface Asked {
  readonly messages: readonly { readonly content: string }[];
}

function textOf(index: number, words: number): string {
  return Array.from({ length: words }, (_, word) => `word${index}-${word}`).join(' ');
}

function problemWith(discord: DiscordEmulator, channelId: string, answer: string): string[] {
  const shown = discord.messages(channelId).filter(({ author }) => author.id === discord.bot.id);
  const text = shown.map(({ content }) => content).join(' ');
  if (text === answer && shown.length === Math.ceil(answer.length / 1_990)) return [];
  return [`${channelId} shows ${JSON.stringify(shown.map(({ content }) => content))}`];
}
