/** What goes between Parley and the process that evaluates expressions (`src/expressions/`): values that survive structured cloning. */

/** Expressions over one JSON text. */
export interface ExpressionJob {
  /** UTF-8. */
  readonly json: Uint8Array;
  /** Names in lower case; without credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly source: string;
  readonly expressions: readonly KeyedExpression[];
}

export interface KeyedExpression {
  /** Of the setting that it stands under. */
  readonly key: string;
  readonly expression: Expression;
}

export type Expression = { readonly jsonata: string } | { readonly liquid: string };

/** `problem` completes "it cannot be evaluated: ...". */
export type ExpressionResult = { readonly key: string } & (
  | { readonly ok: true; readonly type: ResultType; readonly text: string }
  | { readonly ok: false; readonly problem: string }
);

/** `nothing`: the expression found nothing; its text is empty then. Lists and objects are given as JSON. */
export type ResultType = 'text' | 'number' | 'boolean' | 'list' | 'object' | 'nothing';

/** To the parent: the thread can take jobs; one result each, in order. */
export type EvaluatorMessage = { readonly type: 'ready' } | { readonly type: 'result'; readonly result: ExpressionResult };

/** Exit status of the process where its thread used up its memory. */
export const outOfMemory = 12;

/**
 * Evaluates JSONata and Liquid in a process of its own (docs/decisions/0012): whatever they and what they are given do, Parley's own loop turns on.
 * The process is started with the first job, serves one job at a time, and is replaced when it has to be ended.
 */
export interface Expressions {
  /**
   * One result for each expression, in their order. `unavailable`: too much waits, the process cannot be started, or `stop` was called; the same
   * job may be evaluated later. Never rejects.
   */
  evaluate(job: ExpressionJob): Promise<readonly ExpressionResult[] | 'unavailable'>;
  /** Ends the process. What runs or waits is unavailable, and what comes later too. Safe to call twice. */
  stop(): Promise<void>;
}
