import { createInFlight, type InFlight } from './in-flight.ts';

const listeners = new WeakMap<AbortSignal, InFlight<() => void>>();

/**
 * Calls the listener when the signal aborts, at once where it has; returns what takes the listener off again.
 *
 * For signals that outlive many listeners. A listener that `removeEventListener` has taken off still points to the one after it: with
 * listeners that overlap in time, all of them and what they close over live until a full collection of garbage.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener();
    return () => undefined;
  }
  return listenersOf(signal).add(listener);
}

function listenersOf(signal: AbortSignal): InFlight<() => void> {
  const known = listeners.get(signal);
  if (known) return known;
  const added = createInFlight<() => void>();
  listeners.set(signal, added);
  const callAll = (): void => {
    for (const each of added) each();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return added;
}
