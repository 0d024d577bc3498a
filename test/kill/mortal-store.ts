import type { Store } from '../../src/store/store.ts';
import type { Trap } from './points.ts';

/** A store that ends its process at a given step, as a power cut would: nothing of what follows is done. */
export interface MortalStore {
  readonly store: Store;
  /** The next trap, in place of any before; undefined for none. */
  arm(trap: Trap | undefined): void;
}

export function createMortalStore(real: Store, kill: () => void): MortalStore {
  let armed: Trap | undefined;
  let left = 0;

  /** Whether the trap goes off at this call. */
  function strikes(method: string, phase: Trap['phase'], call: Call): boolean {
    if (!armed || !stepsOf(method).includes(armed.method) || armed.phase !== phase || !matters(method, phase, call)) return false;
    left -= 1;
    return left <= 0;
  }

  async function run(method: string, real: Method, args: readonly unknown[]): Promise<unknown> {
    if (strikes(method, 'before', { args })) kill();
    const running = real(...args);
    // The call is on its way to the thread that holds the database: its commit and the end of the process race.
    if (strikes(method, 'during', { args })) setImmediate(kill);
    const result = await running;
    if (strikes(method, 'after', { args, result })) kill();
    return result;
  }

  const methods = Object.entries(real).map(([name, method]: [string, Method]) => [
    name,
    (...args: readonly unknown[]) => run(name, method, args),
  ]);
  return {
    store: Object.fromEntries(methods) as Store, // the same keys with functions of the same shape
    arm: (trap) => {
      armed = trap;
      left = trap?.count ?? 0;
    },
  };
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

interface Call {
  readonly args: readonly unknown[];
  readonly result?: unknown;
}

/** One call may be two steps on the way of a question. */
function stepsOf(method: string): readonly string[] {
  return method === 'acceptAndClaim' ? ['accept', 'claimTurns'] : [method];
}

/** What people say, ask by command and press. */
const transitions: ReadonlySet<string> = new Set(['message', 'command', 'action', 'feedback']);

/** A call that does nothing is no transition. Before it is made, that can be told of `accept` alone. */
function matters(method: string, phase: Trap['phase'], { args, result }: Call): boolean {
  if (method === 'accept' || method === 'acceptAndClaim')
    return (args as Parameters<Store['accept']>)[0].events.some(({ type }) => transitions.has(type));
  if (phase !== 'after') return true;
  if (method === 'claimTurns') return (result as Awaited<ReturnType<Store['claimTurns']>>).turns.length > 0;
  if (method === 'claimDeliveries') return (result as Awaited<ReturnType<Store['claimDeliveries']>>).deliveries.length > 0;
  return true;
}
