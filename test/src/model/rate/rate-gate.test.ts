import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../../../src/errors.ts';
import { createRateGate, type Pass, type RateSettings } from '../../../../src/model/rate/rate-gate.ts';
import { createFakeClock } from '../../../support/fake-clock.ts';
import { never } from '../open-endpoint.ts';

function createScene(settings: Partial<RateSettings> = {}) {
  const clock = createFakeClock();
  const gate = createRateGate({ patienceMs: 3_600_000, ...settings, clock, host: 'llm.example.com' });
  const passes: Pass[] = [];
  const at: number[] = [];
  const startedAt = clock.monotonic();
  /** Rejections come with the promise of who enters. */
  const enter = async (tokens = 0, signal: AbortSignal = never): Promise<void> => {
    const pass = await gate.enter(() => tokens, signal);
    passes.push(pass);
    at.push(clock.monotonic() - startedAt);
  };
  const enterAll = (count: number, tokens?: number) => Promise.all(Array.from({ length: count }, () => enter(tokens)));
  return { clock, gate, passes, at, enter, enterAll };
}

const told = (headers: Record<string, string>) => new Headers(headers);
const requestsLeft = (remaining: number, limit: number, reset: string) =>
  told({
    'x-ratelimit-limit-requests': String(limit),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': reset,
  });

describe('the gate of an endpoint', () => {
  test('lets no more requests through than a minute has, evenly after that, and in order', async () => {
    const { clock, at, enterAll } = createScene({ requestsPerMinute: 6 });

    void enterAll(9);
    await clock.advance(60_000);

    assert.deepEqual(at, [0, 0, 0, 0, 0, 0, 10_000, 20_000, 30_000]);
  });

  test('counts tokens, gives back those that were not used, and lets one through that is larger than a minute', async () => {
    const { clock, at, passes, enter } = createScene({ tokensPerMinute: 600 });
    await enter(600);
    void enter(300);
    void enter(5_000);
    await clock.advance(0);

    passes[0]?.end(300);
    await clock.advance(120_000);

    assert.deepEqual(at, [0, 0, 60_000]);
  });

  test('waits for what the endpoint says, and counts what is on its way there', async () => {
    const { clock, at, passes, enter, enterAll } = createScene();
    await enter();
    passes[0]?.learn(requestsLeft(2, 4, '20s'));

    void enterAll(4);
    await clock.advance(60_000);

    // Two are left, and the others come back one in ten seconds.
    assert.deepEqual(at, [0, 0, 0, 10_000, 20_000]);
  });

  test('goes on when a reset is over of which no limit is known', async () => {
    const { clock, at, passes, enter } = createScene();
    await enter();
    passes[0]?.learn(told({ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '7s' }));

    void enter();
    await clock.advance(10_000);

    assert.deepEqual(at, [0, 7_000]);
  });

  test('sends away who would wait too long, with how long that is', async () => {
    const { clock, enter, enterAll } = createScene({ requestsPerMinute: 10, patienceMs: 15_000 });
    await enterAll(10);
    void enterAll(2);

    await assert.rejects(enter(), (error) => {
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /llm\.example\.com is used up for 18 s/);
      assert.deepEqual([error.retryable, error.retryAfterMs], [true, 18_000]);
      return true;
    });
    await clock.advance(18_000);
    await enter();
  });

  test('lets go of who is stopped while they wait, and nobody else loses their place', async () => {
    const { clock, at, enter } = createScene({ requestsPerMinute: 1 });
    const stop = new AbortController();
    await enter();
    const stopped = enter(0, stop.signal);
    void enter();

    stop.abort(new Error('stopped'));

    await assert.rejects(stopped, /stopped/);
    await clock.advance(60_000);
    assert.deepEqual(at, [0, 60_000]);
    await assert.rejects(enter(0, stop.signal), /stopped/);
  });

  test('leaves an endpoint alone that wants to be, but not for ever', async () => {
    const { clock, at, gate, enter } = createScene();
    gate.pause(5_000);
    void enter();
    await clock.advance(5_000);

    gate.pause(Number.MAX_SAFE_INTEGER);
    void enter();
    await clock.advance(60_000);

    assert.deepEqual(at, [5_000, 65_000]);
  });

  test('sends a crowd to an endpoint that it knows nothing of only when one has come back', async () => {
    const { clock, passes, enterAll } = createScene();
    void enterAll(50);
    await clock.advance(0);
    const first = passes.length;

    passes[0]?.learn(told({}));
    await clock.advance(0);

    assert.deepEqual([first, passes.length], [20, 50]);
  });

  test('leaves no timer behind', async () => {
    const { clock, enterAll } = createScene({ requestsPerMinute: 2 });
    void enterAll(4);
    await clock.advance(120_000);

    assert.equal(clock.pending(), 0);
  });
});
