import type { InboundEvent, InboundMessage } from '../../message.ts';
import type { Sqlite } from './database.ts';

interface OverheardRow {
  readonly seq: number;
  readonly payload: string;
}

/** A message that begins a conversation can follow nothing; a reply may have overtaken the mention that it follows. */
export function isWorthKeeping(event: InboundEvent): boolean {
  return event.type === 'message' && event.replyTo !== undefined;
}

/**
 * Replies among people, recorded as ignored, whose payload is kept for a while. Slack delivers a mention again whose first delivery has
 * failed, and what was said below it meanwhile has come by then: without a mention, in a conversation that did not exist yet.
 */
export function createOverheard(db: Sqlite) {
  const kept = "verdict = 'ignored' and payload is not null";
  // `+?` as in turns.ts. What Slack held back carries a later time than was written: so a reply to the message itself counts without looking.
  const findLater = db.prepare<[string, number, string | null], OverheardRow>(
    `select seq, payload from inbox where conversation_id = +? and ${kept} and (sent_at > ? or payload ->> '$.replyTo' = ?)
     order by sent_at, seq`,
  );
  // Turns take events up in the order of their numbers.
  const takeUp = db.prepare<[number]>(
    `update inbox set seq = (select max(seq) from inbox) + 1, state = 'waiting', verdict = null, reason = null, settled_at = null
     where seq = ?`,
  );
  const edit = db.prepare<[string, string, string]>(
    `update inbox set text = ? where conversation_id = ? and message_id = ? and ${kept}`,
  );
  const remove = db.prepare<[string, string]>(
    `update inbox set text = '', payload = null, reason = 'deleted by its author' where conversation_id = ? and message_id = ? and ${kept}`,
  );
  const forget = db.prepare<[number, number]>(
    `update inbox set text = '', payload = null
     where seq in (select seq from inbox indexed by inbox_overheard where ${kept} and accepted_at < ? limit ?)`,
  );
  return {
    /** What was said after this event in its conversation waits behind it now; returns it in order, without its text. */
    takeUpAfter(event: InboundEvent): InboundMessage[] {
      const messageId = event.type === 'message' ? event.messageId : null;
      const rows = findLater.all(event.conversationId, event.sentAt, messageId);
      for (const { seq } of rows) takeUp.run(seq);
      return rows.map(({ payload }) => JSON.parse(payload) as InboundMessage); // accept keeps the payload of messages only
    },
    edit: (messageId: string, conversationId: string, text: string): number => edit.run(text, conversationId, messageId).changes,
    remove: (messageId: string, conversationId: string): number => remove.run(conversationId, messageId).changes,
    forget: ({ before, limit }: { before: number; limit: number }): number => forget.run(before, limit).changes,
  };
}

export type Overheard = ReturnType<typeof createOverheard>;
