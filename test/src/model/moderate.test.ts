import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { ModelError } from '../../../src/errors.ts';
import { createModerator, type ModeratorOptions } from '../../../src/model/moderate.ts';
import { createOpenAiEmulator } from '../../support/openai-emulator.ts';
import type { ModelFault } from '../../support/openai-emulator-faults.ts';

const never = new AbortController().signal;

async function open(t: TestContext, options: Partial<ModeratorOptions> = {}) {
  const emulator = createOpenAiEmulator({ clock: systemClock, apiKeys: ['sk-good'] });
  await emulator.start();
  t.after(() => emulator.stop());
  const given = {
    baseUrl: emulator.baseUrl,
    apiKey: 'sk-good',
    model: 'omni-moderation-latest',
    thresholds: {},
    timeoutMs: 5_000,
  };
  const moderate = createModerator({ ...given, ...options }, { fetch: globalThis.fetch, clock: systemClock });
  return { emulator, moderate };
}

describe('a verdict of an endpoint', () => {
  test('names the category with the highest score, for each text in its place', async (t) => {
    const { emulator, moderate } = await open(t);
    emulator.behaviour.flag = (text) => (text.includes('bad') ? { violence: 0.7, harassment: 0.9 } : undefined);

    assert.deepEqual(await moderate(['good', 'bad', '', 'fine'], never), [undefined, 'harassment', undefined, undefined]);
    assert.deepEqual(emulator.moderated, [['good', 'bad', 'fine']]);
  });

  test('goes by thresholds alone where there are any', async (t) => {
    const { emulator, moderate } = await open(t, { thresholds: { violence: 0.3 } });
    emulator.behaviour.flag = (text) =>
      text === 'mild' ? { harassment: 0, violence: 0.3 } : { harassment: 0.99, violence: 0.29 };

    assert.deepEqual(await moderate(['mild', 'rude'], never), ['violence', undefined]);
  });

  test('looks at all of a long text, and where its pieces meet', async (t) => {
    const { emulator, moderate } = await open(t);
    emulator.behaviour.flag = (text) => (text.includes('needle') ? { violence: 1 } : undefined);

    for (const at of [7_997, 15_700, 299_990]) {
      const text = `${'x'.repeat(at)}needle${'y'.repeat(10)}`;
      assert.deepEqual(await moderate(['ok', text], never), [undefined, 'violence'], String(at));
    }
    assert.ok(emulator.moderated.every((input) => input.length <= 32 && input.every((piece) => piece.length <= 8_000)));
  });

  const failures: readonly (readonly [name: string, fault: ModelFault, retryable: boolean, says: RegExp])[] = [
    ['429', { type: 'status', status: 429, body: '', headers: { 'retry-after': '3' } }, true, /HTTP 429/],
    ['500', { type: 'server_error' }, true, /HTTP 500/],
    ['400', { type: 'status', status: 400, body: '{}' }, false, /HTTP 400/],
    ['a redirect', { type: 'status', status: 302, body: '', headers: { location: 'http://127.0.0.1:9/' } }, false, /HTTP 302/],
    ['a reset', { type: 'reset' }, true, /connection failed/],
    ['silence', { type: 'silence' }, true, /no answer in 100 ms/],
    ['no JSON', { type: 'status', status: 200, body: '<html>' }, true, /no verdict/],
    ['too few verdicts', { type: 'status', status: 200, body: '{"results":[]}' }, true, /no verdict on every text/],
    ['nonsense', { type: 'status', status: 200, body: '{"results":[{"flagged":"no"}]}' }, true, /no verdict on every text/],
  ];
  for (const [name, fault, retryable, says] of failures) {
    test(`there is none after ${name}`, async (t) => {
      const { emulator, moderate } = await open(t, { timeoutMs: name === 'silence' ? 100 : 5_000 });
      emulator.failModeration(fault);

      await assert.rejects(moderate(['a'], never), (error) => {
        assert.ok(error instanceof ModelError && says.test(error.message), String(error));
        assert.deepEqual([error.retryable, error.retryAfterMs], [retryable, name === '429' ? 3_000 : undefined]);
        assert.doesNotMatch(error.message, /sk-good/);
        return true;
      });
    });
  }

  test('is waited for no longer than its question lives', async (t) => {
    const { emulator, moderate } = await open(t);
    emulator.failModeration({ type: 'silence' });
    const aborting = new AbortController();
    const asked = moderate(['a'], aborting.signal);

    aborting.abort(new Error('stopped'));

    await assert.rejects(asked, /^Error: stopped$/);
  });
});
