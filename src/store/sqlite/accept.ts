import { hash } from 'node:crypto';
import type { AcceptResult } from '../../adapter.ts';
import type { InboundEvent } from '../../message.ts';
import { answeredAgain, type RevisionRules } from '../revision.ts';
import type { AcceptBatch } from '../store.ts';
import type { Sqlite } from './database.ts';
import { createKeepFeedback } from './feedback.ts';
import { prepareInsert } from './insert.ts';
import { createUninstall } from './installations.ts';
import { isWorthKeeping, type Overheard } from './overheard.ts';
import { createStopWaiting } from './stops.ts';
import { createRegenerate } from './regenerate.ts';
import { createRevisions } from './revisions.ts';
import { toTime } from './time.ts';
import { createTranscriptEdits } from './transcript-edits.ts';

interface KnownEvent {
  readonly seq: number;
  readonly hash: string;
  readonly reason: string | null;
}

interface Moment {
  readonly now: number;
  readonly rules: RevisionRules | undefined;
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
  const revisions = createRevisions(db);
  const edits = createTranscriptEdits(db, { overheard, revisions });
  const regenerate = createRegenerate(db, revisions);
  const stopWaiting = createStopWaiting(db);
  const uninstall = createUninstall(db);
  const keepFeedback = createKeepFeedback(db);

  function acceptOne(event: InboundEvent, { now, rules }: Moment): AcceptResult {
    const known = findEvent.get(event.adapter, event.tenant, event.eventId);
    const eventHash = hashOf(event);
    if (known) {
      const upgrade = known.reason === notAddressed && event.type === 'message' && event.addressed;
      if (!upgrade) return { status: known.hash === eventHash ? 'duplicate' : 'conflict' };
      removeEvent.run(known.seq);
    }
    const since = event.type === 'message' || event.type === 'command' ? joinedAt.get(event.conversationId) : undefined;
    const reason = reasonToIgnore(event, { isJoined: since !== undefined, now, rules });
    insertEvent(toRow(event, { hash: eventHash, reason, now }));
    if (reason === answeredAgain) return { status: 'accepted', reason };
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

  /** Why no turn will take this event up; undefined when one will. Edits, deletes, presses, stops and uninstallations have done their work here. */
  function reasonToIgnore(event: InboundEvent, { isJoined, now, rules }: Moment & { isJoined: boolean }): string | undefined {
    if (ruleAgainst(event) !== undefined) return ruleAgainst(event);
    if (event.type === 'message') {
      return event.addressed || isJoined ? undefined : notAddressed;
    }
    if (event.type === 'command') return undefined;
    if (event.type === 'edit') return edits.edit(event, { now, rules });
    if (event.type === 'delete') return edits.remove(event, { now, rules });
    if (event.type === 'action' && event.name === 'regenerate' && rules) return regenerate(event, now);
    if (event.type === 'stop') return stopWaiting(event.conversationId, now) ? 'answer stopped' : 'nothing to stop';
    if (event.type === 'feedback') return keepFeedback(event, now);
    if (event.type === 'uninstall') return uninstall(event, now);
    return `no feature is switched on that uses ${event.type} events`;
  }

  return function accept(batch: AcceptBatch, now: number): AcceptResult[] {
    const results = batch.events.map((event) => acceptOne(event, { now, rules: batch.revisions }));
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

/** The operator's rule by which this is refused, or is no question. */
function ruleAgainst(event: InboundEvent): string | undefined {
  return refusalOf(event) ?? ('ignored' in event ? event.ignored : undefined);
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
