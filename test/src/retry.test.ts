import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assert as assertProperty, double, integer, nat, option, property, record } from 'fast-check';
import { nextDelay, type RetryPolicy } from '../../src/retry.ts';

const policy: RetryPolicy = { baseMs: 100, maxMs: 1_000, expiryMs: 60_000, maxAttempts: 20 };
const longest = { now: () => 0, random: () => 1 - Number.EPSILON };
const shortest = { now: () => 0, random: () => 0 };

describe('the delay before the next attempt', () => {
  it('doubles at most with each attempt, up to the limit', () => {
    const delays = [1, 2, 3, 4, 5, 6, 19].map((attempt) => nextDelay(policy, { attempt, firstDueAt: 0 }, longest));

    assert.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('is evenly spread from nothing on, so that a crowd that failed together does not come back together', () => {
    const at = (random: number) => nextDelay(policy, { attempt: 3, firstDueAt: 0 }, { now: () => 0, random: () => random });

    assert.deepEqual([0, 0.25, 0.5, 0.75].map(at), [0, 100, 200, 300]);
  });

  it('is at least what the other side asked for, even beyond the limit', () => {
    assert.equal(nextDelay(policy, { attempt: 1, firstDueAt: 0, retryAfterMs: 30_000 }, shortest), 30_000);
    assert.equal(nextDelay(policy, { attempt: 1, firstDueAt: 0, retryAfterMs: 1 }, longest), 100);
  });

  it('is not given when the attempts are used up', () => {
    assert.equal(nextDelay(policy, { attempt: 20, firstDueAt: 0 }, shortest), undefined);
    assert.equal(nextDelay({ ...policy, maxAttempts: 1 }, { attempt: 1, firstDueAt: 0 }, shortest), undefined);
  });

  it('is not given when the attempt would start too late', () => {
    const late = { now: () => 60_000, random: () => 0 };

    assert.equal(nextDelay(policy, { attempt: 1, firstDueAt: 0 }, late), 0);
    assert.equal(nextDelay(policy, { attempt: 1, firstDueAt: 0, retryAfterMs: 1 }, late), undefined);
    assert.equal(nextDelay(policy, { attempt: 1, firstDueAt: 0, retryAfterMs: 60_001 }, shortest), undefined);
  });

  it('stays within its bounds for every policy and failure', () => {
    const policies = record({
      baseMs: nat({ max: 100_000 }),
      maxMs: nat({ max: 10_000_000 }),
      expiryMs: nat({ max: 100_000_000 }),
      maxAttempts: integer({ min: 1, max: 10_000 }),
    });
    const failures = record({
      attempt: integer({ min: 1, max: 10_000 }),
      firstDueAt: nat({ max: 1_000 }),
      retryAfterMs: option(nat({ max: 100_000_000 }), { nil: undefined }),
    });

    assertProperty(
      property(policies, failures, double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (given, failure, chance) => {
        const delay = nextDelay(given, failure, { now: () => 1_000, random: () => chance });

        if (delay === undefined) return;
        assert.ok(failure.attempt < given.maxAttempts);
        assert.ok(delay >= (failure.retryAfterMs ?? 0));
        assert.ok(delay <= Math.max(given.maxMs, failure.retryAfterMs ?? 0));
        assert.ok(1_000 + delay <= failure.firstDueAt + given.expiryMs);
      }),
      { numRuns: 1_000 },
    );
  });
});
