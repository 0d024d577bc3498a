import { toTurnId } from '../../ids.ts';

/** Of an inbox row: what names a turn whose first event it is. */
export interface NamingRow {
  readonly adapter: string;
  readonly tenant: string;
  readonly event_id: string;
  readonly generation: number;
}

export function turnIdOf({ adapter, tenant, event_id: eventId, generation }: NamingRow): string {
  return toTurnId({ adapter, tenant, eventId, generation });
}
