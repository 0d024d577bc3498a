/** Why a decision about a call of a tool does not count: the reason that the action is recorded with, and that `accept` gives back. */
export const approvalVerdicts = {
  /** There is no such request in this conversation. */
  unknown: 'no such request for approval',
  /** Somebody has decided, or nobody is asked any more. */
  over: 'decided already',
  expired: 'the request has expired',
  /** The settings do not let its author decide. */
  foreign: 'not an approver',
} as const;

export type ApprovalVerdict = (typeof approvalVerdicts)[keyof typeof approvalVerdicts];

const maxName = 60;

/** As in `Approved by Ann`. The name comes from outside: it stands there in one line, and says nothing in Markdown. */
export function toDecisionText(state: string, name: string | null): string {
  if (state === 'expired') return 'Nobody decided in time';
  if (state !== 'approved' && state !== 'declined') return 'Not asked any more';
  const plain = (name ?? '')
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{M}\p{N} .'-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return `${state === 'approved' ? 'Approved' : 'Declined'} by ${plain.slice(0, maxName).toWellFormed() || 'somebody'}`;
}

/** As in `2026-05-01 12:00 UTC`. */
export function toMinuteText(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
