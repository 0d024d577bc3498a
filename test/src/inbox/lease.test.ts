import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError, TurnAborted } from '../../../src/errors.ts';
import { createWorker } from '../../../src/inbox/worker.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createTestModel, done, unanswered, type TestModel } from '../../support/test-model.ts';
import { runUntil } from '../../support/run-until.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('keeps a lease alive for as long as a turn runs', async (t) => {
  const slow = createGate<string>();
  const parley = createTestParley(t, { model: createTestModel(() => slow.opened) });
  await parley.start();

  await parley.receive(createMessage('hard question'));
  await parley.clock.advance(10 * 60_000);
  slow.open('the answer');
  await parley.clock.advance(0);

  assert.equal(parley.model.requests.length, 1);
  assert.deepEqual(parley.shown(), ['the answer']);
  await parley.stop();
});

test('keeps leases alive although a renewal fails', async (t) => {
  const slow = createGate<string>();
  let failures = 0;
  const parley = createTestParley(t, {
    model: createTestModel(() => slow.opened),
    aroundStore: async (method, call) => {
      if (method === 'renewTurns' && failures++ === 0) throw new StoreError('busy');
      return call();
    },
  });
  await parley.start();

  await parley.receive(createMessage('hard question'));
  await parley.clock.advance(3 * 60_000);
  slow.open('the answer');
  await parley.clock.advance(0);

  assert.equal(parley.model.requests.length, 1);
  assert.equal(parley.log.find('leases could not be renewed').length, 1);
  await parley.stop();
});

test('stops a turn whose lease another process has taken, and drops what it says', async (t) => {
  const database = openMemoryDatabase();
  t.after(() => database.close());
  const clock = createFakeClock();
  const stuck = createGate<string>();
  const signals: AbortSignal[] = [];
  const model = createTestModel((_request, _call, signal) => {
    signals.push(signal);
    return stuck.opened;
  });
  const first = createTestParley(t, { clock, database, model });
  await first.start();
  const question = createMessage('hello');
  await first.receive(question);

  const second = createTestParley(t, { clock, database, adapter: first.adapter, owner: 'p2' });
  await second.start();
  await clock.advance(30_000);

  assert.ok(signals[0]?.aborted);
  assert.ok(signals[0].reason instanceof TurnAborted);
  assert.equal(signals[0].reason.reason, 'lease lost');
  const [line] = first.log.find('turn lost its lease');
  assert.equal(line?.fields['conversationId'], question.conversationId);
  assert.equal(line?.fields['eventId'], question.eventId);
  assert.deepEqual(first.shown(), ['Answer to: hello']);
  await first.stop();
  await second.stop();
  assert.equal(clock.pending(), 0);
});

test('takes a turn up again after its lease when it could not even be given back', async (t) => {
  let down = true;
  let starts = 0;
  const clock = createFakeClock();
  const database = openMemoryDatabase();
  t.after(() => database.close());
  const real = createInProcessStore(database, clock);
  const log = createMemoryLog();
  const worker = createWorker({
    store: { ...real, postponeTurn: (...args) => (down ? Promise.reject(new StoreError('down')) : real.postponeTurn(...args)) },
    runTurn: async () => {
      starts += 1;
      if (starts === 1) throw new StoreError('down');
      return { moreWaiting: false };
    },
    clock,
    log,
    owner: 'p1',
    concurrency: 1,
    leaseMs: 30_000,
    pollMs: 1_000,
    historyLimit: 10,
  });
  await real.accept({ adapter: 'fake', events: [createMessage('hello')] });
  worker.start();
  await clock.advance(29_000);
  assert.equal(starts, 1);

  down = false;
  await clock.advance(2_000);

  assert.equal(starts, 2);
  assert.equal(log.find('turn could not be given back').length, 1);
  await runUntil(clock, worker.stop(0));
});

test('stops its own older turn when a stall has cost the lease, and lets the newer one answer', async (t) => {
  const clock = createFakeClock();
  const stuck = createGate<string>();
  const signals: AbortSignal[] = [];
  const model = createTestModel((request, call, signal) => {
    signals.push(signal);
    return call === 1 ? stuck.opened : `Answer to: ${unanswered(request).join(' | ')}`;
  });
  const parley = createTestParley(t, {
    clock,
    model,
    // The renewals of the first two minutes get lost in the stall.
    aroundStore: async (method, call) => {
      if (method === 'renewTurns' && clock.monotonic() < 70_000) throw new StoreError('stalled');
      return call();
    },
  });
  await parley.start();
  await parley.receive(createMessage('hello'));

  await clock.advance(61_000);

  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  await clock.advance(60_000);
  assert.equal(model.requests.length, 2);
  await parley.stop();
});

test('does not take the newer turn for the lost one while the older still hangs', async (t) => {
  const clock = createFakeClock();
  const calls: AbortSignal[] = [];
  const model: TestModel = {
    ...createTestModel(),
    async *generate(_request, signal) {
      calls.push(signal);
      await (calls.length === 1 ? new Promise(() => undefined) : clock.sleep(50_000)); // the first one hears no signal
      yield { type: 'text', text: 'the answer' };
      yield done();
    },
  };
  const parley = createTestParley(t, {
    clock,
    model,
    aroundStore: async (method, call) => {
      if (method === 'renewTurns' && clock.monotonic() < 70_000) throw new StoreError('stalled');
      return call();
    },
  });
  await parley.start();
  await parley.receive(createMessage('hello'));

  await clock.advance(120_000);

  assert.equal(calls.length, 2);
  assert.deepEqual(parley.shown(), ['the answer']);
  await parley.stop();
});

test('renews no lease after a stop that came during a renewal', async (t) => {
  const renewal = createGate();
  const slow = createGate<string>();
  const parley = createTestParley(t, {
    model: createTestModel(() => slow.opened),
    aroundStore: async (method, call) => {
      if (method === 'renewTurns') await renewal.opened;
      return call();
    },
  });
  await parley.start();
  await parley.receive(createMessage('hello'));
  await parley.clock.advance(20_000);

  await parley.stop(0);
  renewal.open();
  await parley.clock.advance(0);

  assert.equal(parley.clock.pending(), 0);
});
