import type { AgentTools } from '../agent/agent-tools.ts';
import type { Clock } from '../clock.ts';
import { parseFileBlock } from '../file-block.ts';
import type { InboundMessage } from '../message.ts';
import type { ClaimedTurn, Store } from '../store/store.ts';
import type { Toolbox } from '../tools/toolbox.ts';

export interface TurnToolsOptions {
  readonly store: Pick<Store, 'beginToolCall' | 'recordToolCalls' | 'listToolCalls'>;
  readonly toolbox: Toolbox;
  readonly clock: Clock;
}

export interface ToolQuestion {
  readonly turn: ClaimedTurn;
  readonly questions: readonly InboundMessage[];
  /** Whether anything that was read from files or elsewhere is in the context. */
  readonly hasFiles: boolean;
}

/** Finds what the model may use for a turn: undefined where that is nothing. */
export type ToolsForTurn = (question: ToolQuestion) => AgentTools | undefined;

const earlierLimit = 100;

export function createToolsForTurn({ store, toolbox, clock }: TurnToolsOptions): ToolsForTurn {
  return ({ turn, questions, hasFiles }) => {
    const newest = questions.at(-1);
    const { conversationId, turnId } = turn;
    // What others wrote in a thread is summed up, and nothing else is done with it.
    if (!newest || turn.events.some(({ event }) => event.type === 'command' && event.name === 'summarise')) return undefined;
    const { adapter, tenant, author } = newest;
    const place = { adapter, tenant, conversationId, author };
    const offered = toolbox.toolsFor(place);
    const missing = toolbox.missingFor(place);
    if (offered.length + missing.length === 0) return undefined;
    const fromOutside = questions.some((question) => question.adapter === 'webhook' || question.author.isBot);
    return {
      ...{ offered, limits: toolbox.limits, clock, turnId, place, fromOutside, missing },
      untrusted: fromOutside || hasFiles || turn.history.some(({ text }) => parseFileBlock(text) !== undefined),
      needsApproval: toolbox.needsApproval,
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
