import type { Step } from '../adapter.ts';
import { ModelError } from '../errors.ts';
import type { Model, ModelMessage, ModelRequest, ModelUsage, ToolCall } from '../model/model.ts';
import type { Tool } from '../tools/tool.ts';
import { outsideRule, toolRules } from '../tools/tool-result.ts';
import { createActingCalls } from './acting-calls.ts';
import type { AgentTools } from './agent-tools.ts';
import { createCitations, firstFreeNumber, type Citation } from './citations.ts';
import { cutNote, readAnswer, type Said } from './read-answer.ts';
import { createCallRunner } from './tool-calls.ts';
import type { WantedCall } from './wanted-call.ts';

export interface ToolRun {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly tools: AgentTools;
  readonly onText: (text: string) => void;
  readonly onStep: (step: Step) => void;
}

export interface ToolAnswer {
  readonly text: string;
  readonly usage: ModelUsage;
  readonly model: string;
  /** What it may refer to by number. */
  readonly citations: readonly Citation[];
  /** What a person has to approve before the answer goes on. */
  readonly wanted?: WantedCall;
}

const unfinished = '_(I could not finish this: it took more steps than I may take.)_';

/**
 * The model and the tools in turn:
 *
 *     ask the model ──calls──> run them ──results──> ask the model … ──no calls──> answer
 *          │                   └──a call that a person has to approve──> the answer so far, and that call
 *          └──steps or time used up──> ask once more, for an answer without calls
 */
export async function answerWithTools(run: ToolRun, signal: AbortSignal): Promise<ToolAnswer> {
  const { tools } = run;
  const { limits, clock } = tools;
  const startedAt = clock.monotonic();
  const written = createWriting(run.onText);
  const isActing = tools.offered.some(({ readOnly }) => !readOnly);
  const acting = isActing ? await createActingCalls(tools.ledger) : undefined;
  const citations = tools.cites === false ? undefined : createCitations(firstFreeNumber(run.request.messages));
  const runCalls = createCallRunner({ tools, acting, onStep: run.onStep, cite: citations?.cite });
  const request = {
    ...withRules(run.request, tools),
    ...(tools.offered.length > 0 ? { tools: toModelTools(tools.offered) } : {}),
  };
  const messages: ModelMessage[] = [...request.messages];
  if (acting?.reminder !== undefined) messages.push({ role: 'user', text: acting.reminder });
  const usage = createSum();
  for (let step = 0; ; step += 1) {
    const left = limits.totalMs - (clock.monotonic() - startedAt);
    const isLast = step >= limits.steps || left <= 0;
    written.begin();
    const asking = { ...request, messages, ...(isLast ? { answersNow: true } : {}) };
    const said = await readAnswer({ ...run, request: asking, onText: written.add }, signal);
    usage.add(said.usage);
    const end = { usage: usage.total(), model: said.model, citations: citations?.all() ?? [] };
    if (isLast || said.calls.length === 0) return { text: written.end(noteAtEnd(said)), ...end };
    const asked = said.calls.map((call, index): ToolCall => ({ ...call, id: toCallId(step, index), name: toName(call.name) }));
    const { messages: results, wanted } = await runCalls(asked, { step, leftMs: left }, signal);
    if (wanted) return { text: written.end(), ...end, wanted };
    messages.push({ role: 'assistant', text: said.text, calls: asked }, ...results);
  }
}

function noteAtEnd({ text, finishReason }: Said): string {
  if (finishReason === 'length') return cutNote;
  return text.trim() === '' ? unfinished : '';
}

/** The system text and the tools are the same from step to step and from turn to turn, so that providers can cache them. */
function withRules(request: ModelRequest, { fromOutside, missing = [] }: AgentTools): ModelRequest {
  const absent =
    missing.length > 0 ? `\n\nThe tools of ${missing.join(', ')} cannot be reached just now: say so where they are needed.` : '';
  return { ...request, system: request.system + toolRules + (fromOutside ? outsideRule : '') + absent };
}

function toModelTools(offered: readonly Tool[]): ModelRequest['tools'] & object {
  return offered.map(({ name, description, parameters }) => ({ name, description, parameters }));
}

/** Nine letters and digits: Mistral takes no other ids, and the others take these. */
function toCallId(step: number, index: number): string {
  return `call${String(step % 1_000).padStart(3, '0')}${String(index % 100).padStart(2, '0')}`;
}

/** A name that no endpoint takes would make it refuse the whole conversation. */
function toName(name: string): string {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(name) ? name : 'unnamed';
}

/** The text of all steps, as one answer: what is said before a call and after it are paragraphs. */
function createWriting(onText: (text: string) => void) {
  let text = '';
  let pending = false;
  const add = (piece: string): void => {
    if (piece === '') return;
    if (pending) put('\n\n');
    pending = false;
    put(piece);
  };
  const put = (piece: string): void => {
    text += piece;
    onText(piece);
  };
  return {
    add,
    begin: () => {
      pending = text.trim() !== '';
    },
    end: (note = '') => {
      if (note !== '') {
        pending = text.trim() !== '';
        add(note);
      }
      return text;
    },
  };
}

function createSum() {
  let sum: ModelUsage | undefined;
  return {
    add: ({ inputTokens, outputTokens, estimated }: ModelUsage): void => {
      sum = {
        inputTokens: (sum?.inputTokens ?? 0) + inputTokens,
        outputTokens: (sum?.outputTokens ?? 0) + outputTokens,
        // The length of the text is not what was generated: the calls are not part of it.
        estimated: (sum?.estimated ?? false) || estimated,
      };
    },
    total: (): ModelUsage => {
      if (!sum) throw new ModelError({ message: 'The model was not asked.', retryable: false });
      return sum;
    },
  };
}
