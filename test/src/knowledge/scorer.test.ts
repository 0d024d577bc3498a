import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScorer } from '../../../src/knowledge/scorer.ts';
import type { VectorBlock } from '../../../src/knowledge/scores.ts';

function toBlock(rows: readonly (readonly number[])[]): VectorBlock {
  const values = new Float32Array(new SharedArrayBuffer(rows.flat().length * 4));
  values.set(rows.flat());
  return { values, rows: rows.length };
}

const blocks = [
  toBlock([
    [1, 0, 0, 0, 0],
    [0, 0, 0, 0, 1],
  ]),
  toBlock([[0.5, 0.5, 0.5, 0.5, 0.25]]),
];
const query = Float32Array.from([1, 2, 3, 4, 5]);
const expected = [[1, 5], [6.25]];

test('computes the same here and on its thread', async () => {
  const here = createScorer();
  const there = createScorer(0);

  const scores = await Promise.all([here.score(blocks, query), there.score(blocks, query), there.score(blocks, query)]);
  await Promise.all([here.stop(), there.stop()]);

  for (const each of scores)
    assert.deepEqual(
      each.map((row) => [...row]),
      expected,
    );
});

test('rejects what its thread was computing when it ended', async () => {
  const scorer = createScorer(0);

  const waiting = scorer.score(blocks, query);
  const settled = assert.rejects(waiting, /thread that compares vectors has ended/);
  await scorer.stop();

  await settled;
});
