import type { Adapter } from '../../src/adapter.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { examine } from './at-rest.ts';
import { createCluster } from './cluster.ts';
import { createDiscordLike } from './discord-like.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFigures, type Figures } from './figures.ts';
import { type Instance, startInstance, timeoutMs } from './instance.ts';
import { createJournal, type Journal } from './journal.ts';
import { openSimulatedLedger, type SimulatedLedger } from './ledger.ts';
import type { Mutant } from './mutant.ts';
import { createNetwork } from './network.ts';
import { createObserver } from './observer.ts';
import { createPeople } from './people.ts';
import { createPlatform, type Post } from './platform.ts';
import type { SimulatedProcess } from './process.ts';
import { createSchedule, type Schedule } from './schedule.ts';
import { createSimulatedModel } from './simulated-model.ts';
import { createSlackLike } from './slack-like.ts';
import { linkStore } from './store-link.ts';
import { createWebhookLike } from './webhook-like.ts';

export interface Run {
  readonly seed: number;
  /** What went wrong; empty when nothing did. */
  readonly violations: readonly string[];
  readonly figures: Figures;
  readonly journal: Journal;
}

const residues = ['second', 'begun', 'overwritten', 'remains'] as const;
const startAt = Date.UTC(2026, 5, 1);
/** Faults go on for so long after the last question, unless everything rests before. */
const troubleMs = 120_000;
/** From then on everything must come to rest within this time. */
const patienceMs = 15 * 60_000;
/** Longer than any process sleeps. */
const quietMs = 50_000;

/** Lives one seed from the first question to the end of both processes. */
export async function runSeed(seed: number, mutant?: Mutant): Promise<Run> {
  const schedule = createSchedule(startAt);
  const faults = createFaults(seed);
  const journal = createJournal(schedule.now);
  const figures = createFigures();
  const violations: string[] = [];
  const onViolation = (what: string): void => {
    if (violations.includes(what)) return;
    violations.push(what);
    journal.note('', 'VIOLATION', what);
  };
  const onRejection = (error: unknown): void => onViolation(`a promise was rejected, and nobody cared: ${String(error)}`);
  process.on('unhandledRejection', onRejection);
  try {
    const world = createWorld({ schedule, faults, journal, figures, onViolation, mutant });
    await live(world, violations);
  } finally {
    await new Promise((resolve) => setImmediate(resolve)); // rejections that nobody handles are told of at the end of the task
    process.off('unhandledRejection', onRejection);
  }
  figures.seeds = 1;
  figures.virtualMs = schedule.now() - startAt;
  return { seed, violations, figures, journal };
}

async function live(world: World, violations: readonly string[]): Promise<void> {
  const { schedule, faults, people, ledger, figures, onViolation } = world;
  const until = async (isOver: () => boolean): Promise<boolean> => {
    let isDone = false;
    const look = (): void => {
      isDone = isOver();
      if (!isDone) schedule.at(1_000, look);
    };
    schedule.at(0, look);
    await schedule.run(() => isDone || violations.length > 0);
    return violations.length === 0;
  };
  const isQuiet = (): boolean => people.areDone() && ledger.open() === 0;
  const settle = async (): Promise<boolean> => {
    const patience = Math.max(schedule.now(), people.lastAt + troubleMs) + patienceMs;
    const isRunning = await until(() => {
      if (schedule.now() > people.lastAt + troubleMs) faults.end();
      return isQuiet() || schedule.now() > patience;
    });
    if (isRunning && !isQuiet()) onViolation(`it does not come to rest: ${ledger.open()} events and parts are left`);
    faults.end();
    const quietAt = schedule.now() + quietMs;
    return until(() => schedule.now() >= quietAt);
  };
  const check = async (replayed: ReadonlySet<string>): Promise<void> => {
    if (!isQuiet()) onViolation('it was at rest, and is not any more');
    const findings = await examine({ ...world, outbox: ledger.outbox(), replayed });
    for (const what of findings.violations) onViolation(what);
    for (const kind of residues) figures[kind] = findings.residue.filter((each) => each === kind).length;
  };

  if (!(await settle())) return;
  await check(new Set());
  if (violations.length > 0) return;
  const replayed = await replayDeadParts(world);
  if (replayed.size > 0) {
    if (!(await settle())) return;
    await check(replayed);
    if ([...ledger.outbox().values()].some(({ state }) => state === 'dead'))
      onViolation('a part that was replayed is dead again');
  }
  let isStopped = false;
  void world.stopAll().then(() => {
    isStopped = true;
  });
  await until(() => isStopped);
}

/** As an operator does once a platform works again. */
async function replayDeadParts({ store, ledger, figures }: World): Promise<Set<string>> {
  const letters = await store.listDeadLetters({ limit: 1_000 });
  figures.deadLetters += letters.length;
  const replayed = new Set<string>();
  for (const [id, { state }] of ledger.outbox()) if (state === 'dead') replayed.add(id);
  for (const { id, kind } of letters) if (kind === 'delivery') await store.replayDeadLetter(id);
  return replayed;
}

interface Basics {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onViolation: (what: string) => void;
  readonly mutant: Mutant | undefined;
}

type World = ReturnType<typeof createWorld>;

function createWorld(basics: Basics) {
  const { schedule, journal, mutant } = basics;
  const ledger: SimulatedLedger = openSimulatedLedger(schedule.now);
  const observer = createObserver({ ...basics, store: ledger.store, now: schedule.now, timeoutMs });
  const planted = mutant?.plant({ db: ledger.db, now: schedule.now });
  const store = planted?.ledger?.(observer.store) ?? observer.store;
  const network = createNetwork(basics);
  const onShow = ({ id, latest, text }: Post): void => {
    if (latest.isLate) basics.figures.lateWrites += 1;
    journal.note('platform', 'shows', `${id} by ${latest.by}${latest.isLate ? ', LATE' : ''}: ${text}`);
  };
  const platforms = new Map(
    ['slack', 'discord', 'webhook'].map((name) => [
      name,
      createPlatform({ name, now: schedule.now, isLate: observer.isLate, onShow }),
    ]),
  );
  const splitAt = 48;
  let calls = 0;

  function createAdapters(process: SimulatedProcess): Adapter[] {
    const { streaming } = basics.faults.temper;
    const kinds = { slack: createSlackLike, discord: createDiscordLike, webhook: createWebhookLike };
    return Object.entries(kinds).map(([name, create]) => {
      const platform = platforms.get(name)!; // it was made from the same names
      const parts = { process, network, platform, leases: observer.leases, streaming, splitAt };
      const created = create(parts);
      const adapter = planted?.adapter?.(created) ?? created;
      return {
        ...adapter,
        send: (message: OutboundMessage, signal: AbortSignal) => {
          observer.onSend(process.name, message);
          return adapter.send(message, signal);
        },
      };
    });
  }

  function start(process: SimulatedProcess): Instance {
    const linked = linkStore(store, { ...basics, process });
    const model = createSimulatedModel({
      ...basics,
      process,
      nextCall: () => {
        calls += 1;
        return calls;
      },
    });
    const mutated = planted?.store?.(linked, process) ?? linked;
    journal.note(process.name, 'STARTS');
    return startInstance({
      ...basics,
      temper: basics.faults.temper,
      process,
      store: mutated,
      adapters: createAdapters(process),
      model,
    });
  }

  const { knock, isAlive, stopAll } = createCluster({ ...basics, start });
  return {
    ...basics,
    ledger,
    observer,
    store: ledger.store,
    platforms,
    people: createPeople({ ...basics, knock }),
    isAlive,
    stopAll,
  };
}
