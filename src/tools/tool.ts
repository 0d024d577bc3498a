import type { Author, Json } from '../message.ts';

/** JSON Schema of an object. */
export type ToolParameters = { readonly [key: string]: Json };

/** Something that the model may ask to be done while it answers. */
export interface Tool {
  /** 1 to 64 of a-z, A-Z, 0-9, _ and -. */
  readonly name: string;
  /** For the model: what it does, and when to use it. */
  readonly description: string;
  readonly parameters: ToolParameters;
  /** What people read while it runs, as in `Searching the knowledge base`. */
  readonly title: string;
  /** Whether it changes nothing anywhere, so that calling it twice does no harm. */
  readonly readOnly: boolean;
  /** Whether what it gives may have been written by strangers. What the model makes of that needs a person's approval. */
  readonly untrusted: boolean;
  /**
   * Does it, with arguments that fit the schema. Resolves with what the model is to know. Rejects with a ToolError whose message the model gets,
   * with any other error for what nobody expected, and with the signal's reason when that aborts.
   */
  run(given: ToolArguments, use: ToolUse): Promise<string>;
}

export type ToolArguments = { readonly [key: string]: Json };

/** A text among the arguments; empty where it is none. */
export function textOf(given: Json | undefined): string {
  return typeof given === 'string' ? given : '';
}

/** Where and for whom a tool is used. */
export interface ToolPlace {
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
  /** Who asked last. */
  readonly author: Author;
}

export interface ToolUse extends ToolPlace {
  /** The same on every attempt at this call: an idempotency key. */
  readonly callId: string;
  readonly signal: AbortSignal;
}
