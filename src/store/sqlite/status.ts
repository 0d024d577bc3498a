import { maxRecent } from '../../adapter.ts';
import type { EventStatus, RecentConversation } from '../../adapter.ts';
import { toChunkId } from '../../ids.ts';
import type { Destination, Json, Receipt } from '../../message.ts';
import type { EventKey } from '../store.ts';
import type { Sqlite } from './database.ts';

interface EventRow {
  readonly conversation_id: string;
  readonly state: 'waiting' | 'settled';
  readonly verdict: 'answered' | 'ignored' | 'refused' | 'handed' | 'failed' | null;
  readonly reason: string | null;
  readonly turn: number | null;
  readonly accepted_at: number;
  readonly claimed: 0 | 1;
}

interface PartRow {
  readonly id: string;
  readonly text: string;
  readonly state: 'queued' | 'sending' | 'sent' | 'dead';
  readonly receipt: string | null;
}

/** Questions about the ledger that change nothing. */
export function createStatus(db: Sqlite) {
  return { status: createLookUp(db), ...createAdapterQuestions(db) };
}

function createLookUp(db: Sqlite) {
  const findEvent = db.prepare<[string, string, string], EventRow>(
    `select i.conversation_id, i.state, verdict, reason, turn, accepted_at, c.lease_owner is not null and seq <= c.claimed_seq as claimed
     from inbox i left join conversation c on c.id = i.conversation_id where i.adapter = ? and i.tenant = ? and i.event_id = ?`,
  );
  const findTurn = db.prepare<[number], { id: string; parts: number }>('select id, parts from turn where seq = ?');
  const findPart = db.prepare<[string], PartRow>('select id, text, state, receipt from outbox where id = ?');

  function partsOf(turnSeq: number | null): PartRow[] {
    const turn = turnSeq === null ? undefined : findTurn.get(turnSeq);
    if (!turn) return [];
    const ids = Array.from({ length: turn.parts }, (_, part) => toChunkId(turn.id, part));
    return ids.map((id) => findPart.get(id)).filter((part) => part !== undefined);
  }

  return function status({ adapter, tenant, eventId }: EventKey): EventStatus | undefined {
    const event = findEvent.get(adapter, tenant, eventId);
    if (!event) return undefined;
    const parts = partsOf(event.turn);
    return {
      eventId,
      conversationId: event.conversation_id,
      state: stateOf(event, parts),
      reason: event.reason ?? undefined,
      acceptedAt: event.accepted_at,
      answer: parts.map(({ id, text, receipt }) => ({
        id,
        text,
        receipt: receipt === null ? undefined : (JSON.parse(receipt) as Receipt), // written by settleSent
      })),
    };
  };
}

function stateOf(event: EventRow, parts: readonly PartRow[]): EventStatus['state'] {
  if (event.state === 'waiting' || event.verdict === null) return event.claimed ? 'running' : 'waiting';
  const undelivered = parts.some((part) => part.state === 'queued' || part.state === 'sending');
  return event.verdict === 'answered' && undelivered ? 'delivering' : event.verdict;
}

function createAdapterQuestions(db: Sqlite) {
  const findState = db.prepare<[string, string], { value: string }>(
    'select value from adapter_state where adapter = ? and key = ?',
  );
  // Asked when an adapter connects anew: not worth an index that every event would have to pay for.
  const recent = db.prepare<[string, number], { id: string; destination: string; newest: string }>(
    `select id, destination, newest_message_id as newest from conversation
     where adapter = ? and active_at >= ? and newest_message_id is not null order by active_at desc limit ${maxRecent}`,
  );
  return {
    loadState({ adapter, key }: { adapter: string; key: string }): Json | undefined {
      const row = findState.get(adapter, key);
      return row && (JSON.parse(row.value) as Json); // written by accept
    },

    recentConversations: ({ adapter, since }: { adapter: string; since: number }): RecentConversation[] =>
      recent.all(adapter, since).map(({ id, destination, newest }) => ({
        conversationId: id,
        destination: JSON.parse(destination) as Destination, // written by accept
        newestMessageId: newest,
      })),
  };
}
