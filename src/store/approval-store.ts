import type { Action, Author, Destination } from '../message.ts';

/**
 * What people are asked to approve: calls of tools, each with the exact arguments that were shown. A request is written by the commit of the turn
 * that asks, and decided once, by `accept` of an action:
 *
 *     commitTurn ──> pending ──approve──> approved
 *                       ├──decline──> declined
 *                       ├──expireApprovals──> expired
 *                       └──the question is edited or deleted, /reset, uninstall──> withdrawn
 *
 * The action that decides waits like a message for a turn of the conversation, with the destination of what asked. One that does not count is `ignored`,
 * with one of `approvalVerdicts` as its reason, and who has pressed a button is told.
 */
export interface ApprovalStore {
  findApproval(id: string): Promise<Approval | undefined>;
  /** Newest first; `pending`: those alone that wait for somebody. */
  listApprovals(query: { readonly pending: boolean; readonly limit: number }): Promise<readonly Approval[]>;
  /** Ends what nobody has decided in time; returns how many. Each gets its event, once. */
  expireApprovals(query: { readonly limit: number }): Promise<number>;
}

/** Of a turn's outcome. */
export interface Asking {
  readonly approval?: ApprovalRequest | undefined;
}

/** What the turn that asks commits. */
export interface ApprovalRequest {
  /** Of the call. */
  readonly id: string;
  readonly tool: string;
  readonly title: string;
  /** Canonical JSON: what was shown, and what the tool is given. */
  readonly arguments: string;
  /** Who asked for what the call is made for. */
  readonly asker: Author;
  /** Whether the context held what strangers wrote. */
  readonly untrusted: boolean;
  /** No decision counts from then on, in ms since 1970. */
  readonly expiresAt: number;
  /** The part of the answer that bears the buttons; undefined where there are none. */
  readonly part: number | undefined;
}

export type ApprovalState = 'pending' | 'approved' | 'declined' | 'expired' | 'withdrawn';

export interface Approval extends Omit<ApprovalRequest, 'part'> {
  readonly conversationId: string;
  readonly adapter: string;
  readonly tenant: string;
  /** The turn that asked. */
  readonly turnId: string;
  /** Where the answer went that asks. */
  readonly destination: Destination;
  readonly state: ApprovalState;
  /** ms since 1970. */
  readonly askedAt: number;
  readonly decision: Decision | undefined;
}

export interface Decision {
  readonly by: Pick<Author, 'id' | 'name'>;
  readonly at: number;
  /** Untrusted. */
  readonly reason: string | undefined;
}

const decisionNames: ReadonlySet<string> = new Set(['approve', 'decline', 'expire']);

export function isDecision(action: Pick<Action, 'name'>): boolean {
  return decisionNames.has(action.name);
}
