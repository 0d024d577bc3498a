import { runApproved, type ApprovedResult } from '../agent/approved-call.ts';
import type { AgentTools } from '../agent/agent-tools.ts';
import { toDecisionText } from '../approval-verdicts.ts';
import type { Step } from '../adapter.ts';
import type { Action, InboundMessage } from '../message.ts';
import type { Approval } from '../store/approval-store.ts';
import type { ClaimedTurn } from '../store/store.ts';
import { clip, toVisible } from '../tools/tool-result.ts';
import type { ToolsForTurn } from './turn-tools.ts';

export interface Resumption {
  readonly turn: ClaimedTurn;
  readonly action: Action;
  readonly toolsFor: ToolsForTurn | undefined;
  readonly onStep?: ((step: Step) => void) | undefined;
}

/** What the model is told of a decision, and what it may use to go on. */
export interface Resumed {
  readonly question: InboundMessage;
  readonly tools: AgentTools | undefined;
}

/** To who reads that a decision was seen too late. */
export const mayHaveBegun = 'The call may have begun before: `parley tools log` shows it.';

const maxArguments = 2_000;
const maxReason = 500;

/** Where a turn of its own begins with what somebody has decided, the decision in it. */
export function decisionIn({ events: [first] }: ClaimedTurn): Action | undefined {
  return first?.event.type === 'action' ? first.event : undefined;
}

/**
 * What somebody has decided about a call. One that was approved is made now, with the arguments that were shown and for who asked; any other is not
 * made. The model is told what came of it, and goes on. Rejects only with the reason of the signal.
 */
export async function resume({ turn, action, toolsFor, onStep }: Resumption, signal: AbortSignal): Promise<Resumed> {
  const approval = await toolsFor?.findApproval(action.value);
  // The action was accepted for this conversation: the same is asked of what it decides about.
  if (!toolsFor || approval?.conversationId !== turn.conversationId) {
    return { question: toQuestion(action, 'Tools are not in use here any more: nothing was called.'), tools: undefined };
  }
  const question = toQuestion(action, '');
  // After a start its server may still be on its way up, and a person has approved of one call.
  if (approval.state === 'approved') await toolsFor.reach(approval.tool, signal);
  const tools = toolsFor({ turn, questions: [question], hasFiles: false, decided: approval });
  const said = await outcomeOf(approval, { tools, onStep }, signal);
  const unmade = await toolsFor.listUnmade(approval);
  return {
    question: toQuestion(action, describe(approval, said.text + describeUnmade(unmade))),
    // What the call has said is in the context from here on, like any other result.
    tools: tools && { ...withoutCall(tools, approval.id), untrusted: tools.untrusted || said.untrusted },
  };
}

interface Means {
  readonly tools: AgentTools | undefined;
  readonly onStep: Resumption['onStep'];
}

async function outcomeOf(approval: Approval, { tools, onStep }: Means, signal: AbortSignal): Promise<ApprovedResult> {
  if (approval.state !== 'approved' || !tools) return { text: 'It was not called.', untrusted: false };
  const { id, tool, arguments: given } = approval;
  return runApproved({ tools, call: { id, tool, arguments: given }, onStep }, signal);
}

/** It is told of the call already: what it wants beside is a matter of its own. */
function withoutCall(tools: AgentTools, id: string): AgentTools {
  const { ledger } = tools;
  return { ...tools, ledger: { ...ledger, earlier: async () => (await ledger.earlier()).filter((call) => call.id !== id) } };
}

function describe({ state, decision, tool, arguments: given }: Approval, said: string): string {
  const reason =
    decision?.reason === undefined ? '' : ` The reason given: ${JSON.stringify(clip(toVisible(decision.reason), maxReason))}.`;
  return [
    `(A note of the program about your request to call ${tool} with ${clip(toVisible(given), maxArguments)}.`,
    `${toDecisionText(state, decision?.by.name ?? null)}.${reason} ${said}`,
    'Answer with what came of it. Do not ask for the same again unless a person wants you to.)',
  ].join('\n');
}

const maxUnmade = 10;

/** Nothing is dropped without a word: what it wanted beside, it may ask for now. */
function describeUnmade(calls: Awaited<ReturnType<ToolsForTurn['listUnmade']>>): string {
  if (calls.length === 0) return '';
  const lines = calls.slice(0, maxUnmade).map((call) => `- ${call.tool} with ${clip(toVisible(call.arguments), maxArguments)}`);
  if (calls.length > maxUnmade) lines.push(`- and ${calls.length - maxUnmade} more`);
  return `\nThe other calls that you wanted in the same step have not been made:\n${lines.join('\n')}\nMake those now that are still needed.`;
}

function toQuestion(action: Action, text: string): InboundMessage {
  const { adapter, tenant, eventId, conversationId, sentAt, destination } = action;
  return {
    type: 'message',
    ...{ adapter, tenant, eventId, conversationId, sentAt, destination, text },
    messageId: eventId,
    author: { id: 'parley', name: 'Parley', isBot: false },
    attachments: [],
    addressed: true,
    isDirect: false,
  };
}
