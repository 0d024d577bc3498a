import type { Destination, OutboundMessage, Receipt } from '../../message.ts';
import type { ClaimedDelivery } from '../store.ts';

export interface OutboxRow {
  readonly id: string;
  readonly turn: number;
  readonly conversation_id: string;
  readonly adapter: string;
  readonly tenant: string;
  readonly in_reply_to: string;
  readonly destination: string;
  readonly part: number;
  readonly parts: number;
  readonly text: string;
  readonly opened: string | null;
  readonly state: 'queued' | 'sending' | 'sent' | 'dead';
  readonly uncertain: 0 | 1;
  readonly attempt: number;
  readonly next_at: number | null;
  readonly expires_at: number;
  readonly lease_owner: string | null;
  readonly lease_token: number;
  readonly created_at: number;
  readonly replaces: string | null;
  readonly thread: string | null;
  readonly approval: string | null;
  readonly approval_open: 0 | 1;
}

export const outboxColumns = [
  'id',
  'turn',
  'conversation_id',
  'adapter',
  'tenant',
  'in_reply_to',
  'destination',
  'part',
  'parts',
  'text',
  'opened',
  'state',
  'uncertain',
  'attempt',
  'next_at',
  'expires_at',
  'lease_owner',
  'lease_token',
  'created_at',
  'replaces',
  'thread',
  'approval',
  'approval_open',
] as const satisfies readonly (keyof OutboxRow)[];

interface Neighbours {
  /** Receipt of the part before it (JSON). */
  readonly after?: string | null | undefined;
  /** What it takes the place of. */
  readonly replaced?: Replaced | undefined;
  /** Where the message stands that has opened its thread. */
  readonly thread?: Receipt | undefined;
}

/** The receipt (JSON) of a message, or the id of a part under which one may stand. */
export interface Replaced {
  readonly receipt?: string | undefined;
  readonly seeks?: string | undefined;
}

/** Whether a part takes a message away; see revision.ts. */
export function isRemoval({ part, parts }: Pick<OutboxRow, 'part' | 'parts'>): boolean {
  return part >= parts;
}

/** A leased row, as its holder sees it. */
export function toDelivery(row: OutboxRow, { after, replaced, thread }: Neighbours = {}): ClaimedDelivery {
  return {
    id: row.id,
    owner: row.lease_owner ?? '',
    token: row.lease_token,
    adapter: row.adapter,
    uncertain: row.uncertain === 1,
    leaseUntil: row.next_at ?? 0,
    expiresAt: row.expires_at,
    ...(isRemoval(row) ? { removes: true } : {}),
    ...(replaced?.seeks === undefined ? {} : { seeks: replaced.seeks }),
    message: {
      id: row.id,
      conversationId: row.conversation_id,
      tenant: row.tenant,
      inReplyTo: row.in_reply_to,
      destination: JSON.parse(row.destination) as Destination, // written by commitTurn
      text: row.text,
      part: row.part,
      parts: row.parts,
      ...(row.opened === null ? {} : { opened: JSON.parse(row.opened) as Receipt }), // written by commitTurn
      ...(replaced?.receipt === undefined ? {} : toReplacing(replaced.receipt)),
      ...(after ? { after: JSON.parse(after) as Receipt } : {}), // written by settleSent
      ...(row.thread === null ? {} : { thread: row.thread === row.id ? 'opens' : (thread ?? 'lost') }),
      ...(row.approval === null ? {} : { approval: { id: row.approval, isOpen: row.approval_open === 1 } }),
      attempt: row.attempt,
      createdAt: row.created_at,
    },
  };
}

function toReplacing(replaced: string): Pick<OutboundMessage, 'opened' | 'replaces'> {
  const receipt = JSON.parse(replaced) as Receipt; // written by settleSent or commitTurn
  return { opened: receipt, replaces: receipt };
}
