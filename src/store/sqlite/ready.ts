import type { Sqlite } from './database.ts';

export interface ReadyConversation {
  readonly id: string;
  readonly lease_token: number;
  readonly attempt: number;
  /** The holder of a lease that has run out included. */
  readonly crashes: number;
  readonly stream: string | null;
  readonly reset_seq: number;
  readonly summary: string | null;
  /** Whether anything is remembered in its tenant. */
  readonly has_facts: 0 | 1;
  /** Of the attempt before, whichever turn that was of: what came since stands behind it. */
  readonly claimed_seq: number;
  readonly wake_at: number;
}

interface CrashedConversation extends ReadyConversation {
  readonly running: 0 | 1;
}

export interface Ready {
  readonly conversations: readonly ReadyConversation[];
  /** When to look again, once these are taken. */
  readonly nextAt: () => number | undefined;
}

/** A turn that has been under way at this many deaths may be what the process dies of. */
const suspect = 2;
/** One that was at one more has died among few others, and waits for its turn alone. */
const strongSuspect = 3;
const suspectsAtOnce = 8;

/**
 * Which conversations may be taken up, longest waiting first. Who was under way at the deaths of processes is tried in ever smaller groups, so
 * that a turn which ends the process takes few others with it, and in the end nobody; see the state machine in store.ts.
 * `+?`: SQLite plans a statement anew, for some 20 µs, whenever a bare parameter beside an `order by` or `limit` is bound.
 */
export function createReady(db: Sqlite) {
  const hasFacts =
    'exists (select 1 from fact f where f.adapter = conversation.adapter and f.tenant = conversation.tenant) as has_facts';
  const columns = `id, lease_token, attempt, crashes + (lease_owner is not null) as crashes, stream, reset_seq, summary, claimed_seq, wake_at, ${hasFacts}`;
  const ready = db.prepare<[number, number], ReadyConversation>(
    `select ${columns} from conversation where wake_at <= ? order by wake_at limit +?`,
  );
  const one = db.prepare<[string, number], ReadyConversation>(
    `select ${columns} from conversation where id = ? and wake_at <= ? and crashes + (lease_owner is not null) < ${suspect}`,
  );
  const innocent = db.prepare<[number, number], ReadyConversation>(
    `select ${columns} from conversation where wake_at <= ? and crashes + (lease_owner is not null) < ${suspect}
     order by wake_at limit +?`,
  );
  const crashed = db.prepare<{ now: number }, CrashedConversation>(
    `select id, lease_token, attempt, crashes + (lease_owner is not null and wake_at <= @now) as crashes, stream, reset_seq, summary, claimed_seq,
       wake_at, lease_owner is not null and wake_at > @now as running, ${hasFacts}
     from conversation where crashes > 0 and wake_at is not null`,
  );
  const nextWake = db.prepare<[], { at: number | null }>('select min(wake_at) as at from conversation where wake_at is not null');
  const laterWake = db.prepare<[number], { at: number | null }>('select min(wake_at) as at from conversation where wake_at > ?');
  const soon = (): number | undefined => nextWake.get()?.at ?? undefined;

  function amongSuspects(limit: number, now: number): Ready {
    const suspects = crashed.all({ now }).filter(({ crashes }) => crashes >= suspect);
    const waiting = suspects.filter(({ wake_at: at }) => at <= now);
    const running = suspects.filter((each) => each.running);
    const admitted = admit(waiting, running);
    const conversations = [...admitted, ...innocent.all(now, limit)].toSorted(byWaiting).slice(0, limit);
    // What has to wait is due, and nothing comes of looking at it before another one ends.
    const isHeldBack = conversations.length < limit && admitted.length < waiting.length;
    return { conversations, nextAt: isHeldBack ? () => laterWake.get(now)?.at ?? undefined : soon };
  }

  return {
    next(limit: number, now: number): Ready {
      const conversations = ready.all(now, limit);
      if (conversations.some(({ crashes }) => crashes >= suspect)) return amongSuspects(limit, now);
      return { conversations, nextAt: soon };
    },

    /** Those of these conversations that are ready, without the suspects among them: they have to wait for each other. */
    of(conversationIds: readonly string[], now: number): ReadyConversation[] {
      return [...new Set(conversationIds)].map((id) => one.get(id, now)).filter((row) => row !== undefined);
    },
  };
}

/** Those who have seen the fewest deaths go first: an innocent one is then done before the process dies once more. */
function admit(waiting: readonly CrashedConversation[], running: readonly CrashedConversation[]): CrashedConversation[] {
  const isStrong = ({ crashes }: CrashedConversation): boolean => crashes >= strongSuspect;
  const ordered = waiting.toSorted((a, b) => a.crashes - b.crashes || byWaiting(a, b));
  const strongRunning = running.filter(isStrong).length;
  return [
    ...ordered.filter((each) => !isStrong(each)).slice(0, Math.max(0, suspectsAtOnce - running.length + strongRunning)),
    ...ordered.filter(isStrong).slice(0, Math.max(0, 1 - strongRunning)),
  ];
}

function byWaiting(a: ReadyConversation, b: ReadyConversation): number {
  return a.wake_at - b.wake_at || (a.id < b.id ? -1 : 1);
}
