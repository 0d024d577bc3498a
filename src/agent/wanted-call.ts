import type { Tool } from '../tools/tool.ts';
import type { ActingCalls } from './acting-calls.ts';
import type { AgentTools } from './agent-tools.ts';
import { toRefused, type Ended, type PreparedCall, type ReadyCall } from './prepared-call.ts';

/** A call that is made only once a person has approved of it: the turn ends with the question. */
export interface WantedCall {
  readonly id: string;
  readonly tool: Pick<Tool, 'name' | 'title'>;
  /** Canonical JSON: exactly what the tool will be given. */
  readonly arguments: string;
  /** Whether the context held what strangers wrote. */
  readonly untrusted: boolean;
}

export interface WantedOptions {
  readonly tools: AgentTools;
  readonly acting: Pick<ActingCalls, 'isKnown'> | undefined;
}

/** Whoever approves reads every argument. */
const maxArguments = 40;
const tooMany = `Not called: a person has to approve it, and is shown ${maxArguments} arguments at most.`;
const waiting = 'Not called: a person has been asked to approve this very call, and has not decided yet. Say so.';
const asked = 'Not called yet: a person is asked to approve it.';
/** What is recorded of the other calls of a step that ends with a request. */
export const besideRequest = 'Not called: a call of the same step has to be approved by a person first.';

/**
 * Finds the first of the calls of a step that a person has to approve. What nobody could approve, or is asked about already, is refused. What an
 * earlier attempt has begun is looked up, and not done again.
 */
export function createFindWanted({ tools, acting }: WantedOptions) {
  return async (calls: readonly PreparedCall[], untrusted: boolean) => {
    const isSubject = (each: PreparedCall): each is ReadyCall =>
      'tool' in each &&
      !acting?.isKnown(each.id) &&
      (tools.needsApproval(each.tool, untrusted) || (each.tool.asks?.(each.value, untrusted) ?? false));
    const pending = calls.some(isSubject) ? await tools.pending?.() : undefined;
    const prepared = calls.map((each): PreparedCall => {
      if (!isSubject(each)) return each;
      if (Object.keys(each.value).length > maxArguments) return { call: each.call, refused: tooMany };
      const isAsked = pending?.some((other) => other.tool === each.tool.name && other.arguments === each.canonical);
      return isAsked ? { call: each.call, refused: waiting } : each;
    });
    const first = prepared.find(isSubject);
    const wanted: WantedCall | undefined = first && { id: first.id, tool: first.tool, arguments: first.canonical, untrusted };
    return { prepared, wanted };
  };
}

/** Of each call of a step that ends the turn: what the others would have found nobody would read. */
export function toUnmade(each: PreparedCall, wanted: WantedCall): Ended {
  if ('refused' in each) return toRefused(each.refused);
  return toRefused(each.id === wanted.id ? asked : besideRequest);
}
