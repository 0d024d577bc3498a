import type { Step } from '../adapter.ts';
import { ModelError } from '../errors.ts';
import type { Model, ModelRequest, ModelUsage } from '../model/model.ts';

export interface AgentRun {
  readonly model: Model;
  readonly request: ModelRequest;
  /** Called with each piece of the answer as it comes. */
  readonly onText: (text: string) => void;
  /** Called with each step when it begins and when it is over: each of them ends, however the answer does. */
  readonly onStep?: ((step: Step) => void) | undefined;
}

export interface AgentAnswer {
  readonly text: string;
  readonly usage: ModelUsage;
  /** Name of the model that has answered. */
  readonly model: string;
}

const cutNote = '\n\n_(The answer ends here: it reached the length limit.)_';

/** Lets the model answer. Rejects with a ModelError where there is no usable answer, or with the signal's reason. */
export async function runAgent(run: AgentRun, signal: AbortSignal): Promise<AgentAnswer> {
  const open = new Map<string, Step>();
  const onStep = (step: Step): void => {
    if (step.state === 'running') open.set(step.id, step);
    else open.delete(step.id);
    run.onStep?.(step);
  };
  try {
    const answer = await readAnswer({ ...run, onStep }, signal);
    for (const step of open.values()) run.onStep?.({ ...step, state: 'done' });
    return answer;
  } catch (error) {
    for (const step of open.values()) run.onStep?.({ ...step, state: 'failed' });
    throw error;
  }
}

async function readAnswer({ model, request, onText, onStep }: AgentRun, signal: AbortSignal): Promise<AgentAnswer> {
  let text = '';
  for await (const event of model.generate(request, signal)) {
    if (event.type === 'step') {
      signal.throwIfAborted();
      onStep?.(event.step);
      continue;
    }
    if (event.type === 'text') {
      signal.throwIfAborted();
      text += event.text;
      onText(event.text);
      continue;
    }
    if (event.finishReason === 'filtered') {
      const publicMessage = 'The AI provider withheld an answer to this.';
      throw new ModelError({ message: `${model.name} withheld the answer (content filter).`, retryable: false, publicMessage });
    }
    if (text.trim() === '') throw new ModelError({ message: `${model.name} gave an empty answer.`, retryable: true });
    const { finishReason, usage, model: answeredBy = model.name } = event;
    return { text: finishReason === 'length' ? text + cutNote : text, usage, model: answeredBy };
  }
  throw new ModelError({ message: `${model.name} ended its answer without saying that it was finished.`, retryable: true });
}
