import type { Adapter, AdapterHealth } from '../adapter.ts';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import { redact } from '../log.ts';

/** Whether this process should be sent work, and why not. What /readyz answers. */
export interface Readiness {
  /** All that follows is well. */
  readonly ready: boolean;
  readonly adapters: Readonly<Record<string, AdapterHealth>>;
  readonly store: { readonly writable: boolean; readonly detail?: string };
  readonly backlog?: {
    /** Events that wait for their turn. */
    readonly waiting: number;
    /** How long the oldest of them has been waiting. */
    readonly oldestSeconds: number;
    /** Parts of answers that are not delivered yet. */
    readonly undelivered?: number | undefined;
    /** Events and parts that wait for an adapter which is off. */
    readonly parked?: number | undefined;
    readonly deadLetters?: number | undefined;
  };
}

/** What is asked of the store. A store whose `stats` rejects or hangs is not writable. */
export interface Backlog {
  readonly waiting: number;
  /** In ms since 1970. */
  readonly oldestWaitingAt: number | undefined;
  readonly undelivered?: number | undefined;
  readonly parked?: number | undefined;
  readonly deadLetters?: number | undefined;
}

export interface ReadinessOptions {
  readonly adapters: readonly Pick<Adapter, 'name' | 'health'>[];
  readonly stats: () => Promise<Backlog>;
  readonly clock: Clock;
  /** How long a result is good for: anybody may ask, and asking costs a query. Default 1,000. */
  readonly maxAgeMs?: number | undefined;
  /** How long the store may take to answer. Default 2,000. */
  readonly timeoutMs?: number | undefined;
}

export function createReadiness(options: ReadinessOptions): () => Promise<Readiness> {
  const { clock, maxAgeMs = 1000 } = options;
  let last: { readonly at: number; readonly result: Promise<Readiness> } | undefined;
  return () => {
    const at = clock.monotonic();
    if (last === undefined || at - last.at >= maxAgeMs) last = { at, result: check(options) };
    return last.result;
  };
}

async function check({ adapters, stats, clock, timeoutMs = 2000 }: ReadinessOptions): Promise<Readiness> {
  const health = Object.fromEntries(
    adapters.map((adapter) => [adapter.name, adapter.health?.() ?? { connected: true, detail: 'ready' }]),
  );
  const connected = Object.values(health).every((each) => each.connected);
  try {
    const { waiting, oldestWaitingAt, undelivered, parked, deadLetters } = await withinTime(stats(), { clock, timeoutMs });
    const oldestSeconds = oldestWaitingAt === undefined ? 0 : Math.max(0, Math.round((clock.now() - oldestWaitingAt) / 1000));
    return {
      ready: connected,
      adapters: health,
      store: { writable: true },
      backlog: { waiting, oldestSeconds, undelivered, parked, deadLetters },
    };
  } catch (error) {
    return { ready: false, adapters: health, store: { writable: false, detail: redact(describeError(error)) } };
  }
}

async function withinTime<Value>(
  work: Promise<Value>,
  { clock, timeoutMs }: { clock: Clock; timeoutMs: number },
): Promise<Value> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(timeoutMs, () => late.reject(new Error(`The store has not answered within ${timeoutMs} ms.`)));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
