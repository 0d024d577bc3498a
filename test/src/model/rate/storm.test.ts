import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../../src/errors.ts';
import { silentLog } from '../../../../src/log.ts';
import { createOpenAiModel } from '../../../../src/model/openai.ts';
import { collect, textOf } from '../../../contracts/model-contract.ts';
import { createFakeClock, type FakeClock } from '../../../support/fake-clock.ts';
import { never } from '../open-endpoint.ts';

/** An endpoint that takes so many requests in a minute, says so in its headers, and refuses the others. */
function createStrictEndpoint(clock: FakeClock, perMinute: number) {
  const seen = { answered: 0, refused: 0 };
  let left = perMinute;
  let at = clock.monotonic();
  const sse = [
    { choices: [{ index: 0, delta: { content: 'an answer' }, finish_reason: null }] },
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } },
  ];
  const body = `${sse.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')}data: [DONE]\n\n`;
  const fetch = async (): Promise<Response> => {
    await clock.sleep(500);
    const now = clock.monotonic();
    left = Math.min(perMinute, left + ((now - at) * perMinute) / 60_000);
    at = now;
    const isTaken = left >= 1;
    if (isTaken) left -= 1;
    const headers = {
      'content-type': isTaken ? 'text/event-stream' : 'application/json',
      'x-ratelimit-limit-requests': String(perMinute),
      'x-ratelimit-remaining-requests': String(Math.floor(left)),
      'x-ratelimit-reset-requests': `${(((perMinute - left) * 60) / perMinute).toFixed(3)}s`,
      ...(isTaken ? {} : { 'retry-after': '2' }),
    };
    seen[isTaken ? 'answered' : 'refused'] += 1;
    return new Response(isTaken ? body : '{"error":{"message":"Rate limit reached"}}', { status: isTaken ? 200 : 429, headers });
  };
  return { fetch, seen };
}

test('two hundred questions at once to an endpoint that takes sixty a minute are all answered, and few of them refused', async (t) => {
  const clock = createFakeClock();
  const { fetch, seen } = createStrictEndpoint(clock, 60);
  const rate = { patienceMs: 3_600_000 };
  const parts = { apiKey: 'k', baseUrl: 'https://llm.example.com/v1', model: 'm', clock, log: silentLog };
  const model = await createOpenAiModel({ ...parts, fetch, rate, timeoutMs: 3_600_000 });
  let answered = 0;
  const ask = async (): Promise<void> => {
    try {
      assert.equal(textOf(await collect(model, never)), 'an answer');
      answered += 1;
    } catch (error) {
      assert.ok(error instanceof ModelError && error.retryable, String(error));
      await clock.sleep(error.retryAfterMs ?? 1_000);
      await ask();
    }
  };

  const all = Promise.all(Array.from({ length: 200 }, ask));
  for (let second = 0; second < 200 && answered < 200; second += 1) await clock.advance(1_000);
  await all;

  t.diagnostic(`${seen.answered} answered, ${seen.refused} refused with 429`);
  assert.equal(answered, 200);
  assert.ok(seen.refused <= 20, `${seen.refused} refused`);
});
