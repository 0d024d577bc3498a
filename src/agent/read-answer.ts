import type { Step } from '../adapter.ts';
import { ModelError } from '../errors.ts';
import type { FinishReason, Model, ModelRequest, ModelUsage, ToolCall } from '../model/model.ts';

/** Stands under an answer of which the model may say no more. */
export const cutNote = '_(The answer ends here: it reached the length limit.)_';

export interface Reading {
  readonly model: Model;
  readonly request: ModelRequest;
  readonly onText: (text: string) => void;
  readonly onStep?: ((step: Step) => void) | undefined;
}

/** What one request to the model came to. */
export interface Said {
  readonly text: string;
  readonly calls: readonly Omit<ToolCall, 'id'>[];
  readonly finishReason: FinishReason;
  readonly usage: ModelUsage;
  /** Name of the model that has answered. */
  readonly model: string;
}

/** Reads one answer to its end. Rejects with a ModelError where it is none. */
export async function readAnswer({ model, request, onText, onStep }: Reading, signal: AbortSignal): Promise<Said> {
  let text = '';
  const calls: Omit<ToolCall, 'id'>[] = [];
  for await (const event of model.generate(request, signal)) {
    if (event.type === 'text') {
      signal.throwIfAborted();
      text += event.text;
      onText(event.text);
    } else if (event.type === 'step') {
      signal.throwIfAborted();
      onStep?.(event.step);
    } else if (event.type === 'call') {
      calls.push(event.call);
    } else {
      const { finishReason, usage, model: answeredBy = model.name } = event;
      if (finishReason === 'filtered') {
        const publicMessage = 'The AI provider withheld an answer to this.';
        throw new ModelError({ message: `${model.name} withheld the answer (content filter).`, retryable: false, publicMessage });
      }
      if (text.trim() === '' && calls.length === 0)
        throw new ModelError({ message: `${model.name} gave an empty answer.`, retryable: true });
      return { text, calls, finishReason, usage, model: answeredBy };
    }
  }
  throw new ModelError({ message: `${model.name} ended its answer without saying that it was finished.`, retryable: true });
}
