import { type AtRest, examine } from './at-rest.ts';
import { examineRevised } from './at-rest-revised.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { SimulatedLedger } from './ledger.ts';
import type { Schedule } from './schedule.ts';

/** Everything there is, before anything has happened. */
export interface World extends Omit<AtRest, 'outbox' | 'replayed'> {
  readonly revising: boolean;
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly figures: Figures;
  readonly ledger: SimulatedLedger;
  readonly onViolation: (what: string) => void;
  /** All processes end in order, and none comes back. */
  stopAll(): Promise<void>;
}

/** Faults go on for so long after the last question, unless everything rests before. */
const troubleMs = 120_000;
/** From then on everything must come to rest within this time. */
const patienceMs = 15 * 60_000;
/** Longer than any process sleeps. */
const quietMs = 50_000;
/** Longer than a stop may take in which nothing goes wrong. */
const stopMs = 60_000;

/** From the first question to the end of all processes: trouble, rest, the replay of what is dead, and an orderly stop. */
export async function live(world: World, violations: readonly string[]): Promise<void> {
  await settle(world, violations);
  if (violations.length > 0) return;
  await check(world, new Set());
  if (violations.length > 0) return;
  const replayed = await replayDeadParts(world);
  if (replayed.size > 0) {
    await settle(world, violations);
    if (violations.length > 0) return;
    await check(world, replayed);
    const isDeadAgain = !world.revising && [...world.ledger.outbox().values()].some(({ state }) => state === 'dead');
    if (isDeadAgain) world.onViolation('a part that was replayed is dead again');
  }
  await stop(world, violations);
}

/** Lets time pass until it is over, looking every second, or until something is wrong. */
async function passUntil({ schedule }: World, violations: readonly string[], isOver: () => boolean): Promise<void> {
  let isDone = false;
  const look = (): void => {
    isDone = isOver();
    if (!isDone) schedule.at(1_000, look);
  };
  schedule.at(0, look);
  await schedule.run(() => isDone || violations.length > 0);
}

function isAtRest({ people, ledger }: World): boolean {
  return people.areDone() && ledger.open() === 0;
}

/** Passes the time of trouble, and waits for rest; then for whoever still sleeps. */
async function settle(world: World, violations: readonly string[]): Promise<void> {
  const { schedule, faults, people, ledger, onViolation } = world;
  const patience = Math.max(schedule.now(), people.lastAt + troubleMs) + patienceMs;
  await passUntil(world, violations, () => {
    if (schedule.now() > people.lastAt + troubleMs) faults.end();
    return isAtRest(world) || schedule.now() > patience;
  });
  if (violations.length === 0 && !isAtRest(world))
    onViolation(`it does not come to rest: ${ledger.open()} events and parts are left`);
  faults.end();
  const quietAt = schedule.now() + quietMs;
  await passUntil(world, violations, () => schedule.now() >= quietAt);
}

const residues = ['second', 'begun', 'overwritten', 'remains'] as const;

async function check(world: World, replayed: ReadonlySet<string>): Promise<void> {
  const { ledger, figures, onViolation } = world;
  if (!isAtRest(world)) onViolation('it was at rest, and is not any more');
  const { violations, residue } = await (world.revising ? examineRevised : examine)({
    ...world,
    outbox: ledger.outbox(),
    replayed,
  });
  for (const what of violations) onViolation(what);
  for (const kind of residues) figures[kind] = residue.filter((each) => each === kind).length;
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

async function stop(world: World, violations: readonly string[]): Promise<void> {
  const { schedule, stopAll, onViolation } = world;
  let isStopped = false;
  void stopAll().then(() => {
    isStopped = true;
  });
  const patience = schedule.now() + stopMs;
  await passUntil(world, violations, () => isStopped || schedule.now() > patience);
  if (violations.length === 0 && !isStopped) onViolation('a stop does not end');
}
