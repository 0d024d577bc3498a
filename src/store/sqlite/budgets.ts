import { periodAt, subjectOf, type Amount, type BudgetLimit, type LimitParty, type LimitSubject } from '../../limits.ts';
import type { Reservation, Reserved, Spending } from '../limit-store.ts';
import type { TurnHold } from '../store.ts';
import type { Sqlite } from './database.ts';
import { createNotices, type Notices } from './limit-notices.ts';

type HoldRow = LimitParty & Amount;

const scopes = ['overall', 'tenant', 'channel', 'person'] as const;
const dayMs = 24 * 60 * 60_000;

/** Reserving and settling; see the state machine in limit-store.ts. */
export function createBudgets(db: Sqlite) {
  const put = db.prepare(
    `insert into limit_hold (conversation_id, lease_token, turn_id, adapter, tenant, channel, person, tokens, micros)
     values (@conversationId, @token, @turnId, @adapter, @tenant, @channel, @person, @tokens, @micros)
     on conflict do update set lease_token = excluded.lease_token, turn_id = excluded.turn_id, adapter = excluded.adapter,
       tenant = excluded.tenant, channel = excluded.channel, person = excluded.person, tokens = excluded.tokens, micros = excluded.micros`,
  );
  const holds = createFence(db);
  const { settle, release } = createSettle(db);
  const findReached = createFindReached(db);

  return {
    reserve(reservation: Reservation, now: number): Reserved {
      const { conversationId, token, turnId, party, amount, spent } = reservation;
      if (!holds(reservation)) return { status: 'stale' };
      release(conversationId);
      settle({ ...spent, party }, now);
      const reached = findReached(reservation, now);
      if (reached) return reached;
      put.run({ conversationId, token, turnId, ...party, tokens: amount.tokens, micros: amount.micros });
      return { status: 'reserved' };
    },
  };
}

/** What the end of a turn does with its reservation. The caller has held it against the fence. */
export function createEndOfTurn(db: Sqlite): (end: Spending & { readonly conversationId: string }, now: number) => void {
  const { settle, release } = createSettle(db);
  const notices = createNotices(db);
  return ({ conversationId, spent, reached }, now) => {
    if (spent) {
      release(conversationId);
      settle(spent, now);
    }
    if (reached) notices.note(conversationId, reached);
  };
}

export function createFence(db: Sqlite): (hold: TurnHold) => boolean {
  const find = db.prepare<[string, string, number], { found: 1 }>(
    'select 1 as found from conversation where id = ? and lease_owner = ? and lease_token = ?',
  );
  return ({ conversationId, owner, token }) => find.get(conversationId, owner, token) !== undefined;
}

/** Those of leases that are held. `cross join`: there is a row for each running turn, while conversations are many. */
export function createLiveHolds(db: Sqlite): () => readonly HoldRow[] {
  const live = db.prepare<[], HoldRow>(
    `select h.adapter, h.tenant, channel, person, tokens, micros from limit_hold h
     cross join conversation c on c.id = h.conversation_id and c.lease_token = h.lease_token and c.lease_owner is not null`,
  );
  return () => live.all();
}

function isOf({ scope, adapter, tenant, subject }: LimitSubject, party: LimitParty): boolean {
  const own = subjectOf(scope, party);
  return own.adapter === adapter && own.tenant === tenant && own.subject === subject;
}

export function unitOf(amount: Amount, unit: BudgetLimit['unit']): number {
  return unit === 'tokens' ? amount.tokens : amount.micros;
}

/** Adds what was taken to what is counted, and takes back what was reserved. */
export function createSettle(db: Sqlite) {
  const add = db.prepare(
    `insert into limit_use (scope, adapter, tenant, subject, day, tokens, micros)
     values (@scope, @adapter, @tenant, @subject, @day, @tokens, @micros)
     on conflict do update set tokens = tokens + excluded.tokens, micros = micros + excluded.micros`,
  );
  const remove = db.prepare<[string]>('delete from limit_hold where conversation_id = ?');
  return {
    release: (conversationId: string) => void remove.run(conversationId),
    settle: ({ party, tokens, micros }: NonNullable<Spending['spent']>, now: number): void => {
      if (tokens === 0 && micros === 0) return;
      const day = Math.floor(now / dayMs);
      for (const scope of scopes) add.run({ ...subjectOf(scope, party), day, tokens, micros });
    },
  };
}

function createFindReached(db: Sqlite) {
  const used = db.prepare<LimitSubject & { firstDay: number }, Amount>(
    `select coalesce(sum(tokens), 0) as tokens, coalesce(sum(micros), 0) as micros from limit_use
     where scope = @scope and adapter = @adapter and tenant = @tenant and subject = @subject and day >= @firstDay`,
  );
  const liveHolds = createLiveHolds(db);
  const notices: Notices = createNotices(db);

  /** Of several the one that lasts longest: who comes back when it says is not told of the next. */
  return function findReached({ conversationId, limits, party, amount }: Reservation, now: number) {
    const held = liveHolds();
    const reached = limits.flatMap((limit) => {
      const subject = subjectOf(limit.scope, party);
      const { firstDay, end } = periodAt(now, limit.per);
      const wanted = unitOf(amount, limit.unit);
      const taken = unitOf(used.get({ ...subject, firstDay }) ?? { tokens: 0, micros: 0 }, limit.unit);
      const reserved = held.reduce((sum, hold) => sum + (isOf(subject, hold) ? unitOf(hold, limit.unit) : 0), 0);
      return taken + reserved + wanted <= limit.most ? [] : [{ limit: limit.name, resetsAt: end, fits: wanted <= limit.most }];
    });
    const [last] = reached.toSorted((one, other) => Number(one.fits) - Number(other.fits) || other.resetsAt - one.resetsAt);
    return last && { status: 'refused' as const, ...last, told: notices.isTold(conversationId, last.limit, now) };
  };
}

/** Clears what no limit looks at any more. What was taken stays, as usage does. */
export function createPruneLimits(db: Sqlite): (now: number) => void {
  const statements = [
    db.prepare<{ now: number }>(`delete from limit_message where at < @now - 2 * ${dayMs}`),
    db.prepare<{ now: number }>('delete from limit_notice where until < @now'),
    db.prepare<{ now: number }>(
      `delete from limit_hold where not exists (select 1 from conversation c
         where c.id = conversation_id and c.lease_token = limit_hold.lease_token and c.lease_owner is not null)`,
    ),
  ];
  return (now) => {
    for (const statement of statements) statement.run({ now });
  };
}
