import { StoreError } from '../../src/errors.ts';
import type { Store } from '../../src/store/store.ts';
import type { Faults } from './faults.ts';
import type { SimulatedProcess } from './process.ts';
import type { Schedule } from './schedule.ts';

export interface StoreLinkOptions {
  readonly process: SimulatedProcess;
  readonly schedule: Schedule;
  readonly faults: Faults;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * The store as one process has it: a call may never leave, because the process crashes before; it may be carried out and find
 * nobody to answer; it may be refused, and then nothing has happened.
 */
export function linkStore(store: Store, { process, schedule, faults }: StoreLinkOptions): Store {
  const latency = (): number => (faults.chance(0.03) ? faults.between(5, 400) : faults.between(0, 2));

  const link =
    (label: string, method: Method): Method =>
    (...args) =>
      new Promise((resolve, reject) => {
        const answer = (task: () => void): void => void process.later({ kind: 'io', label, ms: latency() }, task);
        process.later({ kind: 'local', label, ms: 0 }, () => {
          if (faults.strikes(0.01 * faults.temper.store))
            return answer(() => reject(new StoreError('simulated: the database is locked')));
          schedule.at(latency(), () => {
            method(...args).then(
              (value) => answer(() => resolve(value)),
              (error: Error) => answer(() => reject(error)),
            );
          });
          return undefined;
        });
      });

  const methods = Object.entries(store).map(([name, method]: [string, Method]) => [name, link(name, method)]);
  return Object.fromEntries(methods) as Store; // the same keys with functions of the same shape
}
