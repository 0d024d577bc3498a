import type { Adapter } from '../../src/adapter.ts';
import type { InboundEvent } from '../../src/message.ts';
import { examine } from './at-rest.ts';
import { createDiscordLike } from './discord-like.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFigures, type Figures } from './figures.ts';
import { type Instance, startInstance } from './instance.ts';
import { createJournal, type Journal } from './journal.ts';
import { openSimulatedLedger, type SimulatedLedger } from './ledger.ts';
import type { Mutant } from './mutants.ts';
import { createNetwork } from './network.ts';
import { createObserver } from './observer.ts';
import { createPeople } from './people.ts';
import { createPlatform, type Post } from './platform.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
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
    figures.lateResidue = findings.residue.filter((kind) => kind === 'late').length;
    figures.remains = findings.residue.filter((kind) => kind === 'remains').length;
  };

  if (!(await settle())) return;
  await check(new Set());
  if (violations.length > 0) return;
  const replayed = await replayDeadParts(world);
  if (replayed.size > 0) {
    if (!(await settle())) return;
    await check(replayed);
    if ([...ledger.outbox().values()].some(({ state }) => state === 'dead')) onViolation('a part that was replayed is dead again');
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
  const observer = createObserver({ ...basics, now: schedule.now });
  const watched = observer.watch(ledger.store);
  const planted = mutant?.plant({ db: ledger.db, now: schedule.now });
  const store = planted?.ledger?.(watched) ?? watched;
  const network = createNetwork(basics);
  const onShow = ({ id, latest, text }: Post): void => {
    if (latest.isLate) basics.figures.lateWrites += 1;
    journal.note('platform', 'shows', `${id} by ${latest.by}${latest.isLate ? ', LATE' : ''}: ${text}`);
  };
  const platforms = new Map(
    ['slack', 'discord', 'webhook'].map((name) => [name, createPlatform({ name, now: schedule.now, isLate: observer.isLate, onShow })]),
  );
  const splitAt = 48;
  let calls = 0;

  function createAdapters(process: SimulatedProcess): Adapter[] {
    const { streaming } = basics.faults.temper;
    const kinds = { slack: createSlackLike, discord: createDiscordLike, webhook: createWebhookLike };
    return Object.entries(kinds).map(([name, create]) => {
      const platform = platforms.get(name)!; // it was made from the same names
      const adapter = create({ process, network, platform, leases: observer.leases, streaming, splitAt });
      return planted?.adapter?.(adapter) ?? adapter;
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
    return startInstance({ ...basics, temper: basics.faults.temper, process, store: mutated, adapters: createAdapters(process), model });
  }

  const { knock, isAlive, stopAll } = createCluster(basics, start);
  return { ...basics, ledger, observer, store: ledger.store, platforms, people: createPeople({ ...basics, knock }), isAlive, stopAll };
}

/** Two processes that share the ledger. One that ends, in whatever way, comes back after a while under another name. */
function createCluster(basics: Basics, start: (process: SimulatedProcess) => Instance) {
  const { schedule, faults, figures, journal, onViolation } = basics;
  const slots = ['a', 'b'].map((name) => ({ name, lives: 0, instance: undefined as Instance | undefined }));
  let isClosing = false;

  function begin(slot: (typeof slots)[number]): void {
    slot.lives += 1;
    const process = createProcess({
      ...basics,
      name: `${slot.name}${slot.lives}`,
      onCrash: () => {
        figures.crashes += 1;
        end(slot, faults.between(500, 20_000));
      },
      onStall: () => {
        figures.stalls += 1;
      },
      onStop: () => void stop(slot, faults.pick([0, 2_000, 10_000])),
    });
    slot.instance = start(process);
  }

  function end(slot: (typeof slots)[number], restartMs: number): void {
    slot.instance = undefined;
    if (!isClosing) schedule.at(restartMs, () => begin(slot));
  }

  async function stop(slot: (typeof slots)[number], drainMs: number): Promise<void> {
    const { instance } = slot;
    if (!instance || stopping.has(instance)) return;
    stopping.add(instance);
    figures.stops += 1;
    journal.note(instance.process.name, 'STOPS', `within ${drainMs} ms`);
    const left = (await instance.stop(drainMs)).filter((step) => step.endsWith('(timer)'));
    if (left.length > 0) onViolation(`${instance.process.name} has stopped and left behind: ${left.join(', ')}`);
    end(slot, faults.between(500, 3_000));
  }

  const stopping = new WeakSet<Instance>();
  for (const slot of slots) begin(slot);

  return {
    knock: (event: InboundEvent, acknowledge: () => void): void => {
      const running = slots.flatMap(({ instance }) => instance ?? []);
      if (running.length > 0) faults.pick(running).receive(event, acknowledge);
    },
    isAlive: (name: string): boolean => slots.some(({ instance }) => instance?.process.name === name),
    stopAll: async (): Promise<void> => {
      isClosing = true;
      await Promise.all(slots.map((slot) => stop(slot, 5_000)));
    },
  };
}
