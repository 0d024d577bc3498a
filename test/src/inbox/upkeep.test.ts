import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createUpkeep } from '../../../src/inbox/upkeep.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMemoryLog } from '../../support/memory-log.ts';

const hour = 60 * 60_000;
const day = 24 * hour;

interface Query {
  readonly before: number;
  readonly limit: number;
}

interface Amounts {
  readonly old?: number;
  readonly overheard?: number;
  readonly turns?: number;
  readonly pace?: () => Promise<void>;
}

/** Upkeep of a store that has so much to remove, and so much overheard; each call takes as long as `pace` says. */
function createSetup({ old = 0, overheard = 0, turns = 0, pace }: Amounts = {}) {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const [queries, forgotten]: [Query[], Query[]] = [[], []];
  const clearing = (asked: Query[], count: number) => {
    let left = count;
    return async (query: Query): Promise<number> => {
      asked.push(query);
      await pace?.();
      const removed = Math.min(left, query.limit);
      left -= removed;
      return removed;
    };
  };
  const summed: { limit: number }[] = [];
  let ended = turns;
  const sumUsage = async (query: { limit: number }): Promise<number> => {
    summed.push(query);
    const added = Math.min(ended, query.limit);
    ended -= added;
    return added;
  };
  const expired: { limit: number }[] = [];
  const expireApprovals = async (query: { limit: number }): Promise<number> => {
    expired.push(query);
    return expired.length === 1 ? query.limit : 0;
  };
  const store = { prune: clearing(queries, old), forgetOverheard: clearing(forgotten, overheard), sumUsage, expireApprovals };
  return { clock, log, queries, forgotten, summed, expired, upkeep: createUpkeep({ store, clock, log }) };
}

test('removes what is older than 30 days, once in an hour', async () => {
  const { clock, queries, upkeep } = createSetup();

  await clock.advance(hour - 1);
  assert.equal(queries.length, 0);
  await clock.advance(1);
  await clock.advance(hour);

  assert.equal(queries.length, 2);
  assert.equal(queries[1]?.before, clock.now() - 30 * day);
  await upkeep.stop();
});

test('removes a long backlog in bounded steps and says how much it was', async () => {
  const { clock, log, queries, upkeep } = createSetup({ old: 2_500 });

  await clock.advance(hour);

  assert.equal(queries.length, 3);
  assert.ok(queries.every(({ limit }) => limit <= 1_000));
  assert.deepEqual(
    log.lines.map(({ message, fields }) => [message, fields]),
    [['old events removed', { removed: 2_500 }]],
  );
  await upkeep.stop();
});

test('clears what people said to each other two hours ago, every ten minutes', async () => {
  const { clock, forgotten, upkeep } = createSetup();

  await clock.advance(hour / 6 - 1);
  assert.equal(forgotten.length, 0);
  await clock.advance(1);
  assert.equal(forgotten[0]?.before, clock.now() - 2 * hour);
  await clock.advance(hour);

  assert.equal(forgotten.length, 7);
  await upkeep.stop();
});

test('clears much of that in bounded steps, without a word', async () => {
  const { clock, log, forgotten, upkeep } = createSetup({ overheard: 2_500 });

  await clock.advance(hour / 6);

  assert.equal(forgotten.length, 3);
  assert.ok(forgotten.every(({ limit }) => limit <= 1_000));
  assert.deepEqual(log.lines, []);
  await upkeep.stop();
});

test('goes on after a failure', async () => {
  let down = true;
  const pace = () => (down ? Promise.reject(new Error('disk full')) : Promise.resolve());
  const { clock, log, queries, forgotten, upkeep } = createSetup({ old: 10, pace });

  await clock.advance(hour);
  down = false;
  await clock.advance(hour);

  assert.equal(queries.length, 2);
  assert.equal(forgotten.length, 12);
  const overheardFailures = Array.from({ length: 6 }, () => 'messages that were not for the bot could not be cleared');
  assert.deepEqual(log.lines.map(({ message }) => message).toSorted(), [
    ...overheardFailures,
    'old events could not be removed',
    'old events removed',
  ]);
  await upkeep.stop();
});

test('a stop ends a long removal after the step under way, and leaves no timer', async () => {
  const step = createGate();
  const { clock, queries, forgotten, upkeep } = createSetup({ old: 10_000, overheard: 10_000, pace: () => step.opened });
  await clock.advance(hour);
  let stopped = false;

  const stop = upkeep.stop().then(() => {
    stopped = true;
  });
  await clock.advance(0);
  assert.equal(stopped, false);
  step.open();
  await stop;

  assert.equal(queries.length, 1);
  assert.equal(forgotten.length, 1);
  assert.equal(clock.pending(), 0);
});

test('adds up what was asked every ten minutes, a bounded number of turns at a time', async () => {
  const { clock, summed, upkeep } = createSetup({ turns: 450 });

  await clock.advance(10 * 60_000);
  assert.deepEqual(
    summed.map(({ limit }) => limit),
    [200, 200, 200],
  );
  await clock.advance(10 * 60_000);
  assert.equal(summed.length, 4);

  await upkeep.stop();
});
