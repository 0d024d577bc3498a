import type { Author, Json } from '../message.ts';
import type { Place } from '../place-rule.ts';
import type { Post } from './post.ts';

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
  /**
   * Whether a person has to approve of a call with these arguments, although it changes nothing by itself: what it prepares is done when the answer is
   * committed, and only then. `isUntrusted`: the context holds what strangers wrote.
   */
  readonly asks?: ((given: ToolArguments, isUntrusted: boolean) => boolean) | undefined;
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
export interface ToolPlace extends Place {
  /** Who asked last. */
  readonly author: Author;
  /** Keeps words of the author beyond the conversation; see remember.ts. Left out where nothing may be kept. */
  readonly remember?: ((words: string, untrusted: boolean) => string) | undefined;
}

/** A passage of a document that an answer may refer to. */
export interface CitablePassage {
  readonly collection: string;
  readonly source: string;
  /** From the title of the document down. */
  readonly heading: string;
  /** Where people find it. */
  readonly url?: string | undefined;
}

export interface ToolUse extends ToolPlace {
  /** The same on every attempt at this call: an idempotency key. */
  readonly callId: string;
  /** Whether the context holds what strangers wrote by now; so it is taken to be where this is left out. */
  readonly untrusted?: boolean;
  /** What is to be posted when the answer is committed. Left out where there is no answer. */
  readonly posts?: Post[] | undefined;
  readonly signal: AbortSignal;
  /** Gives what is found its number in the answer. Left out where an answer names no sources. */
  readonly cite?: ((passage: CitablePassage) => number) | undefined;
}
