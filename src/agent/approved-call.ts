import type { Step } from '../adapter.ts';
import { redact } from '../log.ts';
import { createArgumentReader } from '../tools/tool-arguments.ts';
import type { Tool, ToolArguments } from '../tools/tool.ts';
import type { EarlierCall } from '../tools/tool-ledger.ts';
import { clip, toResultText, toVisible } from '../tools/tool-result.ts';
import { interrupted } from './acting-calls.ts';
import type { AgentTools } from './agent-tools.ts';
import { runTool, type ToolOutcome } from './run-tool.ts';

export interface ApprovedCall {
  readonly id: string;
  readonly tool: string;
  /** Canonical JSON, as it was shown to who approved. */
  readonly arguments: string;
}

export interface ApprovedRun {
  /** What may be used by who asked, now. */
  readonly tools: AgentTools;
  readonly call: ApprovedCall;
  readonly onStep?: ((step: Step) => void) | undefined;
}

export interface ApprovedResult {
  /** What the model is to know. */
  readonly text: string;
  /** Whether strangers may have written a part of it. */
  readonly untrusted: boolean;
}

const recordedLength = 2_000;
const notOffered = 'It was not called: this tool may not be used here any more, or cannot be reached just now.';
const changed = 'It was not called: the tool takes other arguments now than those that were approved.';

/**
 * Makes a call that a person has approved, once, whatever process gets to it: that it begins is on disk before it is made, and one that was begun
 * before is not made again. Rejects only with the reason of the signal.
 */
export async function runApproved({ tools, call, onStep }: ApprovedRun, signal: AbortSignal): Promise<ApprovedResult> {
  const { clock, limits, ledger, place, posts } = tools;
  const known = (await ledger.earlier()).find(({ id }) => id === call.id);
  if (known) return toKnown(known, limits.resultLength);
  const tool = tools.offered.find(({ name }) => name === call.tool);
  if (!tool) return own(notOffered);
  const value = readExactly(tool, call);
  if (!value) return own(changed);
  // What is done with the commit of the answer is done by the attempt that commits, whichever that is.
  const isDoneLater = tool.asks !== undefined;
  const begun = isDoneLater ? undefined : await ledger.begin(call);
  if (begun) return toKnown(begun, limits.resultLength);
  const startedAt = clock.monotonic();
  onStep?.({ id: call.id, title: tool.title, state: 'running' });
  const use = { ...place, callId: call.id, posts, untrusted: tools.untrusted };
  const timeoutMs = Math.min(limits.callTimeoutMs, limits.totalMs);
  // A tool that only looks is lost like any other where nobody knows what came of it: a person has approved of one call.
  const end = await runTool({ tool: { ...tool, readOnly: isDoneLater }, value, use, clock, timeoutMs }, signal);
  onStep?.({ id: call.id, title: tool.title, state: end.state, outcome: end.brief });
  const ms = Math.round(clock.monotonic() - startedAt);
  await ledger.record([toFinished(call, end, ms)]);
  return { text: toResultText(tool, end.text, limits.resultLength), untrusted: tool.untrusted };
}

/** What Parley itself says of a call that was not made. */
function own(text: string): ApprovedResult {
  return { text, untrusted: false };
}

function toKnown({ tool, outcome }: EarlierCall, maxLength: number): ApprovedResult {
  if (outcome === undefined) return own(interrupted);
  return { text: toResultText({ name: tool, untrusted: true }, outcome, maxLength), untrusted: true };
}

function readExactly(tool: Tool, call: ApprovedCall): ToolArguments | undefined {
  const given = createArgumentReader(tool.parameters)(call.arguments);
  return 'value' in given && given.canonical === call.arguments ? given.value : undefined;
}

function toFinished({ id, tool, arguments: given }: ApprovedCall, { state, text }: ToolOutcome, ms: number) {
  const recorded = (what: string): string => clip(redact(toVisible(what)), recordedLength);
  return { id, tool, arguments: recorded(given), state, outcome: recorded(text), ms };
}
