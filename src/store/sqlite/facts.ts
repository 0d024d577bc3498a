import {
  mostFacts,
  type Fact,
  type FactQuery,
  type MemoryStore,
  type NewFact,
  type Recalled,
  type RecallQuery,
  type StoredFact,
} from '../memory-store.ts';
import type { Sqlite } from './database.ts';

const dayMs = 24 * 60 * 60_000;
/** In place of a person: the tenant itself. */
const nobody = '';

type FactRow = Omit<StoredFact, 'isPublic'> & { readonly isPublic: 0 | 1 };
type LookUps = Pick<MemoryStore, 'recall' | 'listFacts' | 'addFact' | 'removeFact'>;
type Cases = {
  readonly [Name in keyof LookUps]: (args: Parameters<LookUps[Name]>, now: number) => Awaited<ReturnType<LookUps[Name]>>;
};

/** What is remembered; see memory-store.ts. */
export function createFactCases(db: Sqlite): Cases {
  const list = db.prepare<Record<keyof FactQuery, string | number | null>, FactRow>(
    `select seq as id, adapter, tenant, person, name, text, place, is_public as isPublic, created_at as at, used_at as usedAt from fact
     where adapter = coalesce(@adapter, adapter) and tenant = coalesce(@tenant, tenant) and person = coalesce(@person, person)
     order by seq desc limit @limit`,
  );
  const add = db.prepare<Record<'adapter' | 'tenant' | 'text', string> & { now: number }, { seq: number }>(
    `insert into fact (adapter, tenant, person, name, text, place, is_public, created_at, used_at)
     values (@adapter, @tenant, '${nobody}', '', @text, '', 1, @now, @now)
     on conflict (adapter, tenant, person, place, text) do update set created_at = excluded.created_at returning seq`,
  );
  const remove = db.prepare<[number]>('delete from fact where seq = ?');
  const cap = createCap(db);
  const recall = createRecall(db);
  return {
    recall: ([query], now) => recall(query, now),
    listFacts: ([{ adapter = null, tenant = null, person = null, limit }]) =>
      list.all({ adapter, tenant, person, limit }).map(({ isPublic, ...row }) => ({ ...row, isPublic: isPublic === 1 })),
    addFact: ([{ adapter, tenant, text }], now) => {
      const { seq } = add.get({ adapter, tenant, text, now }) ?? { seq: 0 };
      cap({ adapter, tenant, person: nobody });
      return seq;
    },
    removeFact: ([id]) => remove.run(id).changes > 0,
  };
}

function createRecall(db: Sqlite): (query: RecallQuery, now: number) => Recalled {
  const mayBeTold = '(place in (select value from json_each(@places)) or (is_public = 1 and @takesPublic = 1))';
  const columns = 'seq as id, text, created_at as at';
  const told = db.prepare<ReturnType<typeof toBounds>, Fact>(
    `select ${columns} from fact where adapter = @adapter and tenant = @tenant and person = @person and ${mayBeTold}
     order by used_at desc, seq desc limit @limit`,
  );
  const withheld = db
    .prepare<ReturnType<typeof toBounds>, 1>(
      `select 1 from fact where adapter = @adapter and tenant = @tenant and person = @person and not ${mayBeTold} limit 1`,
    )
    .pluck();
  const use = db.prepare<[number, string, number]>(
    'update fact set used_at = ? where seq in (select value from json_each(?)) and used_at < ?',
  );
  return (query, now) => {
    const bounds = toBounds(query);
    const facts = query.person === nobody ? [] : told.all(bounds);
    const ofTenant = told.all({ ...bounds, person: nobody });
    // To the day: a write for every question would be dear.
    if (query.uses) use.run(now, JSON.stringify([...facts, ...ofTenant].map(({ id }) => id)), now - dayMs);
    return { facts, ofTenant, hasMore: query.person !== nobody && withheld.get(bounds) !== undefined };
  };
}

function toBounds({ adapter, tenant, person, places, takesPublic, limit }: RecallQuery) {
  return { adapter, tenant, person, places: JSON.stringify(places), takesPublic: takesPublic ? 1 : 0, limit };
}

interface Stamp {
  readonly turnId: string;
  readonly now: number;
}

/** Writes what a turn remembers, of its events as they still wait: what was deleted meanwhile has said nothing. */
export function createRemember(db: Sqlite): (facts: readonly NewFact[], stamp: Stamp) => void {
  const insert = db.prepare<
    Omit<NewFact, 'isPublic'> & Stamp & { isPublic: 0 | 1 },
    Record<'adapter' | 'tenant' | 'person', string>
  >(
    `insert into fact (adapter, tenant, person, name, text, place, is_public, conversation_id, message_id, turn_id, created_at, used_at)
     select adapter, tenant, author_id, author_name, @text, @place, @isPublic, conversation_id, message_id, @turnId, @now, @now
     from inbox where seq = @seq and state = 'waiting' and withdrawn = 0 and author_id <> '${nobody}'
     on conflict (adapter, tenant, person, place, text) do update set is_public = min(is_public, excluded.is_public),
       conversation_id = excluded.conversation_id, message_id = excluded.message_id, turn_id = excluded.turn_id,
       created_at = excluded.created_at, used_at = excluded.used_at
     returning adapter, tenant, person`,
  );
  const cap = createCap(db);
  return (facts, stamp) => {
    for (const fact of facts) {
      const kept = insert.get({ ...fact, ...stamp, isPublic: fact.isPublic ? 1 : 0 });
      if (kept) cap(kept);
    }
  };
}

/** The newest and the most lately used stay. */
function createCap(db: Sqlite): (of: { adapter: string; tenant: string; person: string }) => void {
  const trim = db.prepare<[string, string, string, number]>(
    `delete from fact where seq in (
       select seq from fact where adapter = ? and tenant = ? and person = ? order by used_at desc, seq desc limit -1 offset ?)`,
  );
  return ({ adapter, tenant, person }) =>
    void trim.run(adapter, tenant, person, person === nobody ? mostFacts.tenant : mostFacts.person);
}

/** Ends what was remembered of a message that is gone, or reads otherwise; how many facts that were. */
export function createDropFacts(db: Sqlite): (conversationId: string, messageId: string) => number {
  const drop = db.prepare<[string, string]>('delete from fact where conversation_id = ? and message_id = ?');
  return (conversationId, messageId) => drop.run(conversationId, messageId).changes;
}
