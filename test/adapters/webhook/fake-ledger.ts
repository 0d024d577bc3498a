import type { AcceptResult, AdapterContext, EventStatus } from '../../../src/adapter.ts';
import type { InboundMessage, Json } from '../../../src/message.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import type { MemoryLog } from '../../support/memory-log.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { emptyOverview } from '../../support/empty-overview.ts';
import { createMemoryPlaces } from '../../support/memory-places.ts';
import { createMemoryInstallations } from '../../support/memory-installations.ts';

export interface FakeLedger extends AdapterContext {
  recordDelivery?: NonNullable<AdapterContext['recordDelivery']>;
  readonly clock: FakeClock;
  readonly log: MemoryLog;
  /** What was accepted, in order. */
  readonly events: InboundMessage[];
  /** Records how far an event has come. */
  settle(eventId: string, state: EventStatus['state'], ...texts: string[]): void;
  /** Makes the next call of accept fail. */
  failOnce(): void;
  /** How often `status` was asked. */
  asked(): number;
}

/** What an adapter sees of Parley, in memory: every event once, and a status for each. */
export function createFakeLedger(): FakeLedger {
  const clock = createFakeClock();
  const log = createMemoryLog();
  const events: InboundMessage[] = [];
  const statuses = new Map<string, EventStatus>();
  const states = new Map<string, Json>();
  let failing = false;
  let asked = 0;

  function acceptOne(event: InboundMessage): AcceptResult {
    const known = events.find(({ tenant, eventId }) => tenant === event.tenant && eventId === event.eventId);
    if (known) return { status: known.text === event.text ? 'duplicate' : 'conflict' };
    events.push(event);
    const { eventId, conversationId, ignored: reason } = event;
    const state = reason === undefined ? 'waiting' : 'ignored';
    statuses.set(eventId, { eventId, conversationId, state, reason, acceptedAt: clock.now(), answer: [] });
    return reason === undefined ? { status: 'accepted' } : { status: 'ignored', reason };
  }

  return {
    clock,
    log,
    events,
    accept: async (batch, state) => {
      if (failing) {
        failing = false;
        throw new Error('disk full');
      }
      if (state) states.set(state.key, state.value);
      // This adapter makes messages only.
      return (batch as InboundMessage[]).map(acceptOne);
    },
    loadState: async (key) => states.get(key),
    installations: createMemoryInstallations(clock),
    recentConversations: async () => [],
    overview: async () => emptyOverview,
    places: createMemoryPlaces(),
    status: async (_tenant, eventId) => {
      asked += 1;
      return statuses.get(eventId);
    },
    settle: (eventId, state, ...texts) => {
      const status = statuses.get(eventId);
      if (status)
        statuses.set(eventId, { ...status, state, answer: texts.map((text, part) => ({ id: `${eventId}-${part}`, text })) });
    },
    failOnce: () => {
      failing = true;
    },
    asked: () => asked,
  };
}
