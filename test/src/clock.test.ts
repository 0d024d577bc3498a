import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settleWithin, systemClock, withTimeout } from '../../src/clock.ts';
import { createFakeClock } from '../support/fake-clock.ts';

describe('the clock of the system', () => {
  it('tells the time, and measures it', () => {
    const [now, measured] = [systemClock.now(), systemClock.monotonic()];

    assert.ok(Math.abs(now - new Date().getTime()) < 1_000);
    assert.ok(systemClock.monotonic() >= measured);
    assert.ok(systemClock.random() >= 0 && systemClock.random() < 1);
  });

  it('runs a task after the time asked for, once', async () => {
    const runs = await new Promise<number>((resolve) => {
      let count = 0;
      systemClock.after(1, () => {
        count += 1;
      });
      void systemClock.sleep(30).then(() => resolve(count));
    });

    assert.equal(runs, 1);
  });

  it('does not run a task that was cancelled', async () => {
    let ran = false;
    const cancel = systemClock.after(1, () => {
      ran = true;
    });

    cancel();
    await systemClock.sleep(20);

    assert.equal(ran, false);
  });

  it('stops sleeping when the signal says so, and says why', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const isReason = (error: unknown) => error === reason || (error instanceof Error && error.cause === reason);

    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(reason);

    await assert.rejects(sleeping, isReason);
    await assert.rejects(systemClock.sleep(60_000, controller.signal), isReason);
  });
});

describe('a timeout', () => {
  it('aborts after its time with a TimeoutError that names it', async () => {
    const clock = createFakeClock();
    const { signal } = withTimeout(clock, 100);

    await clock.advance(99);
    assert.equal(signal.aborted, false);
    await clock.advance(1);

    assert.ok(signal.reason instanceof DOMException);
    assert.equal(signal.reason.name, 'TimeoutError');
    assert.match(signal.reason.message, /100 ms/);
  });

  it('aborts with its parent, for the same reason', () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const reason = new Error('stopping');

    const before = withTimeout(clock, 100, parent.signal);
    parent.abort(reason);
    const after = withTimeout(clock, 100, parent.signal);

    assert.equal(before.signal.reason, reason);
    assert.equal(after.signal.reason, reason);
  });

  it('leaves nothing behind when it is cleared', async () => {
    const clock = createFakeClock();
    const parent = new AbortController();
    const { signal, clear } = withTimeout(clock, 100, parent.signal);

    clear();
    parent.abort();
    await clock.advance(100);

    assert.equal(signal.aborted, false);
    assert.equal(clock.pending(), 0);
  });
});

describe('waiting for work', () => {
  it('ends when all of it has settled, however it did', async () => {
    const clock = createFakeClock();

    await settleWithin(clock, 1_000, [Promise.resolve(), Promise.reject(new Error('failed'))]);

    assert.equal(clock.pending(), 0);
  });

  it('ends when the time is over', async () => {
    const clock = createFakeClock();
    let ended = false;

    const waiting = settleWithin(clock, 1_000, [new Promise(() => undefined)]).then(() => {
      ended = true;
    });
    await clock.advance(999);
    assert.equal(ended, false);
    await clock.advance(1);
    await waiting;

    assert.equal(ended, true);
  });
});

describe('the clock of the tests', () => {
  it('stands still until it is told to go on', async () => {
    const clock = createFakeClock({ now: 1_000 });
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`a at ${clock.now()}`);
      clock.after(10, () => fired.push(`c at ${clock.now()}`));
    });
    const cancel = clock.after(15, () => fired.push('never'));

    cancel();
    assert.equal(clock.now(), 1_000);
    assert.equal(clock.nextAt(), 1_010);
    await clock.advance(25);

    assert.deepEqual(fired, ['a at 1010', 'b at 1020', 'c at 1020']);
    assert.deepEqual([clock.now(), clock.monotonic(), clock.pending(), clock.nextAt()], [1_025, 25, 0, undefined]);
  });

  it('lets what awaits a timer run on before the next one fires', async () => {
    const clock = createFakeClock({ now: 0 });
    const seen: number[] = [];
    const walk = async () => {
      for (let step = 0; step < 3; step += 1) {
        await clock.sleep(10);
        seen.push(clock.now());
      }
    };

    const walking = walk();
    await clock.advance(100);
    await walking;

    assert.deepEqual(seen, [10, 20, 30]);
  });

  it('wakes a sleeper whose signal is aborted, with the reason', async () => {
    const clock = createFakeClock();
    const controller = new AbortController();
    const reason = new Error('enough');

    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(reason);

    await assert.rejects(sleeping, reason);
    await assert.rejects(clock.sleep(1_000, controller.signal), reason);
    assert.equal(clock.pending(), 0);
  });

  it('can be set back without time going back', async () => {
    const clock = createFakeClock({ now: 10_000 });
    const fired: number[] = [];
    clock.after(10, () => fired.push(clock.monotonic()));

    clock.shift(-5_000);
    await clock.advance(10);

    assert.equal(clock.now(), 5_010);
    assert.deepEqual(fired, [10]);
  });

  it('gives the same numbers for the same seed', () => {
    const take = (seed: number) => {
      const clock = createFakeClock({ seed });
      return Array.from({ length: 1_000 }, () => clock.random());
    };

    const numbers = take(7);

    assert.deepEqual(numbers, take(7));
    assert.notDeepEqual(numbers, take(8));
    assert.ok(numbers.every((number) => number >= 0 && number < 1));
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    assert.ok(Math.abs(mean - 0.5) < 0.05);
  });
});
