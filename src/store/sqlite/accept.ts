import { hash } from 'node:crypto';
import type { AcceptResult, AdapterState } from '../../adapter.ts';
import type { Action, InboundEvent } from '../../message.ts';
import { isDecision } from '../approval-store.ts';
import { answeredAgain, type RevisionRules } from '../revision.ts';
import type { AcceptBatch } from '../store.ts';
import { createDecide } from './approvals.ts';
import type { Sqlite } from './database.ts';
import { createKeepFeedback } from './feedback.ts';
import { prepareInsert } from './insert.ts';
import { createUninstall } from './installations.ts';
import { createOwnMessages } from './own-messages.ts';
import { isWorthKeeping, type Overheard } from './overheard.ts';
import { createStop } from './stops.ts';
import { createRegenerate } from './regenerate.ts';
import { createRevisions } from './revisions.ts';
import { toTime } from './time.ts';
import { createTranscriptEdits } from './transcript-edits.ts';
import { createTurnLimits } from './turn-limits.ts';

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
  const saveState = createSaveState(db);
  const revisions = createRevisions(db);
  const edits = createTranscriptEdits(db, { overheard, revisions });
  const regenerate = createRegenerate(db, revisions);
  const stop = createStop(db);
  const uninstall = createUninstall(db);
  const keepFeedback = createKeepFeedback(db);
  const bar = createBar(db);
  const takeDecision = createTakeDecision(db, { insertEvent, wake });

  function acceptOne(event: InboundEvent, { now, rules }: Moment): AcceptResult {
    const known = findEvent.get(event.adapter, event.tenant, event.eventId);
    const eventHash = hashOf(event);
    if (known) {
      const upgrade = known.reason === notAddressed && event.type === 'message' && event.addressed;
      if (!upgrade) return { status: known.hash === eventHash ? 'duplicate' : 'conflict' };
      removeEvent.run(known.seq);
    }
    if (event.type === 'action' && isDecision(event)) return takeDecision(event, eventHash, now);
    const barred = bar(event, now);
    const since = event.type === 'message' || event.type === 'command' ? joinedAt.get(event.conversationId) : undefined;
    const reason = barred?.reason ?? reasonToIgnore(event, { isJoined: since !== undefined, now, rules });
    const ended = barred ?? (reason === undefined ? undefined : { reason, verdict: 'ignored' as const });
    insertEvent(toRow(event, { hash: eventHash, ended, now }));
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
    if (event.type === 'message') return event.addressed || isJoined ? undefined : notAddressed;
    if (event.type === 'command') return undefined;
    if (event.type === 'edit') return edits.edit(event, { now, rules });
    if (event.type === 'delete') return edits.remove(event, { now, rules });
    if (event.type === 'action' && event.name === 'regenerate' && rules) return regenerate(event, now);
    if (event.type === 'stop') return stop(event, now);
    if (event.type === 'feedback') return keepFeedback(event, now);
    if (event.type === 'uninstall') return uninstall(event, now);
    return `no feature is switched on that uses ${event.type} events`;
  }

  return function accept(batch: AcceptBatch, now: number): AcceptResult[] {
    const results = batch.events.map((event) => acceptOne(event, { now, rules: batch.revisions }));
    if (batch.state) saveState(batch.adapter, batch.state);
    return results;
  };
}

function createSaveState(db: Sqlite): (adapter: string, state: AdapterState) => void {
  const save = db.prepare<[string, string, string]>(
    'insert into adapter_state (adapter, key, value) values (?, ?, ?) on conflict (adapter, key) do update set value = excluded.value',
  );
  return (adapter, { key, value }) => void save.run(adapter, key, JSON.stringify(value));
}

interface Writers {
  readonly insertEvent: (row: ReturnType<typeof toRow>) => void;
  readonly wake: (event: InboundEvent, now: number) => void;
}

/** What was decided about a call of a tool is for a turn of its own. */
function createTakeDecision(db: Sqlite, { insertEvent, wake }: Writers) {
  const decide = createDecide(db);
  return (action: Action, eventHash: string, now: number): AcceptResult => {
    const decided = decide(action, now);
    if (typeof decided === 'string') {
      insertEvent(toRow(action, { hash: eventHash, ended: { reason: decided, verdict: 'ignored' }, now }));
      return { status: 'ignored', reason: decided };
    }
    insertEvent({ ...toRow(decided.event, { hash: eventHash, ended: undefined, now }), text: decided.remark });
    wake(decided.event, now);
    return { status: 'accepted' };
  };
}

interface Ended {
  readonly reason: string;
  readonly verdict: 'refused' | 'ignored';
}

/** What ends an event before anything is done with it. */
function createBar(db: Sqlite): (event: InboundEvent, now: number) => Ended | undefined {
  const overLimit = createTurnLimits(db);
  const ownMessage = createOwnMessages(db);
  return (event, now) => {
    if (event.type === 'message' && event.ignored !== undefined) return { reason: event.ignored, verdict: 'ignored' };
    const own = ownMessage(event, now);
    if (own !== undefined) return { reason: own, verdict: 'ignored' };
    const refusal = ('refusal' in event ? event.refusal : undefined) ?? overLimit(event, now);
    return refusal === undefined ? undefined : { reason: refusal, verdict: 'refused' };
  };
}

/** Makes the conversation of a message, command or decision ready. */
function createWake(db: Sqlite) {
  const wakeConversation = db.prepare<[string, string, string, string, string | null, number, number, number]>(
    `insert into conversation (id, adapter, tenant, destination, newest_message_id, wake_at, created_at, active_at)
     values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set destination = excluded.destination, active_at = excluded.active_at,
       newest_message_id = coalesce(excluded.newest_message_id, newest_message_id), wake_at = coalesce(wake_at, excluded.wake_at)`,
  );
  return function wake(event: InboundEvent, now: number): void {
    const { conversationId, adapter, tenant } = event;
    // Only messages, commands and actions get here, and all of them have a destination.
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
  'limited_in',
] as const;

interface Entry {
  readonly hash: string;
  /** Undefined where a turn will take it up. */
  readonly ended: Ended | undefined;
  readonly now: number;
}

/** An event that has ended already becomes a tombstone: what nobody will answer is not kept, only that it came. */
function toRow(event: InboundEvent, { hash, ended, now }: Entry) {
  const ignored = ended !== undefined;
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
    payload: isKept
      ? JSON.stringify(text === undefined ? event : { ...event, text: '', limit: undefined, own: undefined })
      : null,
    state: ignored ? 'settled' : 'waiting',
    verdict: ended?.verdict ?? null,
    reason: ended?.reason ?? null,
    sent_at: toTime(event.sentAt),
    accepted_at: now,
    settled_at: ignored ? now : null,
    limited_in: 'limit' in event ? (event.limit?.conversationId ?? null) : null,
  };
}

/** An action names a message of the bot, and is none itself. */
function messageIdOf(event: InboundEvent): string | null {
  if (event.type === 'action') return null;
  return 'messageId' in event ? (event.messageId ?? null) : null;
}

function hashOf(event: InboundEvent): string {
  const author = 'author' in event ? event.author.id : '';
  const text = 'text' in event ? event.text : '';
  return hash('sha256', JSON.stringify([event.type, event.conversationId, author, text]), 'base64url').slice(0, 22);
}
