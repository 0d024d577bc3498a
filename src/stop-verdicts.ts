/** What became of a stop: the reason that it is recorded with, and that `accept` gives back. */
export const stopVerdicts = {
  stopped: 'answer stopped',
  /** Nothing waits in the conversation. */
  nothing: 'nothing to stop',
  /** The answer that it names is complete, or none that the ledger knows. */
  over: 'that answer has ended',
  /** It names an answer to what others have asked. */
  foreign: 'not asked by who pressed',
} as const;

export type StopVerdict = (typeof stopVerdicts)[keyof typeof stopVerdicts];
