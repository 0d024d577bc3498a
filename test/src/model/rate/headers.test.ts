import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRateHeaders } from '../../../../src/model/rate/headers.ts';

const now = Date.UTC(2026, 10, 23, 12);
const read = (headers: Record<string, string>) => parseRateHeaders(new Headers(headers), now);

describe('what an endpoint says of its rate', () => {
  test('is read in the words of OpenAI', () => {
    const reports = read({
      ...{ 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-reset-requests': '1s' },
      ...{
        'x-ratelimit-limit-tokens': '150000',
        'x-ratelimit-remaining-tokens': '149984',
        'x-ratelimit-reset-tokens': '6m0s',
      },
    });

    assert.deepEqual(reports, [
      { of: 'requests', limit: 60, remaining: 59, resetMs: 1_000 },
      { of: 'tokens', limit: 150_000, remaining: 149_984, resetMs: 360_000 },
    ]);
  });

  test('is read in the words of Anthropic', () => {
    const reports = read({
      ...{ 'anthropic-ratelimit-requests-limit': '50', 'anthropic-ratelimit-requests-remaining': '0' },
      'anthropic-ratelimit-requests-reset': new Date(now + 12_000).toISOString(),
    });

    assert.deepEqual(reports, [{ of: 'requests', limit: 50, remaining: 0, resetMs: 12_000 }]);
  });

  for (const [reset, ms] of Object.entries({ '20ms': 20, '2m59.56s': 179_560, '1h0m1s': 3_601_000, '7.5': 7_500, '0s': 0 })) {
    test(`takes ${reset} for a time`, () => {
      const [report] = read({ 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': reset });

      assert.deepEqual(report, { of: 'tokens', limit: undefined, remaining: 5, resetMs: ms });
    });
  }

  for (const [name, value] of [
    ['remaining', '-1'],
    ['remaining', 'many'],
    ['remaining', '9'.repeat(30)],
    ['remaining', '1e3'],
    ['reset', 'tomorrow'],
    ['reset', ''],
    ['reset', '999h'],
    ['reset', '9'.repeat(60)],
    ['reset', new Date(now + 40 * 86_400_000).toISOString()],
    ['limit', '3'],
  ] as const) {
    test(`is not believed where ${name} is "${value.slice(0, 30)}"`, () => {
      const sane = { limit: '60', remaining: '10', reset: '1s' };
      const headers = Object.entries({ ...sane, [name]: value }).map(([what, said]) => [`x-ratelimit-${what}-requests`, said]);

      assert.deepEqual(read(Object.fromEntries(headers)), []);
    });
  }

  test('is nothing where there are no such headers', () => {
    assert.deepEqual(read({ 'content-type': 'text/event-stream' }), []);
  });
});
