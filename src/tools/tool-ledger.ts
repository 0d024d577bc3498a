/** A call of a tool that changes something, which an earlier attempt at the same answer has begun. */
export interface EarlierCall {
  readonly id: string;
  readonly tool: string;
  /** Canonical JSON. */
  readonly arguments: string;
  /** Undefined where the process ended before it was known what came of it. */
  readonly outcome: string | undefined;
}

export type CallState = 'done' | 'failed' | 'refused';

export interface FinishedCall {
  readonly id: string;
  readonly tool: string;
  readonly arguments: string;
  readonly state: CallState;
  /** What the model was told. */
  readonly outcome: string;
  readonly ms: number;
}

/** The durable record of what tools did for one turn. */
export interface ToolLedger {
  /** Oldest first. */
  earlier(): Promise<readonly EarlierCall[]>;
  /** Resolves when it is on disk that the call begins; with the earlier call where that has been there already: then it must not be made. */
  begin(call: Pick<EarlierCall, 'id' | 'tool' | 'arguments'>): Promise<EarlierCall | undefined>;
  /** Notes calls that are over. Of one that was begun, what came of it. */
  record(calls: readonly FinishedCall[]): Promise<void>;
}
