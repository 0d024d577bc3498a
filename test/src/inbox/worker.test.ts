import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreError } from '../../../src/errors.ts';
import { createWorker, type WorkerOptions } from '../../../src/inbox/worker.ts';
import { openMemoryDatabase } from '../../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../../src/store/sqlite/in-process.ts';
import type { ClaimedTurn, Store } from '../../../src/store/store.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createGate } from '../../support/gate.ts';
import { createMessage } from '../../support/inbound.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createTestModel, unanswered } from '../../support/test-model.ts';
import { runUntil } from '../../support/run-until.ts';
import { createTestParley } from '../../support/test-parley.ts';

test('runs one turn at a time in a conversation', async (t) => {
  let running = 0;
  let most = 0;
  const clock = createFakeClock();
  const model = createTestModel(async () => {
    running += 1;
    most = Math.max(most, running);
    await clock.sleep(1_000);
    running -= 1;
    return 'ok';
  });
  const parley = createTestParley(t, { clock, model });
  await parley.start();

  for (let second = 0; second < 10; second += 1) {
    await parley.receive(createMessage(`question ${second}`));
    await clock.advance(300);
  }
  await clock.advance(10_000);

  assert.equal(most, 1);
  assert.equal(running, 0);
  assert.ok(model.requests.length > 1);
  await parley.stop();
});

test('runs as many conversations at once as it may, and takes the next one up as soon as one ends', async (t) => {
  const gates = Array.from({ length: 5 }, () => createGate<string>());
  const model = createTestModel((_request, call) => gates[call - 1]?.opened ?? 'ok');
  const parley = createTestParley(t, { model, concurrency: 3 });
  await parley.start();

  await parley.receive(...Array.from({ length: 5 }, (_, index) => createMessage('hello', { in: `c${index}` })));
  assert.equal(model.requests.length, 3);

  gates[1]?.open('done');
  await parley.clock.advance(0);
  assert.equal(model.requests.length, 4);

  for (const gate of gates) gate.open('done');
  await parley.clock.advance(0);
  assert.equal(model.requests.length, 5);
  await parley.stop();
});

test('saves a question and takes it up in one step where there is room, and behind the others where there is none', async (t) => {
  const gate = createGate<string>();
  const model = createTestModel(() => gate.opened);
  const steps: string[] = [];
  const parley = createTestParley(t, {
    model,
    concurrency: 1,
    aroundStore: (method, call) => {
      if (method.startsWith('accept')) steps.push(method);
      return call();
    },
  });
  await parley.start();

  await parley.receive(createMessage('first', { in: 'c1' }));
  await parley.receive(createMessage('second', { in: 'c2' }));

  assert.deepEqual(steps, ['acceptAndClaim', 'accept']);
  assert.equal(model.requests.length, 1);
  gate.open('ok');
  await parley.clock.advance(0);
  assert.equal(model.requests.length, 2);
  await parley.stop();
});

test('lets no conversation that never stops talking starve another', async (t) => {
  const clock = createFakeClock();
  const order: string[] = [];
  const model = createTestModel(async (request) => {
    const text = unanswered(request).at(-1) ?? '';
    order.push(text.slice(0, 6));
    if (text.startsWith('chatty')) await parley.context.accept([createMessage('chatty again', { in: 'loud' })]);
    await clock.sleep(100);
    return 'ok';
  });
  const parley = createTestParley(t, { clock, model, concurrency: 1 });
  await parley.start();

  await parley.receive(createMessage('chatty', { in: 'loud' }));
  await parley.receive(createMessage('quiet1', { in: 'q1' }), createMessage('quiet2', { in: 'q2' }));
  await clock.advance(450);

  assert.deepEqual(order.slice(0, 4), ['chatty', 'quiet1', 'quiet2', 'chatty']);
  await parley.stop(0);
});

interface BareWorker extends Partial<WorkerOptions> {
  readonly runTurn: WorkerOptions['runTurn'];
}

function createBareWorker({ runTurn, ...options }: BareWorker) {
  const clock = createFakeClock();
  const database = openMemoryDatabase();
  const store: Store = createInProcessStore(database, clock);
  const log = createMemoryLog();
  const worker = createWorker({
    store,
    runTurn,
    clock,
    log,
    owner: 'p1',
    concurrency: 10,
    leaseMs: 60_000,
    pollMs: 1_000,
    historyLimit: 10,
    ...options,
  });
  const accept = (...texts: string[]) => store.accept({ adapter: 'fake', events: texts.map((text) => createMessage(text)) });
  return { worker, clock, store, log, accept, close: () => database.close() };
}

test('takes a turn up again after a growing while when it ends in an error that nobody expected', async (t) => {
  const starts: number[] = [];
  const { worker, clock, log, accept, close } = createBareWorker({
    runTurn: async () => {
      starts.push(clock.now());
      throw new TypeError('a bug');
    },
  });
  t.after(close);
  await accept('hello');
  worker.start();

  await clock.advance(8_000);
  await runUntil(clock, worker.stop(0));

  const gaps = starts.slice(1).map((start, index) => start - (starts[index] ?? 0));
  assert.deepEqual(gaps, [1_000, 2_000, 4_000]);
  assert.equal(clock.pending(), 0);
  const [line] = log.find('turn failed unexpectedly');
  assert.equal(line?.fields['error'], 'a bug');
  assert.ok(line.fields['conversationId'] && line.fields['eventId']);
});

test('counts every claim as an attempt, and says what an earlier one may have left behind', async (t) => {
  const seen: Pick<ClaimedTurn, 'attempt' | 'stream'>[] = [];
  const { worker, clock, accept, close } = createBareWorker({
    runTurn: async ({ attempt, stream }) => {
      seen.push({ attempt, stream });
      throw new Error('down');
    },
  });
  t.after(close);
  await accept('hello');
  worker.start();

  await clock.advance(3_000);
  await runUntil(clock, worker.stop(0));

  assert.deepEqual(seen, [
    { attempt: 1, stream: undefined },
    { attempt: 2, stream: 'unknown' },
    { attempt: 3, stream: 'unknown' },
  ]);
});

test('goes on after a time in which nothing could be claimed', async (t) => {
  let down = true;
  const parley = createTestParley(t, {
    aroundStore: async (method, call) => {
      if (down && method === 'claimTurns') throw new StoreError('The database is locked.');
      return call();
    },
  });
  await parley.receive(createMessage('hello'));
  await parley.start();
  await parley.clock.advance(30_000);
  assert.deepEqual(parley.shown(), []);

  down = false;
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['Answer to: hello']);
  assert.ok(parley.log.find('turns could not be claimed').length > 0);
  await parley.stop();
});

test('finds by itself what another process has put into the ledger', async (t) => {
  const parley = createTestParley(t);
  await parley.start();

  await parley.store.accept({ adapter: 'fake', events: [createMessage('from elsewhere')] });
  await parley.clock.advance(1_000);

  assert.deepEqual(parley.shown(), ['Answer to: from elsewhere']);
  await parley.stop();
});
