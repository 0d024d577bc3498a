import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, integer, property } from 'fast-check';
import { createWindow } from '../../../adapters/discord/window.ts';

test('never do more begin within the time than may, and nothing waits longer than it must', () => {
  check(
    property(integer({ min: 1, max: 8 }), array(integer({ min: 0, max: 400 }), { maxLength: 200 }), (count, pauses) => {
      let now = 0;
      const next = createWindow({ count, perMs: 1_000 }, () => now);
      const begun: number[] = [];
      for (const pause of pauses) {
        now += pause;
        begun.push(now + next());
        const waited = (begun.at(-1) ?? 0) - now;

        const before = begun.at(-1 - count);
        assert.ok(before === undefined || (begun.at(-1) ?? 0) - before >= 1_000);
        assert.ok(waited === 0 || (begun.at(-1) ?? 0) - (before ?? 0) === 1_000);
      }
    }),
    { numRuns: 300 },
  );
});
