import { systemClock } from '../clock.ts';
import { exitCodes } from './command.ts';

/** npm passes Ctrl-C on to a process that the terminal has told of it already: what comes so soon is the same one. */
const sameSignalMs = 500;

/** Calls `stop` at the first Ctrl-C or SIGTERM; at the second one the process ends at once. Returns what lets go of the signals. */
export function onStopSignal(stop: () => void): () => void {
  let firstAt: number | undefined;
  const onSignal = (): void => {
    const now = systemClock.monotonic();
    if (firstAt === undefined) {
      firstAt = now;
      stop();
    } else if (now - firstAt > sameSignalMs) {
      process.exit(exitCodes.failed);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
