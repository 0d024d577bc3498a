import type { TestContext } from 'node:test';
import type { Adapter, AdapterContext, EventStatus } from '../../src/adapter.ts';
import type { Clock } from '../../src/clock.ts';
import type { TurnLimits } from '../../src/conversation/limits.ts';
import type { Moderation } from '../../src/conversation/moderation.ts';
import { createSummaries } from '../../src/conversation/rolling-summary.ts';
import { createTurnRunner } from '../../src/conversation/turn.ts';
import { createToolsForTurn } from '../../src/conversation/turn-tools.ts';
import type { ReadFiles } from '../../src/files/read-files.ts';
import { createInbox } from '../../src/inbox/inbox.ts';
import { createWorker, type Worker } from '../../src/inbox/worker.ts';
import type { InboundEvent } from '../../src/message.ts';
import { createDeliver } from '../../src/outbox/delivery.ts';
import { createOutbox, type Outbox } from '../../src/outbox/outbox.ts';
import type { RetryPolicy } from '../../src/retry.ts';
import { openMemoryDatabase, type OpenedDatabase } from '../../src/store/sqlite/database.ts';
import { createInProcessStore } from '../../src/store/sqlite/in-process.ts';
import type { RevisionRules } from '../../src/store/revision.ts';
import type { Store } from '../../src/store/store.ts';
import { createApprovers, type ApproverSettings } from '../../src/tools/approvers.ts';
import type { Toolbox } from '../../src/tools/toolbox.ts';
import { createFakeAdapter, type FakeAdapter } from './fake-adapter.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { conversationIdOf, testTenant } from './inbound.ts';
import { createMemoryLog, type MemoryLog } from './memory-log.ts';
import { runUntil } from './run-until.ts';
import { createTestModel, type TestModel } from './test-model.ts';

type StoreMethod = keyof Store;

export interface TestParleyOptions {
  readonly clock?: FakeClock;
  /** Given to a second process, it carries on with what the first one left. */
  readonly database?: OpenedDatabase;
  readonly adapter?: FakeAdapter;
  readonly adapters?: readonly Adapter[];
  readonly model?: TestModel;
  readonly owner?: string;
  readonly instructions?: string;
  readonly concurrency?: number;
  readonly contextTokens?: number;
  readonly staleAfterMs?: number;
  readonly revisions?: RevisionRules;
  readonly retry?: Partial<RetryPolicy>;
  readonly delivery?: Partial<RetryPolicy>;
  /** Called with every text whose tokens are counted. */
  readonly onCount?: (text: string) => void;
  readonly loadTokenizer?: () => Promise<void>;
  readonly readFiles?: ReadFiles;
  /** Whether long conversations are summed up. */
  readonly summaries?: boolean;
  /** Whether facts are kept; true where it is left out. */
  readonly memory?: boolean;
  readonly toolbox?: Toolbox;
  readonly limits?: Omit<TurnLimits, 'store'>;
  readonly moderation?: Moderation | undefined;
  /** Who may approve calls on which adapter; nobody where it is left out. */
  readonly approvers?: ApproverSettings;
  /** Runs in place of every call of the store, to delay it or make it fail. */
  readonly aroundStore?: <Result>(method: StoreMethod, call: () => Promise<Result>) => Promise<Result>;
}

/** The core of Parley as main.ts puts it together, on a database in memory, virtual time, a fake platform and a fake model. */
export interface TestParley {
  readonly clock: FakeClock;
  readonly database: OpenedDatabase;
  readonly store: Store;
  readonly adapter: FakeAdapter;
  readonly model: TestModel;
  readonly log: MemoryLog;
  readonly worker: Worker;
  readonly outbox: Outbox;
  readonly context: AdapterContext;
  /** Takes over what an earlier process left and begins to work. */
  start(): Promise<void>;
  /** Accepts events and lets what they set off run, without time passing. */
  receive(...events: InboundEvent[]): Promise<void>;
  /** As main.ts does; virtual time passes until it has ended. */
  stop(drainMs?: number): Promise<void>;
  /** Ends it as SIGKILL does: no timer fires and no call of the store is made any more. */
  kill(): void;
  /** What the platform shows in a conversation. */
  shown(conversation?: string): string[];
  status(event: Pick<InboundEvent, 'eventId'>): Promise<EventStatus | undefined>;
}

const leaseMs = 60_000;
const retry: RetryPolicy = { baseMs: 1_000, maxMs: 30_000, expiryMs: 5 * 60_000, maxAttempts: 5 };
const delivery: RetryPolicy = { baseMs: 500, maxMs: 60_000, expiryMs: 60 * 60_000, maxAttempts: 20 };
export const deliveryTimeoutMs = 15_000;

export function createTestParley(test: TestContext, options: TestParleyOptions = {}): TestParley {
  const { owner = 'p1', adapter = createFakeAdapter(), model = createTestModel() } = options;
  const database = options.database ?? openMemoryDatabase();
  if (!options.database) test.after(() => database.close());
  const time = options.clock ?? createFakeClock();
  const clock = createMortalClock(time);
  const log = createMemoryLog();
  const store = interceptStore(createInProcessStore(database, clock), async (method, call) => {
    if (clock.dead()) return new Promise<never>(() => undefined);
    return options.aroundStore ? options.aroundStore(method, call) : call();
  });
  const adapters = new Map((options.adapters ?? [adapter]).map((each) => [each.name, each]));
  const shared = { store, clock, log, owner, leaseMs, pollMs: 1_000, concurrency: options.concurrency ?? 256 };
  const approvers = createApprovers(options.approvers ?? {});
  const policy = { ...delivery, ...options.delivery };
  const outbox = createOutbox({
    ...shared,
    deliver: createDeliver({ ...shared, adapters, policy, timeoutMs: deliveryTimeoutMs }),
  });
  const countTokens = (text: string): number => {
    options.onCount?.(text);
    return Math.ceil(text.length / 4);
  };
  const contextTokens = options.contextTokens ?? 8_000;
  const summaries = options.summaries ? createSummaries({ ...shared, countTokens, contextTokens, maxMessages: 50 }) : undefined;
  const runTurn = createTurnRunner({
    summaries,
    memory: { store, keepsFacts: options.memory ?? true, onForgotten: (ids) => worker.interrupt(ids) },
    store,
    adapters,
    clock,
    log,
    model,
    countTokens,
    deliver: (first) => outbox.send(first),
    bot: { name: 'Parley', instructions: options.instructions ?? 'Be helpful.' },
    contextTokens,
    ...(options.loadTokenizer ? { loadTokenizer: options.loadTokenizer } : {}),
    readFiles: options.readFiles,
    moderation: options.moderation,
    ...(options.limits ? { limits: { store, ...options.limits } } : {}),
    ...(options.toolbox ? { toolsFor: createToolsForTurn({ store, clock, approvers, toolbox: options.toolbox }) } : {}),
    staleAfterMs: options.staleAfterMs ?? 60 * 60_000,
    retry: { ...retry, ...options.retry },
    delivery: { leaseMs, expiryMs: policy.expiryMs },
  });
  const worker = createWorker({
    ...shared,
    runTurn,
    historyLimit: 50,
    ...(options.revisions ? { revisions: options.revisions } : {}),
  });
  async function stopInOrder(drainMs: number): Promise<void> {
    await worker.stop(drainMs);
    await outbox.stop(drainMs);
    await store.handBack(owner);
  }
  const context = createInbox({ store, clock, log, accept: worker.accept, authorityOf: approvers.authorityOf }).contextFor(
    adapter.name,
  );
  return {
    clock: time,
    database,
    store,
    adapter,
    model,
    log,
    worker,
    outbox,
    context,
    start: async () => {
      await store.takeOver();
      outbox.start();
      worker.start();
      await time.advance(0);
    },
    receive: async (...events) => {
      await context.accept(events);
      await time.advance(0);
    },
    stop: (drainMs = 10_000) => runUntil(time, stopInOrder(drainMs)),
    kill: () => clock.kill(),
    shown: (conversation = 'c1') => adapter.textsIn(conversationIdOf(conversation, adapter.name)),
    status: ({ eventId }) => context.status(testTenant, eventId),
  };
}

/** The clock of one process: its timers die with it. */
function createMortalClock(clock: FakeClock): Clock & { kill(): void; dead(): boolean } {
  let dead = false;
  return {
    ...clock,
    after: (ms, task) =>
      clock.after(ms, () => {
        if (!dead) task();
      }),
    sleep: async (ms, signal) => {
      await clock.sleep(ms, signal);
      if (dead) await new Promise(() => undefined);
    },
    kill: () => {
      dead = true;
    },
    dead: () => dead,
  };
}

function interceptStore(
  store: Store,
  around: <Result>(method: StoreMethod, call: () => Promise<Result>) => Promise<Result>,
): Store {
  const methods = Object.entries(store).map(([name, method]: [string, (...args: unknown[]) => Promise<unknown>]) => [
    name,
    (...args: unknown[]) => around(name as StoreMethod, () => method(...args)), // a key of the store
  ]);
  return Object.fromEntries(methods) as Store; // the same keys with functions of the same shape
}
