import { toChunkId } from '../../ids.ts';
import type { InboundEvent } from '../../message.ts';
import type { Sqlite } from './database.ts';
import type { ReadyConversation } from './ready.ts';
import { createRemoveStream, createWithdraw } from './withdraw.ts';

/** 1: the event itself was deleted; 2: what has been shown of its answer is to go, too. */
export type Withdrawn = 0 | 1 | 2;

interface WithdrawnRow {
  readonly payload: string;
  readonly withdrawn: Withdrawn;
  readonly turn: number | null;
}

interface Withdrawal {
  readonly conversation: ReadyConversation;
  /** All that waits, oldest first. */
  readonly rows: readonly WithdrawnRow[];
  /** The turn that these are the events of. */
  readonly firstTurnId: string | undefined;
}

/** Settles what was deleted while it waited. Where nothing is left to answer, what people see of an answer goes too. */
export function createSettleWithdrawn(db: Sqlite) {
  const settle = db.prepare<[number, string]>(
    `update inbox set state = 'settled', verdict = 'ignored', reason = 'deleted by its author', payload = null, text = '', settled_at = ?
     where conversation_id = ? and state = 'waiting' and withdrawn > 0`,
  );
  const withdraw = createWithdraw(db);
  const removeStream = createRemoveStream(db);

  return function settleWithdrawn({ conversation, rows, firstTurnId }: Withdrawal, now: number): void {
    const { id: conversationId, stream } = conversation;
    settle.run(now, conversationId);
    const [first] = rows;
    if (first?.withdrawn !== 2) return;
    const ofTurn = rows.filter(({ turn }) => turn === first.turn);
    if (!ofTurn.every(({ withdrawn }) => withdrawn)) return;
    if (first.turn !== null) withdraw({ conversationId, turn: first.turn, now });
    else if (stream !== null && firstTurnId !== undefined) {
      const { eventId: inReplyTo } = JSON.parse(first.payload) as InboundEvent; // written by accept
      removeStream({ id: toChunkId(firstTurnId, 0), conversationId, inReplyTo, stream, now });
    }
  };
}
