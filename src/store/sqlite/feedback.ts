import { toChunkId } from '../../ids.ts';
import type { Feedback } from '../../message.ts';
import {
  judgementKept,
  notOurAnswer,
  type FeedbackSummary,
  type Judgement,
  type SolvedQuery,
  type SolvedTurn,
} from '../feedback-store.ts';
import type { Sqlite } from './database.ts';

interface TurnRow {
  readonly seq: number;
  readonly id: string;
}

/** What a `feedback` event does; returns the reason for which no turn takes it up. */
export function createKeepFeedback(db: Sqlite): (event: Feedback, now: number) => string {
  const findTurn = createTurnLookUp(db);
  // Pressing the same button again takes no reason away.
  const keep = db.prepare(
    `insert into feedback (turn, author_id, turn_id, conversation_id, adapter, tenant, author_name, rating, reason, at)
     values (@turn, @authorId, @turnId, @conversationId, @adapter, @tenant, @authorName, @rating, @reason, @now)
     on conflict (turn, author_id) do update set author_name = excluded.author_name, at = excluded.at,
       reason = iif(rating = excluded.rating, coalesce(excluded.reason, reason), excluded.reason), rating = excluded.rating`,
  );
  return (event, now) => {
    const turn = findTurn(event);
    if (!turn) return notOurAnswer;
    const { conversationId, adapter, tenant, author, rating, reason = null } = event;
    const judgement = { conversationId, adapter, tenant, rating, reason, authorId: author.id, authorName: author.name };
    keep.run({ ...judgement, turn: turn.seq, turnId: turn.id, now });
    return judgementKept;
  };
}

/** So many of the newest answers of a conversation are looked through where a platform tells no more than the id of its message. */
const maxAnswers = 200;

/** The turn behind the message that was judged: by the id that it was sent under, or else by the id that the platform gave it. */
function createTurnLookUp(db: Sqlite): (event: Feedback) => TurnRow | undefined {
  const turnOfPart = db.prepare<[string, string, string, string], TurnRow>(
    `select t.seq, t.id from outbox p join turn t on t.seq = p.turn
     where p.id = ? and p.conversation_id = +? and p.adapter = ? and p.tenant = ?`,
  );
  const newestAnswers = db.prepare<[string, number], TurnRow & { readonly parts: number }>(
    `select t.seq, t.id, t.parts from message m join turn t on t.seq = m.turn
     where m.conversation_id = +? and m.role = 'assistant' order by m.seq desc limit +?`,
  );
  const isShownAs = db.prepare<[string, string, string, string], { id: string }>(
    `select id from outbox where id = ? and adapter = ? and tenant = ? and json_extract(receipt, '$.id') = ?`,
  );
  return ({ outboundId, conversationId, adapter, tenant, messageId }) => {
    if (outboundId !== undefined) return turnOfPart.get(outboundId, conversationId, adapter, tenant);
    return newestAnswers.all(conversationId, maxAnswers).find(({ id, parts }) => {
      const ids = Array.from({ length: parts }, (_, part) => toChunkId(id, part));
      return ids.some((part) => isShownAs.get(part, adapter, tenant, messageId) !== undefined);
    });
  };
}

type SolvedRow = Omit<SolvedTurn, 'questions' | 'answer'>;

export function createSolved(db: Sqlite) {
  const sayings = createSayings(db);
  // In the order of the primary key, so that a page costs what it shows.
  const newest = db.prepare<{ before: number; minGood: number; limit: number }, SolvedRow>(
    `select turn as cursor, turn_id as turnId, adapter, tenant, conversation_id as conversationId
     from feedback where turn < @before group by turn
     having count(*) filter (where rating = 'good') >= @minGood and count(*) filter (where rating = 'bad') = 0
     order by turn desc limit @limit`,
  );
  return {
    listSolved: ({ minGood, limit, before = Number.MAX_SAFE_INTEGER }: SolvedQuery): SolvedTurn[] =>
      newest
        .all({ minGood, limit, before })
        .map((row) => ({ ...row, ...sayings({ conversationId: row.conversationId, turn: row.cursor }) })),
  };
}

/** What a turn answered, oldest first, and what it answered, as they read now. */
function createSayings(db: Sqlite) {
  const said = db.prepare<[string, number], { role: 'user' | 'assistant'; text: string }>(
    'select role, text from message where conversation_id = ? and turn = ? order by seq',
  );
  return ({ conversationId, turn }: { readonly conversationId: string; readonly turn: number }) => {
    const messages = said.all(conversationId, turn);
    const textsOf = (role: 'user' | 'assistant') => messages.filter((each) => each.role === role).map(({ text }) => text);
    return { questions: textsOf('user'), answer: textsOf('assistant').join('\n') };
  };
}

interface FeedbackRow {
  readonly rating: 'good' | 'bad';
  readonly reason: string | null;
  readonly adapter: string;
  readonly tenant: string;
  readonly conversationId: string;
  readonly turnId: string;
  readonly authorId: string;
  readonly authorName: string;
  readonly at: number;
  readonly turn: number;
}

/** Questions about what was judged. */
export function createFeedback(db: Sqlite) {
  const sayings = createSayings(db);
  const newest = db.prepare<[number, number], FeedbackRow>(
    `select rating, reason, adapter, tenant, conversation_id as conversationId, turn_id as turnId, author_id as authorId,
       author_name as authorName, at, turn
     from feedback where at >= ? order by at desc limit ?`,
  );
  const summary = db.prepare<[number], FeedbackSummary>(
    `select adapter, count(*) filter (where rating = 'good') as good, count(*) filter (where rating = 'bad') as bad,
       count(reason) as withReason, count(distinct tenant || ' ' || author_id) as people, count(distinct turn) as answers
     from feedback where at >= ? group by adapter order by adapter`,
  );
  return {
    listFeedback: ({ since, limit }: { since: number; limit: number }): Judgement[] =>
      newest.all(since, limit).map(({ turn, reason, ...row }) => {
        return { ...row, reason: reason ?? undefined, ...sayings({ conversationId: row.conversationId, turn }) };
      }),
    summariseFeedback: ({ since }: { since: number }): FeedbackSummary[] => summary.all(since),
  };
}
