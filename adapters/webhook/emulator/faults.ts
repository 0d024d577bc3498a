/**
 * What goes wrong with the answers that the desk receives.
 *
 * - `rate_limit`: 429 before any effect, with `retryAfterSeconds` (default 1).
 * - `server_error`: 500; with `takesEffect` only after the answer was taken.
 * - `lost_response`: the answer is taken, then the socket is destroyed.
 * - `refuse`: the socket is destroyed before any effect.
 * - `hang`: no response, ever; with `takesEffect` the answer was taken.
 * - `gone`: 410, as from a desk that wants no more answers.
 */
export interface Fault {
  readonly kind: 'rate_limit' | 'server_error' | 'lost_response' | 'refuse' | 'hang' | 'gone';
  /** How many calls it hits; default 1. */
  readonly times?: number;
  /** How many calls it lets pass first; default 0. */
  readonly skip?: number;
  readonly retryAfterSeconds?: number;
  readonly takesEffect?: boolean;
}

export interface Faults {
  add(fault: Fault): void;
  clear(): void;
  /** How many hits are still to come. */
  pending(): number;
}

export interface FaultPlan extends Faults {
  /** The fault that hits this call, if any; it is used up by that. */
  take(): Fault | undefined;
}

export function createFaults(): FaultPlan {
  const planned: { readonly fault: Fault; left: number; skip: number }[] = [];
  return {
    add: (fault) => void planned.push({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 }),
    clear: () => void planned.splice(0),
    pending: () => planned.reduce((sum, { left }) => sum + left, 0),
    take: () => {
      const [next] = planned;
      if (!next) return undefined;
      if (next.skip > 0) {
        next.skip -= 1;
        return undefined;
      }
      next.left -= 1;
      if (next.left === 0) planned.shift();
      return next.fault;
    },
  };
}
