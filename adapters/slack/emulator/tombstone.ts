import type { StoredMessage } from './world.ts';

/** What stands in the place of a deleted message that has replies. */
export function toTombstone({ ts }: StoredMessage): Readonly<Record<string, unknown>> {
  const text = 'This message was deleted.';
  return { type: 'message', subtype: 'tombstone', user: 'USLACKBOT', text, hidden: true, ts, thread_ts: ts };
}
