import { mostKeptAnswers, type AnswerCacheStore, type KeptAnswer } from '../answer-cache-store.ts';
import type { TurnHold } from '../store.ts';
import type { Sqlite } from './database.ts';

type Cases = {
  readonly [Name in keyof AnswerCacheStore]: (
    args: Parameters<AnswerCacheStore[Name]>,
    now: number,
  ) => Awaited<ReturnType<AnswerCacheStore[Name]>>;
};

/** See answer-cache-store.ts. */
export function createAnswerCache(db: Sqlite): Cases {
  const find = db
    .prepare<[string, string, number], string>('select text from answer_cache where source = ? and key = ? and expires_at > ?')
    .pluck();
  const keep = db.prepare<Omit<KeptAnswer, 'by'> & TurnHold & { now: number }>(
    `insert into answer_cache (source, key, text, kept_at, expires_at) select @source, @key, @text, @now, @expiresAt
     from conversation where id = @conversationId and lease_owner = @owner and lease_token = @token and changed = 0
     on conflict do update set text = excluded.text, kept_at = excluded.kept_at, expires_at = excluded.expires_at`,
  );
  const trim = db.prepare<[string, string, number]>(
    `delete from answer_cache where source = ? and key in (
       select key from answer_cache where source = ? order by kept_at desc limit -1 offset ?)`,
  );
  return {
    findAnswer: ([{ source, key }], now) => find.get(source, key, now),
    keepAnswer: ([{ by, ...answer }], now) => {
      keep.run({ ...answer, ...by, now });
      trim.run(answer.source, answer.source, mostKeptAnswers);
    },
  };
}

/** Clears what may not be given any more. */
export function createPruneAnswers(db: Sqlite): (now: number) => void {
  const prune = db.prepare<[number]>('delete from answer_cache where expires_at <= ?');
  return (now) => void prune.run(now);
}

/** An answer may hold what somebody has asked: whose it was is not known any more. */
export function createForgetCached(db: Sqlite): (source: string) => void {
  const forget = db.prepare<[string]>('delete from answer_cache where source = ?');
  return (source) => void forget.run(source);
}
