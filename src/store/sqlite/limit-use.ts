import {
  periodAt,
  subjectOf,
  windowMs,
  type Amount,
  type BudgetLimit,
  type LimitSubject,
  type MessageLimit,
} from '../../limits.ts';
import type { LimitQuery, LimitUse, SpendingLine, SpendingQuery } from '../limit-store.ts';
import { createLiveHolds, unitOf } from './budgets.ts';
import type { Sqlite } from './database.ts';

const dayMs = 24 * 60 * 60_000;
/** By what lines of usage are asked for, and what they are called here. */
const scopeOf = { person: 'person', place: 'channel', day: 'overall' } as const;

/** Questions about limits that change nothing. */
export function createLimitUse(db: Sqlite) {
  const used = db.prepare<{ scope: string; firstDay: number }, LimitSubject & Amount>(
    `select scope, adapter, tenant, subject, sum(tokens) as tokens, sum(micros) as micros from limit_use
     where scope = @scope and day >= @firstDay group by adapter, tenant, subject`,
  );
  const messages = db.prepare<{ scope: string; after: number }, LimitSubject & { used: number }>(
    `select scope, adapter, tenant, subject, count(*) as used from limit_message
     where scope = @scope and at > @after group by adapter, tenant, subject`,
  );
  const liveHolds = createLiveHolds(db);

  function budgetUse({ name, scope, unit, per }: BudgetLimit, now: number): LimitUse[] {
    const lines = new Map<string, LimitUse>();
    const add = (subject: LimitSubject, taken: { readonly used: number; readonly reserved: number }): void => {
      const key = JSON.stringify([subject.adapter, subject.tenant, subject.subject]);
      const before = lines.get(key) ?? { used: 0, reserved: 0 };
      const sum = { used: before.used + taken.used, reserved: before.reserved + taken.reserved };
      const { adapter, tenant } = subject;
      lines.set(key, { name, scope, adapter, tenant, subject: subject.subject, ...sum });
    };
    if (scope === 'overall') add({ scope, adapter: '', tenant: '', subject: '' }, { used: 0, reserved: 0 });
    for (const row of used.all({ scope, firstDay: periodAt(now, per).firstDay })) {
      add(row, { used: unitOf(row, unit), reserved: 0 });
    }
    for (const hold of liveHolds()) add(subjectOf(scope, hold), { used: 0, reserved: unitOf(hold, unit) });
    return [...lines.values()];
  }

  function messageUse({ name, scope, per }: MessageLimit, now: number): LimitUse[] {
    return messages.all({ scope, after: now - windowMs[per] }).map((row) => ({ name, ...row, reserved: 0 }));
  }

  return {
    limitUse: (query: LimitQuery, now: number): LimitUse[] => {
      const most = (lines: readonly LimitUse[]): readonly LimitUse[] => lines.toSorted(byUse).slice(0, query.limit);
      return [
        ...query.messages.flatMap((limit) => most(messageUse(limit, now))),
        ...query.budgets.flatMap((limit) => most(budgetUse(limit, now))),
      ];
    },
    spending: createSpending(db),
  };
}

function byUse(one: LimitUse, other: LimitUse): number {
  return other.used + other.reserved - one.used - one.reserved || (one.subject < other.subject ? -1 : 1);
}

function createSpending(db: Sqlite): (query: SpendingQuery) => SpendingLine[] {
  const sums = 'sum(tokens) as tokens, sum(micros) as micros from limit_use where scope = @scope and day >= @day';
  const bySubject = db.prepare<{ scope: string; day: number }, SpendingLine>(
    `select adapter, tenant, subject as key, ${sums} group by adapter, tenant, subject`,
  );
  const byDay = db.prepare<{ scope: string; day: number }, SpendingLine>(
    `select '' as adapter, '' as tenant, date(day * 86400, 'unixepoch') as key, ${sums} group by day`,
  );
  return ({ by, since = 0 }) => (by === 'day' ? byDay : bySubject).all({ scope: scopeOf[by], day: Math.floor(since / dayMs) });
}
