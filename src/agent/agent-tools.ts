import type { Clock } from '../clock.ts';
import type { Post } from '../tools/post.ts';
import type { Tool, ToolPlace } from '../tools/tool.ts';
import type { ToolLedger } from '../tools/tool-ledger.ts';
import type { ToolLimits } from '../tools/tool-limits.ts';

/** What the model may use for one answer. */
export interface AgentTools {
  readonly offered: readonly Tool[];
  readonly limits: ToolLimits;
  readonly ledger: ToolLedger;
  readonly clock: Clock;
  readonly turnId: string;
  readonly place: ToolPlace;
  /** What tools want posted when the answer is committed: they add to it. */
  readonly posts?: Post[];
  /** Whether the context holds what strangers wrote, before any tool has been used. */
  readonly untrusted: boolean;
  /** Whether the messages themselves come from outside. */
  readonly fromOutside?: boolean;
  /** Names of servers whose tools cannot be offered just now. */
  readonly missing?: readonly string[];
  /** Whether what is found is numbered, so that the answer can say where it comes from. */
  readonly cites?: boolean;
  /** Whether a person has to approve of a use of the tool, so that a call of it ends the turn; `untrusted` tells whether the context holds what strangers wrote by now. */
  readonly needsApproval: (tool: Tool, untrusted: boolean) => boolean;
  /** What people have been asked to approve in this conversation, and have not decided. */
  readonly pending?: () => Promise<readonly { readonly tool: string; readonly arguments: string }[]>;
}
