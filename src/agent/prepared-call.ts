import { toToolCallId } from '../ids.ts';
import { redact } from '../log.ts';
import type { ToolCall } from '../model/model.ts';
import { createArgumentReader } from '../tools/tool-arguments.ts';
import type { Tool, ToolArguments } from '../tools/tool.ts';
import type { CallState, FinishedCall } from '../tools/tool-ledger.ts';
import { clip, toVisible } from '../tools/tool-result.ts';
import type { AgentTools } from './agent-tools.ts';

/** A call that may be made: its tool is there and its arguments fit. */
export interface ReadyCall {
  readonly call: ToolCall;
  readonly tool: Tool;
  readonly value: ToolArguments;
  readonly canonical: string;
  readonly id: string;
}

export interface RefusedCall {
  readonly call: ToolCall;
  readonly refused: string;
}

export type PreparedCall = ReadyCall | RefusedCall;

export interface Ended {
  readonly state: CallState;
  readonly text: string;
  readonly ms: number;
}

export function toRefused(text: string): Ended {
  return { state: 'refused', text, ms: 0 };
}

/** Reads what the model asks for. */
export function createPrepare({ offered, limits, turnId }: AgentTools): (call: ToolCall, index: number) => PreparedCall {
  const byName = new Map(offered.map((tool) => [tool.name, tool]));
  const readers = new Map<string, ReturnType<typeof createArgumentReader>>();
  const counts = new Map<string, number>();
  return (call, index) => {
    const tool = byName.get(call.name);
    if (index >= limits.callsPerStep) return { call, refused: `Not called: at most ${limits.callsPerStep} calls at once.` };
    if (!tool) return { call, refused: `There is no tool of this name. There are: ${[...byName.keys()].join(', ')}.` };
    const reader = readers.get(tool.name) ?? createArgumentReader(tool.parameters);
    readers.set(tool.name, reader);
    const given = reader(call.arguments);
    if ('problem' in given) return { call, refused: given.problem };
    const { value, canonical } = given;
    const key = `${tool.name} ${canonical}`;
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    return { call, tool, value, canonical, id: toToolCallId({ turnId, tool: tool.name, arguments: canonical, nth }) };
  };
}

const recordedLength = 2_000;

/** A call that acts has its row already, under its id; the others get one of their own. */
export function toRecord(
  each: PreparedCall,
  { state, text, ms }: Ended,
  { turnId, at }: { turnId: string; at: string },
): FinishedCall {
  const tool = each.call.name;
  const given = 'canonical' in each ? each.canonical : each.call.arguments;
  const hasRow = 'tool' in each && !each.tool.readOnly && state !== 'refused';
  return {
    id: hasRow ? each.id : toToolCallId({ turnId, tool, arguments: `${at} ${given}`, nth: 0 }),
    tool,
    arguments: clip(redact(toVisible(given)), recordedLength),
    state,
    outcome: clip(redact(toVisible(text)), recordedLength),
    ms,
  };
}
