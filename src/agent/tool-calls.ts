import type { Step } from '../adapter.ts';
import { toToolCallId } from '../ids.ts';
import { redact } from '../log.ts';
import type { ModelMessage, ToolCall } from '../model/model.ts';
import { createArgumentReader } from '../tools/tool-arguments.ts';
import type { Tool, ToolArguments } from '../tools/tool.ts';
import type { CallState, FinishedCall } from '../tools/tool-ledger.ts';
import { clip, toResultText, toVisible } from '../tools/tool-result.ts';
import type { ActingCalls } from './acting-calls.ts';
import type { AgentTools } from './agent-tools.ts';
import { runTool } from './run-tool.ts';

export interface CallRunnerOptions {
  readonly tools: AgentTools;
  /** Undefined where no tool changes anything. */
  readonly acting: ActingCalls | undefined;
  readonly onStep: (step: Step) => void;
}

export interface CallStep {
  readonly step: number;
  /** Of the time for all steps. */
  readonly leftMs: number;
}

/** A call that may be made: its tool is there and its arguments fit. */
interface ReadyCall {
  readonly call: ToolCall;
  readonly tool: Tool;
  readonly value: ToolArguments;
  readonly canonical: string;
  readonly id: string;
}

interface RefusedCall {
  readonly call: ToolCall;
  readonly refused: string;
}

interface Ended {
  readonly state: CallState;
  readonly text: string;
  readonly ms: number;
}

const notApproved =
  'Not called: it changes something, and a person would have to approve of that, which nobody can do here. Say what you would have done.';

/** Runs the calls of one step: those that only look at once, those that act one after the other. What goes wrong is told to the model; only the signal ends it. */
export function createCallRunner({ tools, acting, onStep }: CallRunnerOptions) {
  const { limits, ledger, clock, place } = tools;
  const prepare = createPrepare(tools);
  let { untrusted } = tools;

  /** What an earlier attempt has begun is looked up, and not done again. */
  function withApproval(each: ReadyCall | RefusedCall): ReadyCall | RefusedCall {
    if ('refused' in each || each.tool.readOnly || acting?.isKnown(each.id)) return each;
    return tools.needsApproval(each.tool, untrusted) ? { call: each.call, refused: notApproved } : each;
  }

  async function run(ready: ReadyCall, { leftMs }: CallStep, signal: AbortSignal): Promise<Ended> {
    const { tool, value, id, canonical, call } = ready;
    const refused = tool.readOnly ? undefined : await acting?.begin({ id, tool: tool.name, arguments: canonical });
    if (refused !== undefined) return { state: 'refused', text: refused, ms: 0 };
    const startedAt = clock.monotonic();
    onStep({ id: call.id, title: tool.title, state: 'running' });
    const timeoutMs = Math.max(1, Math.min(limits.callTimeoutMs, leftMs));
    const { state, text, brief, isLost } = await runTool(
      { tool, value, use: { ...place, callId: id }, clock, timeoutMs },
      signal,
    );
    if (isLost) acting?.lose(tool.name);
    onStep({ id: call.id, title: tool.title, state, outcome: brief });
    return { state, text, ms: Math.round(clock.monotonic() - startedAt) };
  }

  async function runAll(ready: readonly ReadyCall[], step: CallStep, signal: AbortSignal): Promise<Map<string, Ended>> {
    const ended = new Map<string, Ended>();
    const end = async (each: ReadyCall): Promise<void> => void ended.set(each.call.id, await run(each, step, signal));
    const act = async (): Promise<void> => {
      for (const each of ready) if (!each.tool.readOnly) await end(each);
    };
    await Promise.all([act(), ...ready.filter(({ tool }) => tool.readOnly).map(end)]);
    signal.throwIfAborted();
    return ended;
  }

  return async (calls: readonly ToolCall[], step: CallStep, signal: AbortSignal): Promise<readonly ModelMessage[]> => {
    const prepared = calls.map(prepare).map(withApproval);
    const ready = prepared.filter((each) => 'tool' in each);
    const ended = await runAll(ready, step, signal);
    const endOf = (each: ReadyCall | RefusedCall): Ended =>
      ('refused' in each ? undefined : ended.get(each.call.id)) ?? {
        state: 'refused',
        text: 'refused' in each ? each.refused : '',
        ms: 0,
      };
    await ledger.record(
      prepared.map((each, index) => toRecord(each, endOf(each), { turnId: tools.turnId, at: `${step.step}.${index}` })),
    );
    untrusted ||= ready.some(({ tool }) => tool.untrusted);
    return prepared.map((each) => toMessage(each, endOf(each), limits.resultLength));
  };
}

function createPrepare({ offered, limits, turnId }: AgentTools): (call: ToolCall, index: number) => ReadyCall | RefusedCall {
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

function toMessage(each: ReadyCall | RefusedCall, { text }: Ended, maxLength: number): ModelMessage {
  const tool = 'tool' in each ? each.tool : { name: each.call.name, untrusted: false };
  return { role: 'tool', callId: each.call.id, text: toResultText(tool, text, maxLength) };
}

const recordedLength = 2_000;

/** A call that acts has its row already, under its id; the others get one of their own. */
function toRecord(
  each: ReadyCall | RefusedCall,
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
