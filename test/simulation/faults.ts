import { calm, isRevising, isStopping } from './revising.ts';
import { createRandom } from '../support/fake-clock.ts';

/**
 * Chance, all of it from one seed. Every seed has a temper of its own: some are without stalls, some have nothing but them, because
 * a fault that is always there hides what another one would show.
 */
export interface Faults {
  readonly temper: Temper;
  /** Evenly distributed in [0, 1). */
  random(): number;
  /** A whole number between both, either included. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** True with this probability, whether or not faults are over. */
  chance(probability: number): boolean;
  /** True with this probability while there are faults. */
  strikes(probability: number): boolean;
  /** What befalls a process at a step of its own. */
  atStep(label: string): 'crash' | 'stall' | 'stop' | undefined;
  /** No more of them: now the system has to come to rest. */
  end(): void;
}

/** Factors on the usual frequency of each fault, and the conditions of the run. */
export interface Temper {
  readonly crash: number;
  readonly stall: number;
  readonly stop: number;
  /** Of requests to platforms. */
  readonly network: number;
  /** Of what platforms deliver. */
  readonly delivery: number;
  readonly model: number;
  readonly store: number;
  readonly streaming: boolean;
  readonly concurrency: number;
  readonly maxAttempts: number;
  readonly staleAfterMs: number;
  readonly deliveryExpiryMs: number;
  /** Processes die of one of the questions, and of nothing else: so it is plain who is to blame. */
  readonly poison: boolean;
}

/** Steps after which most is at stake come seldom, and looks into an empty ledger come all the time: they crash as often. */
const weights: Readonly<Record<string, number>> = {
  claimTurns: 0.25,
  claimDeliveries: 0.25,
  renewTurns: 0.5,
  timer: 0.1,
  typing: 0.2,
  accept: 1.5,
  acceptAndClaim: 1.5,
  noteStream: 2,
  commitTurn: 2,
  postponeTurn: 2,
  settleSent: 2,
  settleFailed: 2,
  send: 2,
  find: 2,
  remove: 2,
};

/** By its number, so that the histories of the other seeds stay what they are. */
const poisonEvery = 10;

const perStep = { crash: 0.0022, stall: 0.0022, stop: 0.0004 };

export function createFaults(seed: number): Faults {
  const random = createRandom(seed * 2_654_435_761 + 12_345);
  let over = false;

  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
  const chance = (probability: number): boolean => random() < probability;
  const drawn = drawTemper(pick);
  const usual = seed % poisonEvery === 0 ? { ...drawn, poison: true, crash: 0, stall: 0, stop: 0 } : drawn;
  // What was stopped is still read with what is asked later: whoever dies of a question does so again.
  const unharmed = isStopping(seed) ? drawn : usual;
  const temper: Temper = isRevising(seed) ? { ...drawn, ...calm } : unharmed;

  return {
    temper,
    random,
    between,
    pick,
    chance,
    strikes: (probability) => !over && chance(probability),
    atStep: (label) => {
      if (over) return undefined;
      const draw = random() / (weights[label] ?? 1);
      const crash = perStep.crash * temper.crash;
      const stall = crash + perStep.stall * temper.stall;
      if (draw < crash) return 'crash';
      if (draw < stall) return 'stall';
      return draw < stall + perStep.stop * temper.stop ? 'stop' : undefined;
    },
    end: () => {
      over = true;
    },
  };
}

function drawTemper(pick: Faults['pick']): Temper {
  return {
    crash: pick([0, 0.5, 1, 1, 2]),
    stall: pick([0, 0, 0.5, 1, 2]),
    stop: pick([0, 0, 1, 3]),
    network: pick([0, 0.5, 1, 1, 3]),
    delivery: pick([0, 1, 1, 3]),
    model: pick([0, 1, 1, 3]),
    store: pick([0, 0, 0, 1]),
    streaming: pick([true, true, false]),
    concurrency: pick([2, 4, 8]),
    maxAttempts: pick([2, 5, 5]),
    staleAfterMs: pick([45_000, 3_600_000, 3_600_000, 3_600_000]),
    deliveryExpiryMs: pick([60_000, 1_800_000, 1_800_000, 1_800_000]),
    poison: false,
  };
}
