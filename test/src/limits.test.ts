import assert from 'node:assert/strict';
import { test } from 'node:test';
import { periodAt, toAmount } from '../../src/limits.ts';

test('what a call takes is priced by what it read, had read before and wrote, rounded up', () => {
  const price = { input: 0.1, cachedInput: 0.01, output: 2 };

  const amounts = [
    toAmount({ inputTokens: 30, outputTokens: 0 }, price),
    toAmount({ inputTokens: 31, outputTokens: 5 }, price),
    toAmount({ inputTokens: 30, cachedTokens: 20, outputTokens: 1 }, price),
    toAmount({ inputTokens: 30, cachedTokens: 20, outputTokens: 0 }, { input: 0.1, output: 2 }),
    toAmount({ inputTokens: 100, outputTokens: 0 }, { input: 0.07, output: 2 }),
    toAmount({ inputTokens: 30, outputTokens: 1 }, undefined),
  ];

  assert.deepEqual(amounts, [
    { tokens: 30, micros: 3 },
    { tokens: 36, micros: 14 },
    { tokens: 31, micros: 4 },
    { tokens: 30, micros: 3 },
    { tokens: 100, micros: 7 },
    { tokens: 31, micros: 0 },
  ]);
});

test('no report of an endpoint can count for more than the ledger can add up', () => {
  const wild = {
    inputTokens: Number.MAX_SAFE_INTEGER,
    cachedTokens: Number.MAX_SAFE_INTEGER,
    outputTokens: Number.MAX_SAFE_INTEGER,
  };

  const { tokens, micros } = toAmount(wild, { input: 1e6, output: 1e6 });

  assert.ok(tokens * 1e9 < 2 ** 63 && micros * 1e6 < 2 ** 63);
});

test('days and months begin and end with those of UTC', () => {
  const at = Date.UTC(2028, 1, 29, 23, 59, 59, 999);

  assert.deepEqual(periodAt(at, 'day'), { firstDay: Date.UTC(2028, 1, 29) / 86_400_000, end: Date.UTC(2028, 2, 1) });
  assert.deepEqual(periodAt(at + 1, 'month'), { firstDay: Date.UTC(2028, 2, 1) / 86_400_000, end: Date.UTC(2028, 3, 1) });
});
