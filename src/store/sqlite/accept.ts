import { hash } from 'node:crypto';
import type { AcceptResult } from '../../adapter.ts';
import type { InboundEvent, MessageDelete, MessageEdit } from '../../message.ts';
import type { AcceptBatch } from '../store.ts';
import type { Sqlite } from './database.ts';

interface KnownEvent {
  readonly seq: number;
  readonly hash: string;
  readonly reason: string | null;
}

const notAddressed = 'not addressed to the bot';

export function createAccept(db: Sqlite) {
  const findEvent = db.prepare<[string, string, string], KnownEvent>(
    'select seq, hash, reason from inbox where adapter = ? and tenant = ? and event_id = ?',
  );
  const insertEvent = db.prepare(
    `insert into inbox (adapter, tenant, event_id, hash, conversation_id, type, message_id, author_id, author_name, text, payload,
       state, verdict, reason, sent_at, accepted_at, settled_at)
     values (@adapter, @tenant, @eventId, @hash, @conversationId, @type, @messageId, @authorId, @authorName, @text, @payload,
       @state, @verdict, @reason, @sentAt, @now, @settledAt)`,
  );
  const removeEvent = db.prepare<[number]>('delete from inbox where seq = ?');
  const isJoined = db.prepare<[string], { found: 1 }>('select 1 as found from conversation where id = ?');
  const wakeConversation = db.prepare(
    `insert into conversation (id, adapter, tenant, destination, newest_message_id, wake_at, created_at, active_at)
     values (@conversationId, @adapter, @tenant, @destination, @messageId, @now, @now, @now)
     on conflict (id) do update set destination = excluded.destination, active_at = excluded.active_at,
       newest_message_id = coalesce(excluded.newest_message_id, newest_message_id), wake_at = coalesce(wake_at, excluded.wake_at)`,
  );
  const saveState = db.prepare<[string, string, string]>(
    'insert into adapter_state (adapter, key, value) values (?, ?, ?) on conflict (adapter, key) do update set value = excluded.value',
  );
  const edits = createTranscriptEdits(db);

  function acceptOne(event: InboundEvent, now: number): AcceptResult {
    const known = findEvent.get(event.adapter, event.tenant, event.eventId);
    const eventHash = hashOf(event);
    if (known) {
      const upgrade = known.reason === notAddressed && event.type === 'message' && event.addressed;
      if (!upgrade) return { status: known.hash === eventHash ? 'duplicate' : 'conflict' };
      removeEvent.run(known.seq);
    }
    const reason = reasonToIgnore(event);
    insertEvent.run({ ...toRow(event), hash: eventHash, now, ...(reason === undefined ? waiting(event) : ignored(reason, now)) });
    if (reason !== undefined) return { status: 'ignored', reason };
    // Only messages and commands get here, and both have a destination.
    const destination = 'destination' in event ? JSON.stringify(event.destination) : '{}';
    wakeConversation.run({ ...toRow(event), destination, now });
    return { status: 'accepted' };
  }

  /** Why no turn will take this event up; undefined when one will. Edits and deletes have done their work here. */
  function reasonToIgnore(event: InboundEvent): string | undefined {
    if (event.type === 'message') {
      return event.addressed || isJoined.get(event.conversationId) ? undefined : notAddressed;
    }
    if (event.type === 'command') return undefined;
    if (event.type === 'edit') return edits.edit(event) ? 'transcript updated' : 'unknown message';
    if (event.type === 'delete') return edits.remove(event) ? 'transcript updated' : 'unknown message';
    return `no feature is switched on that uses ${event.type} events`;
  }

  return function accept(batch: AcceptBatch, now: number): AcceptResult[] {
    const results = batch.events.map((event) => acceptOne(event, now));
    if (batch.state) saveState.run(batch.adapter, batch.state.key, JSON.stringify(batch.state.value));
    return results;
  };
}

/** A message that still waits is changed where it waits, so that the turn reads its newest wording; a settled one in the transcript. */
function createTranscriptEdits(db: Sqlite) {
  const editWaiting = db.prepare<[string, string, string]>(
    "update inbox set text = ? where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting'",
  );
  const withdrawWaiting = db.prepare<[string, string]>(
    "update inbox set withdrawn = 1 where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting'",
  );
  // The stored count no longer fits: a rough one by length does until the text is next counted.
  const editSettled = db.prepare<[string, string, string]>(
    "update message set text = ?1, tokens = length(?1) / 3 + 1 where conversation_id = ?2 and message_id = ?3 and role = 'user'",
  );
  const removeSettled = db.prepare<[string, string]>(
    "delete from message where conversation_id = ? and message_id = ? and role = 'user'",
  );
  return {
    edit: ({ text, conversationId, messageId }: MessageEdit): boolean =>
      editWaiting.run(text, conversationId, messageId).changes + editSettled.run(text, conversationId, messageId).changes > 0,
    remove: ({ conversationId, messageId }: MessageDelete): boolean =>
      withdrawWaiting.run(conversationId, messageId).changes + removeSettled.run(conversationId, messageId).changes > 0,
  };
}

function toRow(event: InboundEvent) {
  return {
    adapter: event.adapter,
    tenant: event.tenant,
    eventId: event.eventId,
    conversationId: event.conversationId,
    type: event.type,
    sentAt: Math.round(event.sentAt),
    messageId: 'messageId' in event ? (event.messageId ?? null) : null,
    authorId: 'author' in event ? event.author.id : '',
    authorName: 'author' in event ? event.author.name : '',
  };
}

function waiting(event: InboundEvent) {
  // The text has a column of its own (edits change it), so the payload goes without.
  const text = 'text' in event ? event.text : '';
  const payload = JSON.stringify('text' in event ? { ...event, text: '' } : event);
  return { state: 'waiting', verdict: null, reason: null, settledAt: null, text, payload };
}

/** A tombstone: what nobody will answer is not kept, only that it came. */
function ignored(reason: string, now: number) {
  return { state: 'settled', verdict: 'ignored', reason, settledAt: now, text: '', payload: null };
}

function hashOf(event: InboundEvent): string {
  const author = 'author' in event ? event.author.id : '';
  const text = 'text' in event ? event.text : '';
  return hash('sha256', JSON.stringify([event.type, event.conversationId, author, text]), 'base64url').slice(0, 22);
}
