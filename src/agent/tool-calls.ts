import type { Step } from '../adapter.ts';
import type { ModelMessage, ToolCall } from '../model/model.ts';
import { toResultText } from '../tools/tool-result.ts';
import type { ActingCalls } from './acting-calls.ts';
import type { AgentTools } from './agent-tools.ts';
import type { Citations } from './citations.ts';
import { createPrepare, toRecord, toRefused, type Ended, type PreparedCall, type ReadyCall } from './prepared-call.ts';
import { runTool } from './run-tool.ts';
import { createFindWanted, toUnmade, type WantedCall } from './wanted-call.ts';

export interface CallRunnerOptions {
  readonly tools: AgentTools;
  /** Undefined where no tool changes anything. */
  readonly acting: ActingCalls | undefined;
  readonly onStep: (step: Step) => void;
  readonly cite?: Citations['cite'] | undefined;
}

export interface CallStep {
  readonly step: number;
  /** Of the time for all steps. */
  readonly leftMs: number;
}

export interface CallResults {
  readonly messages: readonly ModelMessage[];
  readonly wanted?: WantedCall;
}

/** Runs the calls of one step: those that only look at once, those that act one after the other. What goes wrong is told to the model; only the signal ends it. */
export function createCallRunner({ tools, acting, onStep, cite }: CallRunnerOptions) {
  const { limits, ledger, clock, place, posts } = tools;
  const prepare = createPrepare(tools);
  const findWanted = createFindWanted({ tools, acting });
  // What an earlier attempt was told is in the context from the start.
  let untrusted = tools.untrusted || acting?.reminder !== undefined;

  async function recordAll(prepared: readonly PreparedCall[], endOf: (each: PreparedCall) => Ended, { step }: CallStep) {
    const { turnId } = tools;
    await ledger.record(prepared.map((each, index) => toRecord(each, endOf(each), { turnId, at: `${step}.${index}` })));
  }

  async function run(ready: ReadyCall, { leftMs }: CallStep, signal: AbortSignal): Promise<Ended> {
    const { tool, value, id, canonical, call } = ready;
    const refused = tool.readOnly ? undefined : await acting?.begin({ id, tool: tool.name, arguments: canonical });
    if (refused !== undefined) return { state: 'refused', text: refused, ms: 0 };
    const startedAt = clock.monotonic();
    onStep({ id: call.id, title: tool.title, state: 'running' });
    const timeoutMs = Math.max(1, Math.min(limits.callTimeoutMs, leftMs));
    const { state, text, brief, isLost } = await runTool(
      { tool, value, use: { ...place, callId: id, posts, cite, untrusted }, clock, timeoutMs },
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

  return async (calls: readonly ToolCall[], step: CallStep, signal: AbortSignal): Promise<CallResults> => {
    const { prepared, wanted } = await findWanted(calls.map(prepare), untrusted);
    if (wanted) {
      await recordAll(prepared, (each) => toUnmade(each, wanted), step);
      return { messages: [], wanted };
    }
    const ready = prepared.filter((each) => 'tool' in each);
    const ended = await runAll(ready, step, signal);
    const endOf = (each: PreparedCall): Ended =>
      ('refused' in each ? undefined : ended.get(each.call.id)) ?? toRefused('refused' in each ? each.refused : '');
    await recordAll(prepared, endOf, step);
    untrusted ||= ready.some(({ tool }) => tool.untrusted);
    return { messages: prepared.map((each) => toMessage(each, endOf(each), limits.resultLength)) };
  };
}

function toMessage(each: PreparedCall, { text }: Ended, maxLength: number): ModelMessage {
  const tool = 'tool' in each ? each.tool : { name: each.call.name, untrusted: false };
  return { role: 'tool', callId: each.call.id, text: toResultText(tool, text, maxLength) };
}
