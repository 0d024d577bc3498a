import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createFakeAdapter } from '../../support/fake-adapter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { runUntil } from '../../support/run-until.ts';
import { createTestModel } from '../../support/test-model.ts';
import { createTestParley, type TestParleyOptions } from '../../support/test-parley.ts';

/** What two processes, one after the other, have in common. */
function createSharedWorld(t: TestContext) {
  const database = openMemoryDatabase();
  t.after(() => database.close());
  const world = { clock: createFakeClock(), database, adapter: createFakeAdapter() };
  return {
    ...world,
    boot: (owner: string, options: TestParleyOptions = {}) => createTestParley(t, { ...world, owner, ...options }),
  };
}

test('a stop lets running turns end and their answers out within the time it has', async (t) => {
  const { clock, boot } = createSharedWorld(t);
  const model = createTestModel(async () => {
    await clock.sleep(4_000);
    return 'the answer';
  });
  const parley = boot('p1', { model });
  await parley.start();
  await parley.receive(createMessage('hello'));
  const before = clock.now();

  await parley.stop(10_000);

  assert.equal(clock.now() - before, 4_000);
  assert.deepEqual(parley.shown(), ['the answer']);
  assert.equal(clock.pending(), 0);
});

test('a stop hands back what does not end in time, and the next process answers it exactly once', async (t) => {
  const { clock, boot, adapter } = createSharedWorld(t);
  const stuck = createGate<string>();
  const question = createMessage('hello');
  const first = boot('p1', { model: createTestModel(() => stuck.opened) });
  await first.start();
  await first.receive(question);

  await first.stop(2_000);

  assert.equal((await first.status(question))?.state, 'waiting');
  assert.equal(clock.pending(), 0);
  const second = boot('p2');
  await second.start();
  await clock.advance(60_000);
  assert.equal(second.model.requests.length, 1);
  assert.deepEqual(second.shown(), ['Answer to: hello']);
  assert.equal(adapter.sends.length, 1);
  assert.equal(adapter.lookups.length, 0);
  await second.stop();
  assert.equal(clock.pending(), 0);
});

test('being handed back at a stop uses up no attempt', async (t) => {
  const { boot } = createSharedWorld(t);
  for (let round = 1; round <= 7; round += 1) {
    const parley = boot(`p${round}`, { model: createTestModel(() => new Promise(() => undefined)) });
    await parley.start();
    if (round === 1) await parley.receive(createMessage('hello'));
    await parley.stop(100);
  }

  const last = boot('last');
  await last.start();

  assert.deepEqual(last.shown(), ['Answer to: hello']);
  await last.stop();
});

test('a turn that is finished when the stop comes is kept, not asked again', async (t) => {
  const { boot, clock } = createSharedWorld(t);
  const closing = createGate();
  const adapter = createFakeAdapter({
    overrides: {
      // The answer is complete, but the stream takes longer to end than the stop waits.
      stream: () => ({ append: () => undefined, opened: Promise.resolve(undefined), close: () => closing.opened }),
    },
  });
  const parley = boot('p1', { adapter });
  await parley.start();
  await parley.receive(createMessage('hello'));

  const stopped = parley.stop(1_000);
  await clock.advance(2_000);
  closing.open();
  await stopped;

  const next = boot('p2', { adapter });
  await next.start();
  await clock.advance(60_000);
  assert.equal(parley.model.requests.length + next.model.requests.length, 1);
  assert.deepEqual(next.shown(), ['Answer to: hello']);
  await next.stop();
});

test('a turn that is claimed while the stop begins is handed back without a call of the model', async (t) => {
  const { boot, clock } = createSharedWorld(t);
  const disk = createGate();
  const parley = boot('p1', {
    aroundStore: async (method, call) => {
      const result = await call();
      if (method === 'claimTurns') await disk.opened;
      return result;
    },
  });
  await parley.context.accept([createMessage('hello')]);
  await parley.start();

  const stopped = parley.stop(1_000);
  await clock.advance(500);
  disk.open();
  await stopped;

  assert.equal(parley.model.requests.length, 0);
  assert.equal(clock.pending(), 0);
  const next = boot('p2');
  await next.start();
  assert.deepEqual(next.shown(), ['Answer to: hello']);
  await next.stop();
});

for (const { stage, claims } of [
  { stage: 'worker', claims: 'claimTurns' },
  { stage: 'outbox', claims: 'claimDeliveries' },
] as const) {
  test(`a stop of the ${stage} is over only when a claim that was under way has come to its end`, async (t) => {
    const { boot, clock } = createSharedWorld(t);
    const disk = createGate();
    const parley = boot('p1', {
      aroundStore: async (method, call) => {
        if (method === claims) await disk.opened;
        return call();
      },
    });
    await parley.start();
    let over = false;

    const stopped = parley[stage].stop(0).then(() => {
      over = true;
    });
    await clock.advance(1_000);
    assert.equal(over, false);

    disk.open();
    await runUntil(clock, stopped);
    assert.equal(over, true);
  });
}

test('an answer that is claimed for delivery while the stop begins is left to the next process', async (t) => {
  const { boot, clock, adapter } = createSharedWorld(t);
  const first = boot('p1');
  adapter.script.push(() => {
    throw new Error('the platform is down');
  });
  await first.start();
  await first.receive(createMessage('hello'));
  await first.stop(); // the answer is in the ledger, its delivery failed once

  const disk = createGate();
  const second = boot('p2', {
    aroundStore: async (method, call) => {
      const result = await call();
      if (method === 'claimDeliveries') await disk.opened;
      return result;
    },
  });
  await clock.advance(2_000);
  await second.start();
  const stopped = second.outbox.stop(0);
  await clock.advance(0);
  disk.open();
  await runUntil(clock, stopped);
  await second.stop();
  assert.equal(adapter.sends.length, 1);

  const third = boot('p3');
  await third.start();
  assert.deepEqual(third.shown(), ['Answer to: hello']);
  await third.stop();
});

test('a stop ends although a model ignores its signal, and what that model says later changes nothing', async (t) => {
  const { boot, clock, database } = createSharedWorld(t);
  const stuck = createGate();
  const deaf = {
    ...createTestModel(),
    async *generate() {
      await stuck.opened;
      yield { type: 'text', text: 'far too late' } as const;
      yield { type: 'done', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1, estimated: true } } as const;
    },
  };
  const question = createMessage('hello');
  const first = boot('p1', { model: deaf });
  await first.start();
  await first.receive(question);

  await first.stop(1_000);
  const second = boot('p2', { database });
  await second.start();
  stuck.open();
  await clock.advance(60_000);

  assert.deepEqual(second.shown(), ['Answer to: hello']);
  const [line] = first.log.find('turn did not stop when it was told to');
  assert.equal(line?.fields['eventId'], question.eventId);
  await second.stop();
  assert.equal(clock.pending(), 0);
});

test('a stop lets a delivery end within its time', async (t) => {
  const { boot, clock, adapter } = createSharedWorld(t);
  adapter.script.push(async (_message, show, signal) => {
    await clock.sleep(3_000, signal);
    return show();
  });
  const parley = boot('p1');
  const question = createMessage('hello');
  await parley.start();
  await parley.receive(question);

  await parley.stop(5_000);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.equal((await parley.status(question))?.state, 'answered');
});

test('a stop waits for a delivery within its time, and then gives it up as uncertain', async (t) => {
  const { boot, clock, adapter } = createSharedWorld(t);
  adapter.script.push((_message, show, signal) => {
    show(); // it arrives, but the platform never answers
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });
  const first = boot('p1');
  await first.start();
  await first.receive(createMessage('hello'));

  await first.stop(2_000);
  const second = boot('p2');
  await second.start();
  await clock.advance(60_000);

  assert.deepEqual(second.shown(), ['Answer to: hello']);
  assert.equal(adapter.sends.length, 1);
  assert.equal(adapter.lookups.length, 1);
  await second.stop();
  assert.equal(clock.pending(), 0);
});

test('a stop makes no dead letter of an answer at its last attempt', async (t) => {
  const { boot, clock, adapter } = createSharedWorld(t);
  adapter.script.push((_message, _show, signal) => {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  });
  const first = boot('p1', { delivery: { maxAttempts: 1 } });
  await first.start();
  await first.receive(createMessage('hello'));

  await first.stop(1_000);

  assert.deepEqual(await first.store.listDeadLetters({ limit: 10 }), []);
  const second = boot('p2');
  await second.start();
  await clock.advance(2_000);
  assert.deepEqual(second.shown(), ['Answer to: hello']);
  await second.stop();
});

test('a stop before the start, and a second stop, do nothing', async (t) => {
  const { boot, clock } = createSharedWorld(t);
  const parley = boot('p1');
  await parley.stop();
  const other = boot('p2');
  await other.start();

  await other.stop();
  await other.stop();

  assert.equal(clock.pending(), 0);
});
