import type { Step } from '../adapter.ts';
import { ModelError } from '../errors.ts';
import type { Model, ModelRequest, ModelUsage } from '../model/model.ts';
import type { AgentTools } from './agent-tools.ts';
import type { Citation } from './citations.ts';
import { cutNote, readAnswer, type Said } from './read-answer.ts';
import { answerWithTools } from './tool-loop.ts';
import type { WantedCall } from './wanted-call.ts';

export interface AgentRun {
  readonly model: Model;
  readonly request: ModelRequest;
  /** Called with each piece of the answer as it comes. */
  readonly onText: (text: string) => void;
  /** Called with each step when it begins and when it is over: each of them ends, however the answer does. */
  readonly onStep?: ((step: Step) => void) | undefined;
  /** What the model may use. Left out where it may use nothing. */
  readonly tools?: AgentTools | undefined;
}

export interface AgentAnswer {
  readonly text: string;
  readonly usage: ModelUsage;
  /** Name of the model that has answered. */
  readonly model: string;
  /** What its text may refer to by number; left out where tools had no part in it. */
  readonly citations?: readonly Citation[];
  /** What a person has to approve before the answer goes on; the text is what was said until then, which may be nothing. */
  readonly wanted?: WantedCall;
}

/** Lets the model answer, and use tools for it. Rejects with a ModelError where there is no usable answer, or with the signal's reason. */
export async function runAgent(run: AgentRun, signal: AbortSignal): Promise<AgentAnswer> {
  const open = new Map<string, Step>();
  const onStep = (step: Step): void => {
    if (step.state === 'running') open.set(step.id, step);
    else open.delete(step.id);
    run.onStep?.(step);
  };
  const { tools, model } = run;
  try {
    const answer =
      tools && model.takesTools
        ? await answerWithTools({ ...run, tools, onStep }, signal)
        : toAnswer(await readAnswer({ ...run, onStep }, signal));
    for (const step of open.values()) run.onStep?.({ ...step, state: 'done' });
    return answer;
  } catch (error) {
    for (const step of open.values()) run.onStep?.({ ...step, state: 'failed' });
    throw error;
  }
}

/** Who calls a tool that nobody offered, and says nothing, has not answered. */
function toAnswer({ text, finishReason, usage, model }: Said): AgentAnswer {
  if (text.trim() === '') throw new ModelError({ message: `${model} called a tool that it was not offered.`, retryable: true });
  return { text: finishReason === 'length' ? `${text}\n\n${cutNote}` : text, usage, model };
}
