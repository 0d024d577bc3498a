import { subjectOf, windowMs, type LimitSubject, type MessageLimit } from '../../limits.ts';
import type { Admission, Admitted } from '../limit-store.ts';
import { createFence } from './budgets.ts';
import type { Sqlite } from './database.ts';
import { createNotices } from './limit-notices.ts';

type Message = Admission['messages'][number];
type Entry = LimitSubject & Pick<Message, 'at' | 'seq'>;

/** A look through `limit_message`, and a row in it for each scope that limits are set for. */
export function createMessageLimits(db: Sqlite) {
  const holds = createFence(db);
  const notices = createNotices(db);
  const isIn = db.prepare<Entry, { found: 1 }>(
    `select 1 as found from limit_message
     where scope = @scope and adapter = @adapter and tenant = @tenant and subject = @subject and at = @at and seq = @seq`,
  );
  const put = db.prepare<Entry>(
    `insert into limit_message (scope, adapter, tenant, subject, at, seq) values (@scope, @adapter, @tenant, @subject, @at, @seq)
     on conflict do nothing`,
  );
  // Those that came later included: in which order turns take them up is chance, and in no window may there be more than the limit.
  const findNewest = db
    .prepare<LimitSubject & { after: number; offset: number }, number>(
      `select at from limit_message where scope = @scope and adapter = @adapter and tenant = @tenant and subject = @subject and at > +@after
       order by at desc limit 1 offset +@offset`,
    )
    .pluck();

  /** When there is room for the message, and by which limit; undefined where there is now. */
  function reachedBy({ at, seq, party }: Message, limits: readonly MessageLimit[]) {
    const reached = limits.flatMap(({ name, scope, per, most }) => {
      const subject = subjectOf(scope, party);
      if (isIn.get({ ...subject, at, seq })) return [];
      const oldest = findNewest.get({ ...subject, after: at - windowMs[per], offset: most - 1 });
      return oldest === undefined ? [] : [{ limit: name, resetsAt: oldest + windowMs[per] }];
    });
    return reached.toSorted((one, other) => other.resetsAt - one.resetsAt)[0];
  }

  function letIn({ at, seq, party }: Message, limits: readonly MessageLimit[]): void {
    for (const scope of new Set(limits.map((limit) => limit.scope))) put.run({ ...subjectOf(scope, party), at, seq });
  }

  return function admitMessages(admission: Admission, now: number): Admitted {
    const { conversationId, limits, messages } = admission;
    if (!holds(admission)) return { status: 'stale' };
    const [first] = messages;
    const reached = first && reachedBy(first, limits);
    let count = 0;
    for (const message of messages) {
      const own = reachedBy(message, limits);
      if (own?.limit !== reached?.limit) break;
      if (!own) letIn(message, limits);
      count += 1;
    }
    if (!reached) return { status: 'admitted', count };
    return { status: 'refused', count, ...reached, told: notices.isTold(conversationId, reached.limit, now) };
  };
}
