/**
 * What goes wrong, and for which calls. `route` is the method and the path pattern, as in `POST /channels/:id/messages`,
 * or `GATEWAY` for the WebSocket handshake (which `hang` leaves without an answer, and every other kind cuts off).
 *
 * - `rate_limit`: 429 before any effect, with `retryAfterSeconds` (default 1).
 * - `server_error`: 500; with `takesEffect` only after the call was carried out.
 * - `lost_response`: the call is carried out, then the socket is destroyed.
 * - `refuse`: the socket is destroyed before any effect.
 * - `hang`: no answer, ever; with `takesEffect` the call was carried out.
 * - `platform_error`: refused with the JSON error `code` (default 50013).
 */
export interface Fault {
  readonly route: string;
  readonly kind: 'rate_limit' | 'server_error' | 'lost_response' | 'refuse' | 'hang' | 'platform_error';
  /** How many calls it hits; default 1. */
  readonly times?: number;
  /** How many calls it lets pass first; default 0. */
  readonly skip?: number;
  readonly retryAfterSeconds?: number;
  readonly global?: boolean;
  readonly code?: number;
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
  take(route: string): Fault | undefined;
}

export function createFaults(): FaultPlan {
  const planned: { fault: Fault; left: number; skip: number }[] = [];
  return {
    add: (fault) => {
      planned.push({ fault, left: fault.times ?? 1, skip: fault.skip ?? 0 });
    },
    clear: () => {
      planned.length = 0;
    },
    pending: () => planned.reduce((sum, { left }) => sum + left, 0),
    take: (route) => {
      const entry = planned.find((candidate) => candidate.fault.route === route && candidate.left > 0);
      if (!entry) return undefined;
      if (entry.skip > 0) {
        entry.skip -= 1;
        return undefined;
      }
      entry.left -= 1;
      if (entry.left === 0) planned.splice(planned.indexOf(entry), 1);
      return entry.fault;
    },
  };
}
