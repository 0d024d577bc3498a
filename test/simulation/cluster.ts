import type { InboundEvent } from '../../src/message.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { Instance } from './instance.ts';
import type { Journal } from './journal.ts';
import { createProcess, type SimulatedProcess } from './process.ts';
import type { Schedule } from './schedule.ts';

export interface ClusterOptions {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onViolation: (what: string) => void;
  readonly start: (process: SimulatedProcess) => Instance;
}

export interface Cluster {
  /** An event arrives at one of them. */
  knock(event: InboundEvent, acknowledge: () => void): void;
  isAlive(process: string): boolean;
  /** All end in order, and none comes back. */
  stopAll(): Promise<void>;
}

interface Slot {
  readonly name: string;
  lives: number;
  instance: Instance | undefined;
}

/** Two processes that share the ledger. One that ends, in whatever way, comes back after a while under another name. */
export function createCluster(options: ClusterOptions): Cluster {
  const { schedule, faults, figures, journal, onViolation, start } = options;
  const slots = ['a', 'b'].map((name): Slot => ({ name, lives: 0, instance: undefined }));
  const stopping = new WeakSet<Instance>();
  let isClosing = false;

  function begin(slot: Slot): void {
    slot.lives += 1;
    const process = createProcess({
      ...options,
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

  function end(slot: Slot, restartMs: number): void {
    slot.instance = undefined;
    if (!isClosing) schedule.at(restartMs, () => begin(slot));
  }

  async function stop(slot: Slot, drainMs: number): Promise<void> {
    const { instance } = slot;
    if (!instance || stopping.has(instance)) return;
    stopping.add(instance);
    figures.stops += 1;
    journal.note(instance.process.name, 'STOPS', `within ${drainMs} ms`);
    const left = (await instance.stop(drainMs)).filter((step) => step.endsWith('(timer)'));
    if (left.length > 0) onViolation(`${instance.process.name} has stopped and left behind: ${left.join(', ')}`);
    end(slot, faults.between(500, 3_000));
  }

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
