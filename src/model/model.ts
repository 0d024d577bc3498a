import type { Step } from '../adapter.ts';
import type { Json } from '../message.ts';
import type { Place } from '../place-rule.ts';

/**
 * A model turns a conversation into an answer, piece by piece.
 *
 * `generate` yields any number of `text` events, `step` events for what it does meanwhile, `call` events for tools that it wants to be called, and then
 * exactly one `done`. It rejects with a ModelError when there is no
 * usable answer: the endpoint refused, stalled longer than its idle timeout, or ended without saying that it had finished.
 * When `signal` aborts it stops at once and rejects with the signal's reason. It never retries by itself: the worker does.
 */
export interface Model {
  /** For logs and for people: provider and model, for example `openai gpt-5.4-mini`. */
  readonly name: string;
  /** Whether it can be offered tools. One that cannot leaves out the `tools` of a request. */
  readonly takesTools?: boolean;
  /** The longest answer that it is asked for, in tokens. Undefined where that is left to the endpoint. */
  readonly answerTokens?: number | undefined;
  /** Of several models as one: any of these may answer. */
  readonly members?: readonly Pick<Model, 'name' | 'answerTokens'>[];
  generate(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /** Whether the model can be reached and its credential works; a sentence for `parley doctor`. Rejects with a ModelError where not. */
  check(signal: AbortSignal): Promise<string>;
}

export interface ModelRequest {
  readonly system: string;
  /** Oldest first; the last one is the question. */
  readonly messages: readonly ModelMessage[];
  /** What it may ask to be called. */
  readonly tools?: readonly ModelTool[];
  /** Whether it has to answer now, without another call. */
  readonly answersNow?: boolean;
  /** Where the question was asked. No endpoint is told: it is for a model that looks things up by itself, and not all may be seen everywhere. */
  readonly place?: Place;
}

export interface ModelTool {
  /** 1 to 64 of a-z, A-Z, 0-9, _ and -. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: { readonly [key: string]: Json };
}

export interface ToolCall {
  /** Unique within the request: nine letters and digits, as every endpoint takes them. */
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it: it may be anything. */
  readonly arguments: string;
  /** What the endpoint of this host wants to get back with the call. */
  readonly echo?: { readonly host: string; readonly content: Json };
}

export interface ModelMessage {
  /** `tool`: what came of a call. */
  readonly role: 'user' | 'assistant' | 'tool';
  readonly text: string;
  /** Of the assistant: what it asked to be called. The results follow, one message for each. */
  readonly calls?: readonly ToolCall[];
  /** Of a tool: `id` of the call. */
  readonly callId?: string;
  /** What a person shows; only for a model that sees images. */
  readonly images?: readonly ModelImage[];
}

export interface ModelImage {
  /** `image/png`, `image/jpeg`, `image/gif` or `image/webp`. */
  readonly mimeType: string;
  readonly base64: string;
}

/** What an image costs about, as it is counted before the endpoint says: 700 to 1,500, by its size. */
export const tokensPerImage = 1_000;

/** `model` of `done`: which one has answered, where that is not the model that was asked. */
export type ModelEvent =
  | { readonly type: 'text'; readonly text: string }
  /** What it does before it can answer; the same id again when that is over. */
  | { readonly type: 'step'; readonly step: Step }
  /** A call that it wants, complete. Its `done` has the finish reason `calls`. */
  | { readonly type: 'call'; readonly call: Omit<ToolCall, 'id'> }
  | { readonly type: 'done'; readonly finishReason: FinishReason; readonly usage: ModelUsage; readonly model?: string };

/** `length`: cut off by the output limit. `filtered`: withheld by the provider. `calls`: it waits for what the tools say. */
export type FinishReason = 'stop' | 'length' | 'filtered' | 'calls';

export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens, those that the endpoint had kept from before; undefined where it does not say. */
  readonly cachedTokens?: number | undefined;
  /** Whether Parley counted because the endpoint did not say. */
  readonly estimated: boolean;
}
