import type { AcceptResult } from '../../src/adapter.ts';
import type { InboundEvent, InboundMessage } from '../../src/message.ts';
import type { AcceptBatch, ClaimedTurn, Store } from '../../src/store/store.ts';
import type { Watch } from './watch.ts';

export interface InboxWatch {
  readonly methods: Pick<Store, 'accept'>;
  /** Of every message that was accepted, by conversation, in order. */
  readonly accepted: ReadonlyMap<string, readonly string[]>;
  onAccepted(batch: AcceptBatch, results: readonly AcceptResult[]): void;
  onTurn(turn: ClaimedTurn): void;
}

/** An event is new only once, and a turn is given what its questions say now. */
export function watchInbox(store: Store, { journal, figures, onViolation }: Watch): InboxWatch {
  const accepted = new Map<string, string[]>();
  /** As they were last accepted, by conversation and message; none where it has been deleted. */
  const wordings = new Map<string, string>();
  /** Replies that were ignored: what they follow may still come. */
  let overheard: InboundMessage[] = [];

  function onAccept(event: InboundEvent, { status, reason = '' }: Partial<AcceptResult>): void {
    journal.note('ledger', `accept: ${status}`, `${event.eventId} ${reason}`);
    if (event.type === 'message' && status === 'accepted') {
      onNew(event);
      onLate(event);
    }
    if (status === 'ignored' || (status === 'accepted' && event.type !== 'message')) onIgnored(event);
  }

  function onNew(event: InboundMessage): void {
    const known = accepted.get(event.conversationId) ?? [];
    if (known.includes(event.eventId)) onViolation(`${event.eventId} was accepted as new for a second time`);
    accepted.set(event.conversationId, [...known, event.eventId]);
    wordings.set(keyOf(event), event.text);
    overheard = overheard.filter(({ eventId }) => eventId !== event.eventId);
  }

  /** What was overheard after it waits behind it now. */
  function onLate(late: InboundMessage): void {
    const later = overheard.filter(
      ({ conversationId, sentAt, replyTo }) =>
        conversationId === late.conversationId && (sentAt > late.sentAt || replyTo === late.messageId),
    );
    for (const event of later.toSorted((one, other) => one.sentAt - other.sentAt)) {
      onNew({ ...event, text: wordings.get(keyOf(event)) ?? '' });
      figures.overtakings += 1;
    }
  }

  /** Edits and deletes are not to be answered, so they are recorded as ignored. Without their message they change nothing. */
  function onIgnored(event: InboundEvent): void {
    const key = keyOf(event);
    if (event.type === 'message' && event.replyTo !== undefined) {
      overheard.push(event);
      wordings.set(key, event.text);
    }
    if (!wordings.has(key)) return;
    if (event.type === 'edit') wordings.set(key, event.text);
    if (event.type !== 'delete') return;
    wordings.delete(key);
    overheard = overheard.filter((kept) => keyOf(kept) !== key);
  }

  function onAccepted({ events }: AcceptBatch, results: readonly AcceptResult[]): void {
    for (const [index, event] of events.entries()) onAccept(event, results[index] ?? {});
  }

  return {
    accepted,
    onAccepted,
    onTurn: ({ owner, events }) => {
      for (const { event } of events) {
        if (event.type !== 'message' || wordings.get(keyOf(event)) === event.text) continue;
        onViolation(`${owner} was given an old wording of ${event.eventId}, or one that was deleted`);
      }
    },
    methods: {
      accept: async (batch: AcceptBatch) => {
        const results = await store.accept(batch);
        onAccepted(batch, results);
        return results;
      },
    },
  };
}

function keyOf(event: InboundEvent): string {
  return `${event.conversationId} ${'messageId' in event ? event.messageId : ''}`;
}
