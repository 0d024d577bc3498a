import type { ApprovalStore } from './approval-store.ts';

/**
 * What tools were called, for which turn, and what came of it. A call that changes something is written down before it is made:
 *
 *     beginToolCall ──> begun ──recordToolCalls──> done | failed
 *
 * What stays begun was interrupted: nobody knows what came of it.
 */
export interface ToolCallStore extends ApprovalStore {
  /** Writes down that a call begins. Where it has begun before, that call comes back and nothing is written: then it must not be made. */
  beginToolCall(call: BegunCall): Promise<LoggedToolCall | undefined>;
  /** Writes down calls that are over, or what came of those that were begun. What is recorded already stays as it is. */
  recordToolCalls(record: ToolCallRecord): Promise<void>;
  /** Newest first. */
  listToolCalls(query: ToolCallQuery): Promise<readonly LoggedToolCall[]>;
}

export interface CallOwner {
  readonly conversationId: string;
  readonly turnId: string;
}

export interface BegunCall extends CallOwner {
  readonly id: string;
  readonly tool: string;
  /** JSON; of a call that was begun exactly what the tool is given. */
  readonly arguments: string;
}

export interface ToolCallRecord extends CallOwner {
  readonly calls: readonly (Pick<BegunCall, 'id' | 'tool' | 'arguments'> & {
    readonly state: 'done' | 'failed' | 'refused';
    readonly outcome: string;
    readonly ms: number;
  })[];
}

export interface ToolCallQuery {
  readonly turnId?: string | undefined;
  readonly conversationId?: string | undefined;
  /** Only those that were begun as changing something. */
  readonly acting?: boolean;
  readonly limit: number;
}

export interface LoggedToolCall extends BegunCall {
  readonly state: 'begun' | 'done' | 'failed' | 'refused';
  readonly acting: boolean;
  readonly outcome: string | undefined;
  readonly ms: number | undefined;
  /** ms since 1970. */
  readonly at: number;
}
