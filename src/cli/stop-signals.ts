import { systemClock } from '../clock.ts';
import { exitCodes } from './command.ts';

/** GNU timeout signals a process and then its group, so that it hears one signal twice: what comes so soon is no second one. */
const sameSignalMs = 500;

/** Calls `stop` at the first Ctrl-C or SIGTERM; at the second one the process ends at once. Returns what lets go of the signals. */
export function onStopSignal(stop: () => void): () => void {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = systemClock.monotonic();
    if (firstAt !== undefined && now - firstAt > sameSignalMs) process.exit(exitCodes.failed); // somebody is in a hurry
    if (firstAt !== undefined) return;
    firstAt = now;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
