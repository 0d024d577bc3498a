import { ModelError } from '../../errors.ts';
import type { FinishReason, ModelEvent, ModelUsage } from '../model.ts';
import { type Endpoint, toFailure, toModelError } from './failure.ts';
import { createTextFrames } from './text-frames.ts';
import { createToolCallReader } from './tool-calls.ts';

/**
 * What the frames of one answer add up to. A frame is a `chat.completion.chunk`, or a whole `chat.completion` from a server that does
 * not stream. The methods throw a ModelError for whatever is no answer.
 */
export interface Completion {
  /** Takes one frame in and returns the text it adds. */
  add(frame: string): string;
  /** Whether the endpoint has said how its answer ended. */
  readonly finished: boolean;
  /** Whether the endpoint has said that nothing more will come. */
  readonly closed: boolean;
  /** How the answer ended. Throws when it has not, or ended without a usable answer. */
  outcome(): Outcome;
}

export interface Outcome {
  readonly finishReason: FinishReason;
  readonly usage: ModelUsage | undefined;
  /** None where no tools were offered. */
  readonly calls: readonly Extract<ModelEvent, { type: 'call' }>['call'][];
}

export function createCompletion(endpoint: Endpoint, offersTools: boolean): Completion {
  const tools = offersTools ? createToolCallReader(endpoint) : undefined;
  const texts = createTextFrames();
  let finish: string | undefined;
  let usage: ModelUsage | undefined;
  let closed = false;
  let written = false;

  function take(json: string): string {
    const frame = parse(json, endpoint);
    if (!isRecord(frame)) throw unreadable(endpoint);
    if (frame.error) throw toModelError(toFailure(frame.error), endpoint);
    usage = toUsage(frame.usage) ?? usage;
    // The frame that carries the usage has no choices.
    const choice: unknown = Array.isArray(frame.choices) ? frame.choices[0] : undefined;
    if (!isRecord(choice)) return '';
    if (typeof choice.finish_reason === 'string') finish = choice.finish_reason;
    const said = choice.delta ?? choice.message;
    tools?.add(said);
    const text = textOf(said);
    if (isPlainText(said)) texts.learn(json, text);
    return text;
  }

  return {
    add: (frame) => {
      if (frame.trim() === '[DONE]') {
        closed = true;
        return '';
      }
      const text = texts.textOf(frame) ?? take(frame);
      written ||= text.trim() !== '';
      return text;
    },
    get finished() {
      return finish !== undefined;
    },
    get closed() {
      return closed;
    },
    outcome: () => {
      const asked = tools?.calls() ?? [];
      const finishReason = toFinishReason(finish, { endpoint, calls: asked.length > 0 });
      const calls = finishReason === 'calls' ? asked : [];
      if (!written && finishReason !== 'filtered' && finishReason !== 'calls') throw emptyAnswer(finishReason, endpoint);
      return { finishReason, usage, calls };
    },
  };
}

/** An error event whose data is the error itself, without the usual envelope. */
export function toStreamError(data: string, endpoint: Endpoint): ModelError {
  const frame = parse(data, endpoint);
  return toModelError(toFailure(isRecord(frame) && frame.error ? frame.error : frame), endpoint);
}

function parse(frame: string, endpoint: Endpoint): unknown {
  try {
    return JSON.parse(frame);
  } catch {
    throw unreadable(endpoint);
  }
}

function unreadable({ host }: Endpoint): ModelError {
  return new ModelError({ message: `${host} sent something that is no chat completion, or that was cut off.`, retryable: true });
}

/** `content` is a text; some endpoints send a list of typed parts, the model's private thoughts among them. */
function textOf(message: unknown): string {
  if (!isRecord(message)) return '';
  const { content, refusal } = message;
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textOfPart).join('');
  return typeof refusal === 'string' ? refusal : '';
}

/** Whether the text is all that it adds. */
function isPlainText(said: unknown): boolean {
  return isRecord(said) && typeof said.content === 'string' && !said.tool_calls && !said.function_call;
}

function textOfPart(part: unknown): string {
  return isRecord(part) && part.type === 'text' && typeof part.text === 'string' ? part.text : '';
}

interface Finished {
  readonly endpoint: Endpoint;
  /** Whether tools were called, which many endpoints call a natural end. */
  readonly calls: boolean;
}

function toFinishReason(finish: string | undefined, { endpoint: { host }, calls }: Finished): FinishReason {
  switch (finish) {
    case undefined:
      throw new ModelError({
        message: `The answer from ${host} was cut off: it ended without a finish_reason.`,
        retryable: true,
      });
    case 'length':
    case 'max_tokens':
    case 'model_length':
      return 'length';
    case 'content_filter':
      return 'filtered';
    case 'tool_calls':
    case 'function_call':
      if (calls) return 'calls';
      throw new ModelError({
        message: `${host} called a tool, although it was offered none, or did not say which.`,
        retryable: true,
      });
    case 'error':
      throw new ModelError({ message: `${host} broke its answer off with an error.`, retryable: true });
    default:
      return calls ? 'calls' : 'stop'; // Compatible endpoints have names of their own for a natural end: eos, end_turn, ...
  }
}

function emptyAnswer(finishReason: FinishReason, { host, settings }: Endpoint): ModelError {
  if (finishReason === 'stop') return new ModelError({ message: `${host} gave an empty answer.`, retryable: true });
  const message = `${host} reached the output limit before it wrote anything: raise ${settings.section}.maxOutputTokens.`;
  return new ModelError({ message, retryable: false, ofRequest: true });
}

function toUsage(usage: unknown): ModelUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens: inputTokens, completion_tokens: outputTokens, prompt_tokens_details: details } = usage;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  const cachedTokens = isRecord(details) ? details.cached_tokens : undefined;
  return { inputTokens, outputTokens, ...(isCount(cachedTokens) ? { cachedTokens } : {}), estimated: false };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
