import type { Sqlite } from './database.ts';

export interface Notices {
  isTold(conversationId: string, name: string, now: number): boolean;
  note(conversationId: string, reached: { readonly limit: string; readonly until: number }): void;
}

/** Where it has been said that a limit is reached. */
export function createNotices(db: Sqlite): Notices {
  const find = db.prepare<[string, string, number], { found: 1 }>(
    'select 1 as found from limit_notice where conversation_id = ? and name = ? and until > ?',
  );
  const put = db.prepare<[string, string, number]>(
    `insert into limit_notice (conversation_id, name, until) values (?, ?, ?)
     on conflict do update set until = max(until, excluded.until)`,
  );
  return {
    isTold: (conversationId, name, now) => find.get(conversationId, name, now) !== undefined,
    note: (conversationId, { limit, until }) => void put.run(conversationId, limit, Math.ceil(until)),
  };
}
