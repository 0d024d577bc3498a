import { ModelError } from '../errors.ts';
import type { Model, ModelRequest, ModelUsage } from '../model/model.ts';

export interface AgentRun {
  readonly model: Model;
  readonly request: ModelRequest;
  /** Called with each piece of the answer as it comes. */
  readonly onText: (text: string) => void;
}

export interface AgentAnswer {
  readonly text: string;
  readonly usage: ModelUsage;
  /** Name of the model that has answered. */
  readonly model: string;
}

const cutNote = '\n\n_(The answer ends here: it reached the length limit.)_';

/** Lets the model answer. Rejects with a ModelError where there is no usable answer, or with the signal's reason. */
export async function runAgent({ model, request, onText }: AgentRun, signal: AbortSignal): Promise<AgentAnswer> {
  let text = '';
  for await (const event of model.generate(request, signal)) {
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
