import { hash } from 'node:crypto';
import type { AcceptResult } from '../../adapter.ts';
import type { InboundEvent, MessageDelete, MessageEdit } from '../../message.ts';
import type { AcceptBatch } from '../store.ts';
import type { Sqlite } from './database.ts';
import { createKeepFeedback } from './feedback.ts';
import { prepareInsert } from './insert.ts';
import { createUninstall } from './installations.ts';
import { isWorthKeeping, type Overheard } from './overheard.ts';
import { createStopWaiting } from './stops.ts';
import { toTime } from './time.ts';

interface KnownEvent {
  readonly seq: number;
  readonly hash: string;
  readonly reason: string | null;
}

const notAddressed = 'not addressed to the bot';

export function createAccept(db: Sqlite, overheard: Overheard) {
  const findEvent = db.prepare<[string, string, string], KnownEvent>(
    'select seq, hash, reason from inbox where adapter = ? and tenant = ? and event_id = ?',
  );
  const insertEvent = prepareInsert(db, 'inbox', inboxColumns);
  const removeEvent = db.prepare<[number]>('delete from inbox where seq = ?');
  const joinedAt = db.prepare<[string], number>('select created_at from conversation where id = ?').pluck();
  const wake = createWake(db);
  const saveState = db.prepare<[string, string, string]>(
    'insert into adapter_state (adapter, key, value) values (?, ?, ?) on conflict (adapter, key) do update set value = excluded.value',
  );
  const edits = createTranscriptEdits(db, overheard);
  const stopWaiting = createStopWaiting(db);
  const uninstall = createUninstall(db);
  const keepFeedback = createKeepFeedback(db);

  function acceptOne(event: InboundEvent, now: number): AcceptResult {
    const known = findEvent.get(event.adapter, event.tenant, event.eventId);
    const eventHash = hashOf(event);
    if (known) {
      const upgrade = known.reason === notAddressed && event.type === 'message' && event.addressed;
      if (!upgrade) return { status: known.hash === eventHash ? 'duplicate' : 'conflict' };
      removeEvent.run(known.seq);
    }
    const since = event.type === 'message' || event.type === 'command' ? joinedAt.get(event.conversationId) : undefined;
    const reason = reasonToIgnore(event, { isJoined: since !== undefined, now });
    insertEvent(toRow(event, { hash: eventHash, reason, now }));
    if (reason !== undefined) return { status: 'ignored', reason };
    wake(event, now);
    // Nothing is overheard once the conversation is there: only what was sent before that may have been overtaken. It need not say that it is
    // addressed: of the two events of a mention the one that does not may be the first to come.
    if (since === undefined || event.sentAt <= since) {
      const last = overheard.takeUpAfter(event).at(-1);
      if (last) wake(last, now);
    }
    return { status: 'accepted' };
  }

  /** Why no turn will take this event up; undefined when one will. Edits, deletes, stops and uninstallations have done their work here. */
  function reasonToIgnore(event: InboundEvent, { isJoined, now }: { isJoined: boolean; now: number }): string | undefined {
    if (refusalOf(event) !== undefined) return refusalOf(event);
    if (event.type === 'message') {
      return event.addressed || isJoined ? undefined : notAddressed;
    }
    if (event.type === 'command') return undefined;
    if (event.type === 'edit') return edits.edit(event) ? 'transcript updated' : 'unknown message';
    if (event.type === 'delete') return edits.remove(event) ? 'transcript updated' : 'unknown message';
    if (event.type === 'stop') return stopWaiting(event.conversationId, now) ? 'answer stopped' : 'nothing to stop';
    if (event.type === 'feedback') return keepFeedback(event, now);
    if (event.type === 'uninstall') return uninstall(event, now);
    return `no feature is switched on that uses ${event.type} events`;
  }

  return function accept(batch: AcceptBatch, now: number): AcceptResult[] {
    const results = batch.events.map((event) => acceptOne(event, now));
    if (batch.state) saveState.run(batch.adapter, batch.state.key, JSON.stringify(batch.state.value));
    return results;
  };
}

/** Makes the conversation of a message or command ready. */
function createWake(db: Sqlite) {
  const wakeConversation = db.prepare<[string, string, string, string, string | null, number, number, number]>(
    `insert into conversation (id, adapter, tenant, destination, newest_message_id, wake_at, created_at, active_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set destination = excluded.destination, active_at = excluded.active_at,
       newest_message_id = coalesce(excluded.newest_message_id, newest_message_id), wake_at = coalesce(wake_at, excluded.wake_at)`,
  );
  return function wake(event: InboundEvent, now: number): void {
    const { conversationId, adapter, tenant } = event;
    // Only messages and commands get here, and both have a destination.
    const destination = 'destination' in event ? JSON.stringify(event.destination) : '{}';
    wakeConversation.run(conversationId, adapter, tenant, destination, messageIdOf(event), now, now, now);
  };
}

/**
 * A message that still waits is changed where it waits, so that the turn reads its newest wording; a settled one in the transcript;
 * one that failed also where it is kept for a replay; and one that was overheard where it is kept for a mention that is late.
 */
function createTranscriptEdits(db: Sqlite, overheard: Overheard) {
  const editWaiting = db.prepare<[string, string, string]>(
    "update inbox set text = ? where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting' and withdrawn = 0",
  );
  const editFailed = db.prepare<[string, string, string]>(
    `update inbox set text = ? where conversation_id = ? and message_id = ? and type = 'message' and verdict = 'failed'
       and payload is not null`,
  );
  const withdrawWaiting = db.prepare<[string, string]>(
    `update inbox set withdrawn = 1, text = '' where conversation_id = ? and message_id = ? and type = 'message' and state = 'waiting'`,
  );
  const withdrawFailed = db.prepare<[string, string]>(
    `update inbox set withdrawn = 1, text = '', payload = null
     where conversation_id = ? and message_id = ? and type = 'message' and verdict = 'failed'`,
  );
  // Newest first: what is edited is mostly recent, and conversations grow long.
  const findSettled = `select seq from message where conversation_id = ? and message_id = ? and role = 'user' order by seq desc limit 1`;
  // The stored count no longer fits: a rough one by length does until the text is next counted.
  const editSettled = db.prepare<[string, string, string, string]>(
    `update message set text = ?, tokens = octet_length(?) / 3 + 1 where seq = (${findSettled})`,
  );
  const removeSettled = db.prepare<[string, string]>(`delete from message where seq = (${findSettled})`);
  return {
    edit({ text, conversationId, messageId }: MessageEdit): boolean {
      const waiting = editWaiting.run(text, conversationId, messageId).changes;
      const failed = editFailed.run(text, conversationId, messageId).changes;
      const kept = overheard.edit(messageId, conversationId, text);
      return waiting + failed + kept + editSettled.run(text, text, conversationId, messageId).changes > 0;
    },
    remove({ conversationId, messageId }: MessageDelete): boolean {
      const waiting = withdrawWaiting.run(conversationId, messageId).changes;
      const failed = withdrawFailed.run(conversationId, messageId).changes;
      const kept = overheard.remove(messageId, conversationId);
      return waiting + failed + kept + removeSettled.run(conversationId, messageId).changes > 0;
    },
  };
}

const inboxColumns = [
  'adapter',
  'tenant',
  'event_id',
  'hash',
  'conversation_id',
  'type',
  'message_id',
  'author_id',
  'author_name',
  'text',
  'payload',
  'state',
  'verdict',
  'reason',
  'sent_at',
  'accepted_at',
  'settled_at',
] as const;

/** With a reason to ignore it, the event becomes a tombstone: what nobody will answer is not kept, only that it came. */
function toRow(event: InboundEvent, { hash, reason, now }: { hash: string; reason: string | undefined; now: number }) {
  const ignored = reason !== undefined;
  const author = 'author' in event ? event.author : undefined;
  // The text has a column of its own (edits change it), so the payload goes without.
  const text = 'text' in event ? event.text : undefined;
  const isKept = !ignored || isWorthKeeping(event);
  return {
    adapter: event.adapter,
    tenant: event.tenant,
    event_id: event.eventId,
    hash,
    conversation_id: event.conversationId,
    type: event.type,
    message_id: messageIdOf(event),
    author_id: author?.id ?? '',
    author_name: author?.name ?? '',
    text: isKept ? (text ?? '') : '',
    payload: isKept ? JSON.stringify(text === undefined ? event : { ...event, text: '' }) : null,
    state: ignored ? 'settled' : 'waiting',
    verdict: ignored ? verdictOf(event) : null,
    reason: reason ?? null,
    sent_at: toTime(event.sentAt),
    accepted_at: now,
    settled_at: ignored ? now : null,
  };
}

function refusalOf(event: InboundEvent): string | undefined {
  return 'refusal' in event ? event.refusal : undefined;
}

function verdictOf(event: InboundEvent): 'refused' | 'ignored' {
  return refusalOf(event) === undefined ? 'ignored' : 'refused';
}

function messageIdOf(event: InboundEvent): string | null {
  return 'messageId' in event ? (event.messageId ?? null) : null;
}

function hashOf(event: InboundEvent): string {
  const author = 'author' in event ? event.author.id : '';
  const text = 'text' in event ? event.text : '';
  return hash('sha256', JSON.stringify([event.type, event.conversationId, author, text]), 'base64url').slice(0, 22);
}
