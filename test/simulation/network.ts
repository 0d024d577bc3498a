import { DeliveryError } from '../../src/errors.ts';
import type { Faults } from './faults.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';
import type { SimulatedProcess } from './process.ts';
import type { Schedule } from './schedule.ts';

/** What a platform answers when it does not do what it was asked. */
export class PlatformRefusal extends Error {}

export interface PlatformCall<Result> {
  readonly label: string;
  readonly detail: string;
  readonly signal: AbortSignal;
  /** What the platform does when the request reaches it. Throws PlatformRefusal. */
  readonly effect: () => Result;
}

export interface Network {
  /**
   * One request to a platform and its answer. Rejects with a DeliveryError, a PlatformRefusal, or the signal's reason: then it is
   * not known whether the platform still gets the request, or already has.
   */
  request<Result>(from: SimulatedProcess, call: PlatformCall<Result>): Promise<Result>;
}

export interface NetworkOptions {
  readonly schedule: Schedule;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly figures: Figures;
}

/**
 * `lost`: nothing arrives. `unanswered`: the platform does it, the answer is lost. `limited`: 429. `troubled`: a 5xx, done or not.
 * `forbidden`: refused, and would be again.
 */
type Fate = 'good' | 'lost' | 'unanswered' | 'limited' | 'troubled' | 'forbidden';

export function createNetwork(options: NetworkOptions): Network {
  return {
    request: (from, call) =>
      new Promise((resolve, reject) => {
        const { signal } = call;
        let abortedAt = Number.POSITIVE_INFINITY;
        const onAbort = (): void => {
          abortedAt = options.schedule.now();
          reject(signal.reason as Error); // Parley aborts with errors only
        };
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        // An adapter has some way to go to the socket: at each of its steps the process may fall asleep.
        from.later({ kind: 'local', label: call.label, ms: 0 }, () => {
          if (signal.aborted) return;
          options.figures.requests += 1;
          travel(options, from, {
            ...call,
            isCutOff: () => options.schedule.now() > abortedAt + afterlifeMs,
            resolve: (result) => {
              signal.removeEventListener('abort', onAbort);
              resolve(result);
            },
            reject: (error) => {
              signal.removeEventListener('abort', onAbort);
              reject(error);
            },
          });
        });
        return undefined;
      }),
  };
}

/** A request that its sender gives up is still carried out if it arrives within this time; after that its connection is gone. */
const afterlifeMs = 1_000;

interface Travel<Result> extends PlatformCall<Result> {
  readonly isCutOff: () => boolean;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

function travel<Result>(options: NetworkOptions, from: SimulatedProcess, call: Travel<Result>): void {
  const { schedule, faults, journal, figures } = options;
  const fate = drawFate(faults, call.label);
  const answer = (error: Error | undefined, result?: Result): void => {
    from.later({ kind: 'io', label: call.label, ms: latency(faults) }, () => {
      if (error) call.reject(error);
      else call.resolve(result as Result); // there is a result where there is no error
    });
  };
  const note = (outcome: string): void => journal.note(from.name, call.label, `${call.detail}: ${outcome}`);
  const hangUp = (): void => {
    if (faults.chance(0.5)) answer(lostConnection()); // otherwise silence, until somebody loses patience
  };

  if (fate === 'lost') {
    figures.lostRequests += 1;
    note('request lost');
    return hangUp();
  }
  schedule.at(latency(faults), () => {
    if (call.isCutOff()) return note('cut off');
    if (fate === 'limited') {
      const retryAfterMs = faults.between(1, 20) * 1_000;
      figures.refusals += 1;
      note(`429, retry after ${retryAfterMs} ms`);
      return answer(rateLimited(retryAfterMs));
    }
    if (fate === 'forbidden') {
      figures.refusals += 1;
      note('forbidden');
      return answer(forbidden());
    }
    if (fate === 'troubled' && faults.chance(0.5)) {
      figures.refusals += 1;
      note('500, not done');
      return answer(trouble());
    }
    let result: Result;
    try {
      result = call.effect();
    } catch (error) {
      if (!(error instanceof PlatformRefusal)) throw error;
      note(`refused: ${error.message}`);
      return answer(error);
    }
    if (fate === 'good') {
      note('done');
      return answer(undefined, result);
    }
    figures.lostAnswers += 1;
    note(fate === 'troubled' ? 'done, but answered 500' : 'done, answer lost');
    return fate === 'troubled' ? answer(trouble()) : hangUp();
  });
}

function drawFate(faults: Faults, label: string): Fate {
  const { network } = faults.temper;
  if (faults.strikes(0.03 * network)) return 'lost';
  if (faults.strikes(0.06 * network)) return 'unanswered';
  if (faults.strikes(0.04 * network)) return 'limited';
  if (faults.strikes(0.02 * network)) return 'troubled';
  // Who may write may take away what it wrote.
  return faults.strikes(0.003 * network) && label !== 'remove' ? 'forbidden' : 'good';
}

/** One way, in ms. */
function latency(faults: Faults): number {
  return faults.chance(0.05) ? faults.between(200, 3_000) : faults.between(5, 120);
}

function lostConnection(): DeliveryError {
  return new DeliveryError({ message: 'simulated: connection lost', retryable: true, uncertain: true });
}

function rateLimited(retryAfterMs: number): DeliveryError {
  return new DeliveryError({ message: 'simulated: 429', retryable: true, uncertain: false, retryAfterMs });
}

function trouble(): DeliveryError {
  return new DeliveryError({ message: 'simulated: 500', retryable: true, uncertain: true });
}

function forbidden(): DeliveryError {
  return new DeliveryError({ message: 'simulated: forbidden', retryable: false, uncertain: false });
}
