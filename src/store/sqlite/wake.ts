import type { Sqlite } from './database.ts';

const putOffMs = 30_000;

/** Makes due what was put off for a short time. */
export function createWakePutOff(db: Sqlite): (now: number) => void {
  const wakeTurns = db.prepare<{ now: number; until: number }>(
    'update conversation set wake_at = @now where wake_at > @now and wake_at <= @until and lease_owner is null',
  );
  const wakeDeliveries = db.prepare<{ now: number; until: number }>(
    "update outbox set next_at = @now where next_at > @now and next_at <= @until and state = 'queued'",
  );
  return (now) => {
    wakeTurns.run({ now, until: now + putOffMs });
    wakeDeliveries.run({ now, until: now + putOffMs });
  };
}
