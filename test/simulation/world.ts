import type { Adapter } from '../../src/adapter.ts';
import type { OutboundMessage } from '../../src/message.ts';
import { createCluster } from './cluster.ts';
import { createDiscordLike } from './discord-like.ts';
import { createFaults, type Faults } from './faults.ts';
import { createFigures, type Figures } from './figures.ts';
import { type Instance, startInstance, timeoutMs } from './instance.ts';
import { createJournal, type Journal } from './journal.ts';
import { openSimulatedLedger, type SimulatedLedger } from './ledger.ts';
import type { Mutant } from './mutant.ts';
import { live, type World } from './life.ts';
import { createNetwork } from './network.ts';
import { createObserver, type Observer } from './observer.ts';
import { createPeople } from './people.ts';
import { createPlatform, type Platform, type Post } from './platform.ts';
import { isRevising, isStopping } from './revising.ts';
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

const startAt = Date.UTC(2026, 5, 1);

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
    const world = createWorld({
      revising: isRevising(seed),
      stopping: isStopping(seed),
      schedule,
      faults,
      journal,
      figures,
      onViolation,
      mutant,
    });
    await live(world, violations);
  } catch (error) {
    onViolation(`the simulation itself broke: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await new Promise((resolve) => setImmediate(resolve)); // rejections that nobody handles are told of at the end of the task
    process.off('unhandledRejection', onRejection);
  }
  figures.seeds = 1;
  figures.virtualMs = schedule.now() - startAt;
  return { seed, violations, figures, journal };
}

interface Basics {
  readonly revising: boolean;
  readonly stopping: boolean;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onViolation: (what: string) => void;
  readonly mutant: Mutant | undefined;
}

function createWorld(basics: Basics): World {
  const { schedule, journal, mutant } = basics;
  const ledger: SimulatedLedger = openSimulatedLedger(schedule.now);
  const observer = createObserver({ ...basics, store: ledger.store, now: schedule.now, timeoutMs });
  const planted = mutant?.plant({ db: ledger.db, now: schedule.now });
  const store = planted?.ledger?.(observer.store) ?? observer.store;
  const network = createNetwork(basics);
  const platforms = createPlatforms(basics, observer);
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
    people: createPeople({ ...basics, knock, platforms }),
    isAlive,
    stopAll,
  };
}

function createPlatforms({ schedule, journal, figures }: Basics, { isLate }: Observer): Map<string, Platform> {
  const onShow = ({ id, latest, text }: Post): void => {
    if (latest.isLate) figures.lateWrites += 1;
    journal.note('platform', 'shows', `${id} by ${latest.by}${latest.isLate ? ', LATE' : ''}: ${text}`);
  };
  const names = ['slack', 'discord', 'webhook'];
  return new Map(names.map((name) => [name, createPlatform({ name, now: schedule.now, isLate, onShow })]));
}
