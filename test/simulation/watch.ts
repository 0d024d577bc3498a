import type { WaitingEvent } from '../../src/store/store.ts';
import type { Figures } from './figures.ts';
import type { Journal } from './journal.ts';

/** What those who watch the store have to hand. */
export interface Watch {
  readonly now: () => number;
  /** Whether answers are revised in this life. */
  readonly revising: boolean;
  readonly journal: Journal;
  readonly figures: Figures;
  readonly onViolation: (what: string) => void;
}

/** A lease as it was given; `isOver` once its holder has let go of it. */
export interface Lease {
  readonly owner: string;
  readonly token: number;
  until: number;
  isOver: boolean;
}

export function isHeld({ isOver, until }: Lease, now: number): boolean {
  return !isOver && until > now;
}

export function eventIdsOf(events: readonly WaitingEvent[]): string {
  return events.map(({ event }) => event.eventId).join(' ');
}
