import type { Destination, InboundEvent } from '../message.ts';
import type { ClaimedTurn } from '../store/store.ts';

/** Whom a turn answers and where: that of its newest event. */
export interface TurnAddress {
  readonly adapter: string;
  readonly tenant: string;
  readonly inReplyTo: string;
  readonly destination: Destination;
}

export function addressOf(events: ClaimedTurn['events']): TurnAddress {
  const newest = events.at(-1)?.event;
  if (!newest) throw new TypeError('A turn has at least one event.');
  const { adapter, tenant, eventId } = newest;
  return { adapter, tenant, inReplyTo: eventId, destination: destinationOf(newest) };
}

function destinationOf(event: InboundEvent): Destination {
  return 'destination' in event ? event.destination : {};
}
