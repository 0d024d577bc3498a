import type { EarlierCall, ToolLedger } from '../tools/tool-ledger.ts';
import { clip, toResultText } from '../tools/tool-result.ts';

/** Sees to it that a tool which changes something does so once in a turn, however often the turn is tried. */
export interface ActingCalls {
  /** What the model is to know of earlier attempts at this answer. */
  readonly reminder: string | undefined;
  /** Whether an earlier attempt has begun this call. */
  isKnown(id: string): boolean;
  /** Why the call must not be made, for the model; undefined once it is on disk that it begins. */
  begin(call: Pick<EarlierCall, 'id' | 'tool' | 'arguments'>): Promise<string | undefined>;
  /** Nobody knows whether a call of this tool has acted. */
  lose(tool: string): void;
}

export const interrupted =
  'It is not known what came of it: the process ended in the middle. It is not called again. Say so, and that a person should look.';
const shownLength = 2_000;

/**
 * That a call begins is on disk before it is made. An attempt after a crash gets what is known of the same call, and no other call of that tool while
 * one of an earlier attempt has not been asked for again: the model may have worded it otherwise.
 */
export async function createActingCalls(ledger: ToolLedger): Promise<ActingCalls> {
  const earlier = await ledger.earlier();
  const unmatched = new Map(earlier.map((call) => [call.id, call]));
  const lost = new Set<string>();
  return {
    reminder: earlier.length === 0 ? undefined : toReminder(earlier),
    isKnown: (id) => unmatched.has(id),
    lose: (tool) => void lost.add(tool),
    begin: async (call) => {
      if (lost.has(call.tool)) return 'Not called: it is not known what came of the call before.';
      const other = [...unmatched.values()].find(({ tool }) => tool === call.tool);
      if (other && !unmatched.has(call.id))
        return `Not called: an earlier attempt at this answer has called it already. ${describe(other)}`;
      const known = await ledger.begin(call);
      unmatched.delete(call.id);
      return known && (known.outcome ?? interrupted);
    },
  };
}

function describe({ tool, arguments: given, outcome }: EarlierCall): string {
  const said = outcome === undefined ? interrupted : toResultText({ name: tool, untrusted: true }, outcome, shownLength);
  return `It was called with ${clip(given, shownLength)}. ${said}`;
}

function toReminder(earlier: readonly EarlierCall[]): string {
  const lines = earlier.map((call) => `- ${call.tool}: ${describe(call)}`);
  return `(A note of the program: an earlier attempt at this answer was interrupted. It had called these tools, which are not to be called again:\n${lines.join('\n')})`;
}
