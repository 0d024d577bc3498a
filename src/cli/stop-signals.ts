import { exitCodes } from './command.ts';

/** Calls `stop` at the first Ctrl-C or SIGTERM; at the second one the process ends at once. Returns what lets go of the signals. */
export function onStopSignal(stop: () => void): () => void {
  let isStopping = false;
  const onSignal = (): void => {
    if (isStopping) process.exit(exitCodes.failed); // somebody is in a hurry
    isStopping = true;
    stop();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
