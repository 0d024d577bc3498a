import type { ApprovalState } from '../approval-store.ts';

export interface ApprovalRow {
  readonly id: string;
  readonly conversation_id: string;
  readonly adapter: string;
  readonly tenant: string;
  readonly turn_id: string;
  readonly part_id: string | null;
  readonly tool: string;
  readonly title: string;
  readonly arguments: string;
  readonly asker: string;
  readonly untrusted: 0 | 1;
  readonly destination: string;
  readonly state: ApprovalState;
  readonly asked_at: number;
  readonly expires_at: number;
  readonly decided_by: string | null;
  readonly decided_name: string | null;
  readonly decided_at: number | null;
  readonly reason: string | null;
}
