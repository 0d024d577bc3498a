/**
 * What goes wrong, and for which calls. `method` is a Web API method, as in `chat.postMessage`, or `*` for any.
 *
 * - `rate_limit`: 429 before any effect, with `retryAfterSeconds` (default 1).
 * - `server_error`: 503; with `takesEffect` only after the call was carried out.
 * - `lost_response`: the call is carried out, then the socket is destroyed.
 * - `refuse`: the socket is destroyed before any effect.
 * - `hang`: no answer, ever; with `takesEffect` the call was carried out.
 * - `platform_error`: `{ok: false, error}` (default `internal_error`); with `takesEffect` although the call was carried out.
 */
export interface Fault {
  readonly method: string;
  readonly kind: 'rate_limit' | 'server_error' | 'lost_response' | 'refuse' | 'hang' | 'platform_error';
  /** How many calls it hits; default 1. */
  readonly times?: number;
  /** How many calls it lets pass first; default 0. */
  readonly after?: number;
  readonly retryAfterSeconds?: number;
  readonly error?: string;
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
  take(method: string): Fault | undefined;
}

export function createFaults(): FaultPlan {
  const planned: { readonly fault: Fault; left: number; toPass: number }[] = [];
  return {
    add: (fault) => {
      planned.push({ fault, left: fault.times ?? 1, toPass: fault.after ?? 0 });
    },
    clear: () => {
      planned.length = 0;
    },
    pending: () => planned.reduce((sum, { left }) => sum + left, 0),
    take: (method) => {
      const entry = planned.find(({ fault }) => fault.method === method || fault.method === '*');
      if (!entry) return undefined;
      if (entry.toPass > 0) {
        entry.toPass -= 1;
        return undefined;
      }
      entry.left -= 1;
      if (entry.left <= 0) planned.splice(planned.indexOf(entry), 1);
      return entry.fault;
    },
  };
}
