import assert from 'node:assert/strict';
import { test } from 'node:test';
import { live, type LifeFigures } from './life.ts';

const fixed = Array.from({ length: 10 }, (_, index) => index + 1);
const fresh = Array.from({ length: 5 }, () => 1_000 + Math.floor(Math.random() * 2 ** 31));

test('what was said behind a wall surfaces nowhere else, and who was forgotten nowhere at all', async (t) => {
  t.diagnostic(`fresh seeds: ${fresh.join(', ')}`);
  const sum = { requests: 0, crossings: 0, forgotten: 0, remembered: 0, summaries: 0 };
  for (const seed of [...fixed, ...fresh]) {
    const figures = await live(t, { seed, steps: 150 });
    for (const key of Object.keys(sum) as (keyof LifeFigures)[]) sum[key] += figures[key];
  }

  t.diagnostic(JSON.stringify(sum));
  assert.ok(sum.requests > 1_000 && sum.remembered > 100, 'the life was too quiet to prove anything');
  assert.ok(sum.crossings > 50 && sum.forgotten > 20 && sum.summaries > 20, 'the life was too quiet to prove anything');
});
