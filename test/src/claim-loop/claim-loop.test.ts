import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClaimLoop } from '../../../src/claim-loop.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';

type Claimed = { readonly more: boolean; readonly nextAt: number | undefined };

const nothing: Claimed = { more: false, nextAt: undefined };

/** A loop over claims that the test scripts; after those it finds nothing. */
function createLoop(script: (() => Claimed | Promise<Claimed>)[] = []) {
  const clock = createFakeClock();
  const looks: number[] = [];
  const errors: unknown[] = [];
  const began = clock.now();
  const loop = createClaimLoop({
    claim: async () => {
      looks.push(clock.now() - began);
      return script.shift()?.() ?? nothing;
    },
    onError: (error) => errors.push(error),
    clock,
    pollMs: 1_000,
  });
  return { loop, clock, looks, errors, began };
}

test('looks at the start, and then at least once in every poll interval', async () => {
  const { loop, clock, looks } = createLoop();

  loop.start();
  await clock.advance(3_500);

  assert.deepEqual(looks, [0, 1_000, 2_000, 3_000]);
  await loop.stop();
});

test('looks at once when it is woken', async () => {
  const { loop, clock, looks } = createLoop();
  loop.start();
  await clock.advance(300);

  loop.wake();
  await clock.advance(0);

  assert.deepEqual(looks, [0, 300]);
  await loop.stop();
});

test('looks again for as long as there may be more', async () => {
  const more = () => ({ more: true, nextAt: undefined });
  const { loop, clock, looks } = createLoop([more, more, more]);

  loop.start();
  await clock.advance(0);

  assert.deepEqual(looks, [0, 0, 0, 0]);
  await loop.stop();
});

test('never looks twice at once, and looks once more for all that woke it meanwhile', async () => {
  const gate = createGate<Claimed>();
  const { loop, clock, looks } = createLoop([() => gate.opened]);
  loop.start();

  for (let wakes = 0; wakes < 10; wakes += 1) loop.wake();
  await clock.advance(0);
  assert.equal(looks.length, 1);

  gate.open(nothing);
  await clock.advance(0);
  assert.equal(looks.length, 2);
  await loop.stop();
});

test('looks when something becomes ready, and at the earliest of several times', async () => {
  const { loop, clock, looks, began } = createLoop([() => ({ more: false, nextAt: began + 700 })]);
  loop.start();
  await clock.advance(0);

  loop.lookAt(began + 400);
  loop.lookAt(began + 600);
  await clock.advance(500);
  assert.deepEqual(looks, [0, 400]);

  loop.lookAt(began + 100); // in the past: as soon as possible
  await clock.advance(100);
  assert.deepEqual(looks, [0, 400, 501]);
  await loop.stop();
});

test('keeps no more than one timer', async () => {
  const { loop, clock, began } = createLoop();
  loop.start();
  await clock.advance(0);

  for (let ms = 900; ms > 100; ms -= 50) loop.lookAt(began + ms);

  assert.equal(clock.pending(), 1);
  await loop.stop();
  assert.equal(clock.pending(), 0);
});

test('reports a claim that fails, and looks again at the next poll', async () => {
  const failure = new Error('down');
  const { loop, clock, looks, errors } = createLoop([() => Promise.reject(failure), () => Promise.reject(failure)]);

  loop.start();
  await clock.advance(2_500);

  assert.deepEqual(errors, [failure, failure]);
  assert.deepEqual(looks, [0, 1_000, 2_000]);
  await loop.stop();
});

test('looks again for a wake that came during a claim that failed', async () => {
  const gate = createGate<Claimed>();
  const { loop, clock, looks } = createLoop([() => gate.opened]);
  loop.start();

  loop.wake();
  gate.fail(new Error('down'));
  await clock.advance(0);

  assert.deepEqual(looks, [0, 0]);
  await loop.stop();
});

test('does nothing before the start and after the stop', async () => {
  const { loop, clock, looks } = createLoop();
  loop.wake();
  loop.lookAt(clock.now());
  await clock.advance(5_000);
  assert.deepEqual(looks, []);
  assert.equal(loop.active(), false);

  loop.start();
  await clock.advance(0);
  await loop.stop();
  loop.wake();
  loop.lookAt(clock.now());
  await clock.advance(5_000);

  assert.deepEqual(looks, [5_000]);
  assert.equal(clock.pending(), 0);
});

test('a stop resolves only when the claim under way has ended, and nothing follows it', async () => {
  const gate = createGate<Claimed>();
  const { loop, clock, looks } = createLoop([() => gate.opened]);
  loop.start();
  loop.wake();
  let stopped = false;

  const stop = loop.stop().then(() => {
    stopped = true;
  });
  await clock.advance(1_000);
  assert.equal(stopped, false);

  gate.open({ more: true, nextAt: clock.now() });
  await stop;
  await clock.advance(5_000);
  assert.deepEqual(looks, [0]);
  assert.equal(clock.pending(), 0);
});

test('polls again after a stop and another start', async () => {
  const { loop, clock, looks } = createLoop();
  loop.start();
  await clock.advance(500);
  await loop.stop();

  await clock.advance(10_000);
  loop.start();
  await clock.advance(1_500);

  assert.deepEqual(looks, [0, 10_500, 11_500]);
  await loop.stop();
});

test('still polls when the system clock is set back or forth', async () => {
  const { loop, clock, looks } = createLoop();
  loop.start();
  await clock.advance(100);

  clock.shift(-3_600_000);
  await clock.advance(2_000);
  const afterBack = looks.length;
  clock.shift(7_200_000);
  await clock.advance(2_000);

  assert.ok(afterBack >= 2);
  assert.ok(looks.length > afterBack);
  await loop.stop();
});
