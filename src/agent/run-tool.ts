import { withTimeout, type Clock } from '../clock.ts';
import { describeError, ToolError } from '../errors.ts';
import { redact } from '../log.ts';
import type { Tool, ToolArguments, ToolUse } from '../tools/tool.ts';
import { clip, toVisible } from '../tools/tool-result.ts';

/** What a call came to. */
export interface ToolOutcome {
  readonly state: 'done' | 'failed';
  /** For the model. */
  readonly text: string;
  /** For people, in a few words. */
  readonly brief?: string;
  /** Whether it may have changed something without anybody knowing. */
  readonly isLost: boolean;
}

export interface ToolTask {
  readonly tool: Tool;
  readonly value: ToolArguments;
  readonly use: Omit<ToolUse, 'signal'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const maxError = 1_000;
const lostNote = 'It is not known whether it was done, and it is not called again: say so.';

/** Runs a tool for so long and no longer, even where it is deaf. Rejects only with the reason of the signal. */
export async function runTool({ tool, value, use, clock, timeoutMs }: ToolTask, signal: AbortSignal): Promise<ToolOutcome> {
  const timed = withTimeout(clock, timeoutMs, signal);
  try {
    const said = tool.run(value, { ...use, signal: timed.signal });
    return { state: 'done', text: await orAborted(said, timed.signal), isLost: false };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) return toFailed(error.message, { brief: 'failed', isLost: false });
    const isLost = !tool.readOnly;
    const isLate = timed.signal.aborted;
    const why = isLate
      ? `It took longer than ${Math.ceil(timeoutMs / 1_000)} s and was given up.`
      : `It failed: ${redact(describeError(error))}.`;
    return toFailed(isLost ? `${why} ${lostNote}` : why, { brief: isLate ? 'took too long' : 'failed', isLost });
  } finally {
    timed.clear();
  }
}

function toFailed(text: string, how: Pick<ToolOutcome, 'brief' | 'isLost'>): ToolOutcome {
  return { state: 'failed', text: clip(toVisible(text), maxError), ...how };
}

async function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
