export interface ToolLimits {
  /** How often the model may ask for tools before it has to answer. */
  readonly steps: number;
  readonly callsPerStep: number;
  readonly callTimeoutMs: number;
  /** For all steps of an answer together; then it has to answer. */
  readonly totalMs: number;
  /** Characters of one result. */
  readonly resultLength: number;
}
