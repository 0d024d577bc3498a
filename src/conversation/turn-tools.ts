import type { AgentTools } from '../agent/agent-tools.ts';
import { besideRequest } from '../agent/wanted-call.ts';
import { settleWithin, type Clock } from '../clock.ts';
import { parseFileBlock } from '../file-block.ts';
import type { InboundMessage } from '../message.ts';
import { onAbort } from '../on-abort.ts';
import type { Approval } from '../store/approval-store.ts';
import type { LoggedToolCall } from '../store/tool-call-store.ts';
import type { ClaimedTurn, Store } from '../store/store.ts';
import type { Approvers } from '../tools/approvers.ts';
import type { ToolPlace } from '../tools/tool.ts';
import type { Toolbox } from '../tools/toolbox.ts';

export interface TurnToolsOptions {
  readonly store: Pick<Store, 'beginToolCall' | 'recordToolCalls' | 'listToolCalls' | 'findApproval' | 'listApprovals'>;
  readonly toolbox: Toolbox;
  readonly clock: Clock;
  /** Whether answers say what documents they come from; they do where it is left out. */
  readonly cites?: boolean;
  /** How long a call waits for a person's approval; an hour where it is left out. */
  readonly approvalMs?: number;
  /** Nobody may approve on a platform where it is left out. */
  readonly approvers?: Pick<Approvers, 'areNamed'>;
}

export interface ToolQuestion {
  readonly turn: ClaimedTurn;
  readonly questions: readonly InboundMessage[];
  /** Whether anything that was read from files or elsewhere is in the context. */
  readonly hasFiles: boolean;
  readonly remember?: ToolPlace['remember'];
  /** Of a turn that goes on after somebody has decided about a call: for whom that is made, and what was in the context then. */
  readonly decided?: Pick<Approval, 'asker' | 'untrusted'> | undefined;
}

/** Finds what the model may use for a turn: undefined where that is nothing, unless somebody has decided about a call. */
export interface ToolsForTurn {
  (question: ToolQuestion): AgentTools | undefined;
  readonly approvalMs: number;
  /** Whether anybody may approve calls there by pressing a button. */
  hasApprovers(adapter: string): boolean;
  /** What a person was asked to approve. */
  findApproval(id: string): Promise<Approval | undefined>;
  /** Waits for the server of a tool, as long as a call may take at most. Rejects only with the reason of the signal. */
  reach(tool: string, signal: AbortSignal): Promise<void>;
  /** The other calls of the step that asked: none of them was made. Arguments as they are recorded: without secrets, and cut where they are long. */
  listUnmade(approval: Approval): Promise<readonly Pick<LoggedToolCall, 'tool' | 'arguments'>[]>;
}

const earlierLimit = 100;
const pendingLimit = 1_000;
const hourMs = 60 * 60_000;

export function createToolsForTurn(options: TurnToolsOptions): ToolsForTurn {
  const { approvalMs = hourMs, approvers, clock, store, toolbox } = options;
  return Object.assign(createFind(options), {
    approvalMs,
    hasApprovers: (adapter: string) => approvers?.areNamed(adapter) ?? false,
    findApproval: (id: string) => store.findApproval(id),
    reach: async (tool: string, signal: AbortSignal) => {
      const aborted = Promise.withResolvers<void>();
      const release = onAbort(signal, aborted.resolve);
      await settleWithin(clock, toolbox.limits.callTimeoutMs, [Promise.race([toolbox.whenUp(tool), aborted.promise])]);
      release();
      signal.throwIfAborted();
    },
    listUnmade: async ({ turnId }: Approval) => {
      const calls = (await store.listToolCalls({ turnId, limit: earlierLimit })).filter(
        ({ outcome }) => outcome === besideRequest,
      );
      // Each attempt at the answer has recorded its own.
      const unmade = new Map(calls.map((call) => [`${call.tool} ${call.arguments}`, call]));
      return [...unmade.values()].toReversed();
    },
  });
}

function createFind({
  store,
  toolbox,
  clock,
  cites = true,
}: TurnToolsOptions): (question: ToolQuestion) => AgentTools | undefined {
  return ({ turn, questions, hasFiles, remember, decided }) => {
    const newest = questions.at(-1);
    const { conversationId, turnId } = turn;
    // What others wrote in a thread is summed up, and nothing else is done with it.
    if (!newest || turn.events.some(({ event }) => event.type === 'command' && event.name === 'summarise')) return undefined;
    const { adapter, tenant } = newest;
    const place = { adapter, tenant, conversationId, author: decided?.asker ?? newest.author, remember };
    const offered = toolbox.toolsFor(place);
    const missing = toolbox.missingFor(place);
    if (offered.length + missing.length === 0 && !decided) return undefined;
    const authors = decided ? [decided.asker] : questions.map(({ author }) => author);
    const fromOutside = adapter === 'webhook' || authors.some(({ isBot }) => isBot);
    return {
      ...{ offered, limits: toolbox.limits, clock, turnId, place, fromOutside, missing, cites, posts: [] },
      untrusted:
        fromOutside ||
        hasFiles ||
        decided?.untrusted === true ||
        turn.history.some(({ text }) => parseFileBlock(text) !== undefined),
      needsApproval: toolbox.needsApproval,
      pending: async () =>
        (await store.listApprovals({ pending: true, limit: pendingLimit })).filter(
          (each) => each.conversationId === conversationId,
        ),
      ledger: {
        earlier: async () => {
          if (turn.attempt === 1 && !turn.revises) return [];
          return (await store.listToolCalls({ turnId, acting: true, limit: earlierLimit })).toReversed();
        },
        begin: (call) => store.beginToolCall({ conversationId, turnId, ...call }),
        record: (calls) => store.recordToolCalls({ conversationId, turnId, calls }),
      },
    };
  };
}
