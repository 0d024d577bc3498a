import type { Clock } from '../../clock.ts';
import { ModelError } from '../../errors.ts';
import { onAbort } from '../../on-abort.ts';
import { createRates, type RateLimits, type Sent } from './rates.ts';

export interface RateSettings extends RateLimits {
  /** Who would have to wait longer is sent away, to ask another model or later. */
  readonly patienceMs: number;
}

export interface RateGateOptions extends RateSettings {
  readonly clock: Clock;
  /** Who is called, for the message where that takes too long. */
  readonly host: string;
}

/** A request that may be made. */
export interface Pass {
  /** What the endpoint has answered with, also where it refuses. */
  learn(headers: Pick<Headers, 'get'>): void;
  /** `tokens`: how many it took in the end; undefined where nobody knows. */
  end(tokens: number | undefined): void;
}

/** Lets requests to one endpoint through as its rate allows. Of this process alone: others that use the same key show in what the endpoint says is left. */
export interface RateGate {
  /**
   * Waits for a place, in order. `countTokens` is asked only where that matters. Rejects with the signal's reason, and with a retryable ModelError
   * that says how long it would take where that is longer than the patience.
   */
  enter(countTokens: () => number, signal: AbortSignal): Promise<Pass>;
  /** The endpoint wants to be left alone for so long. */
  pause(ms: number): void;
}

interface Waiting extends Sent {
  readonly admit: () => void;
}

const busy = 'The AI model has more to do right now than it may. Please ask again in a little while.';

export function createRateGate(options: RateGateOptions): RateGate {
  const { clock, host, patienceMs } = options;
  const rates = createRates(options, clock);
  const waiting = new Set<Waiting>();
  let cancelTimer: (() => void) | undefined;

  function pass(request: Sent): Pass {
    rates.begin(request);
    return {
      learn: (headers) => {
        rates.learn(request, headers);
        letIn();
      },
      end: (used) => {
        rates.end(request, used);
        letIn();
      },
    };
  }

  function letIn(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    for (const next of waiting) {
      if (rates.isHeldBack()) return;
      const wait = rates.waitMs(1, Math.min(next.tokens, rates.mostTokens()));
      if (wait > 0) {
        cancelTimer = clock.after(Math.ceil(wait), letIn);
        return;
      }
      waiting.delete(next);
      next.admit();
    }
  }

  function queue(tokens: number, signal: AbortSignal): Promise<Pass> {
    const admitted = Promise.withResolvers<Pass>();
    const request: Waiting = { tokens, isKnown: false, admit: () => admitted.resolve(pass(request)) };
    waiting.add(request);
    const release = onAbort(signal, () => {
      waiting.delete(request);
      admitted.reject(signal.reason);
      letIn();
    });
    letIn();
    return admitted.promise.finally(release);
  }

  return {
    enter: async (countTokens, signal) => {
      const tokens = rates.countsTokens() ? countTokens() : 0;
      let [count, sum] = [1, Math.min(tokens, rates.mostTokens())];
      for (const other of waiting) [count, sum] = [count + 1, sum + other.tokens];
      const wait = rates.waitMs(count, sum);
      if (wait > patienceMs) throw toError(host, wait);
      return wait > 0 || waiting.size > 0 || rates.isHeldBack() ? queue(tokens, signal) : pass({ tokens, isKnown: false });
    },
    pause: rates.pause,
  };
}

function toError(host: string, waitMs: number): ModelError {
  const seconds = Math.ceil(waitMs / 1_000);
  return new ModelError({
    message: `The rate of ${host} is used up for ${seconds} s (by its headers, or by requestsPerMinute and tokensPerMinute).`,
    publicMessage: busy,
    retryable: true,
    retryAfterMs: Math.ceil(waitMs),
  });
}
