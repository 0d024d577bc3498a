import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitConcurrency } from '../../../src/model/concurrency.ts';
import type { Model } from '../../../src/model/model.ts';
import { collect, defineModelContract, modelContractRequest, textOf } from '../../contracts/model-contract.ts';
import { never } from './open-endpoint.ts';

/** A model that answers when it is let; `underWay` counts the answers that it is at. */
function createHeld() {
  const holds: (() => void)[] = [];
  const seen = { underWay: 0, most: 0 };
  const model: Model = {
    name: 'held',
    check: async () => 'It works.',
    async *generate(_, signal) {
      seen.underWay += 1;
      seen.most = Math.max(seen.most, seen.underWay);
      try {
        await new Promise<void>((resolve) => holds.push(resolve));
        signal.throwIfAborted();
        yield { type: 'text', text: 'an answer' };
        yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 2, estimated: true } };
      } finally {
        seen.underWay -= 1;
      }
    },
  };
  return { model, seen, release: () => holds.shift()?.(), held: () => holds.length };
}

const tick = () => new Promise((resolve) => setImmediate(resolve));

defineModelContract({
  name: 'a model with two places',
  open: async () => ({
    model: limitConcurrency(
      {
        name: 'quick',
        check: async () => 'It works.',
        async *generate({ messages }, signal) {
          for (const word of ['an', ' answer to ', messages.at(-1)?.text ?? '']) {
            signal.throwIfAborted();
            yield { type: 'text', text: word };
          }
          signal.throwIfAborted();
          yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 2, estimated: true } };
        },
      },
      2,
    ),
  }),
});

test('no more answers are under way at once than there are places, and all come in the end', async () => {
  const { model, seen, release, held } = createHeld();
  const limited = limitConcurrency(model, 2);
  const answers = Promise.all(Array.from({ length: 7 }, () => collect(limited, never)));

  for (let done = 0; done < 7; done += 1) {
    while (held() === 0) await tick();
    release();
    await tick();
  }

  assert.deepEqual(
    (await answers).map((events) => textOf(events)),
    Array.from({ length: 7 }, () => 'an answer'),
  );
  assert.deepEqual(seen, { underWay: 0, most: 2 });
});

test('who is stopped while waiting gives up the place in the queue, and nobody else loses theirs', async () => {
  const { model, release, held } = createHeld();
  const limited = limitConcurrency(model, 1);
  const stop = new AbortController();
  const first = collect(limited, never);
  const second = collect(limited, stop.signal);
  const third = collect(limited, never);
  await tick();

  stop.abort(new Error('enough'));

  await assert.rejects(second, /enough/);
  release();
  await first;
  while (held() === 0) await tick();
  release();
  assert.equal(textOf(await third), 'an answer');
});

test('an answer that is not read to its end leaves its place', async () => {
  const { model, release, held } = createHeld();
  const limited = limitConcurrency(model, 1);
  const reading = (async () => {
    const answer = limited.generate(modelContractRequest, never)[Symbol.asyncIterator]();
    await answer.next();
    await answer.return?.();
  })();
  while (held() === 0) await tick();
  release();
  await reading;

  const next = collect(limited, never);
  while (held() === 0) await tick();
  release();

  assert.equal(textOf(await next), 'an answer');
});
