import type { Action } from '../../message.ts';
import { answeredAgain } from '../revision.ts';
import type { Sqlite } from './database.ts';
import { createPartsOf } from './parts.ts';
import { createPressNotice } from './press-notice.ts';
import type { Revisions } from './revisions.ts';
import { remarkAuthor } from './undeliverable.ts';

interface NewestTurn {
  readonly turn: number;
  readonly ended_at: number;
}

const notices = {
  foreign: 'Only who asked can have this answered again.',
  old: 'This conversation has gone on since. Please ask again if you want another answer.',
  gone: 'I do not have the question to this any more. Please ask again.',
} as const;

const reasons = {
  foreign: 'not asked by who pressed',
  old: 'the conversation has gone on since',
  gone: 'the question is not known any more',
} as const;

/**
 * Somebody wants another answer in place of this one. Who asked may, while it is the newest of the conversation; others, and who is late,
 * are told why not. Presses while it is being answered again, or from before it was, are that one revision.
 */
export function createRegenerate(db: Sqlite, { reopen }: Revisions): (press: Action, now: number) => string {
  const newest = db.prepare<[string], NewestTurn>(
    `select t.seq as turn, ended_at from turn t where t.seq = (
       select m.turn from message m join conversation c on c.id = m.conversation_id
       where m.conversation_id = ? and m.author_id <> '${remarkAuthor}' and m.seq > c.reset_seq order by m.seq desc limit 1)`,
  );
  const waits = db.prepare<[string], { again: 0 | 1 }>(
    "select turn is not null as again from inbox where conversation_id = ? and state = 'waiting' order by seq limit 1",
  );
  const hasAsked = db.prepare<{ turn: number; authorId: string }, { found: 1 }>(
    `select 1 as found from inbox where seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)
       and turn = @turn and author_id = @authorId and verdict = 'answered'`,
  );
  const tell = createPressNotice(db);
  const partsOf = createPartsOf(db);

  function notify(press: Action, why: keyof typeof notices, now: number): string {
    tell(press, notices[why], now);
    return reasons[why];
  }

  return function regenerate(press: Action, now: number): string {
    const { conversationId, messageId, value, author, sentAt } = press;
    const waiting = waits.get(conversationId);
    if (waiting?.again) return 'it is being answered again';
    const answer = newest.get(conversationId);
    const parts = answer ? partsOf(answer.turn) : [];
    const isIt = parts.some(
      ({ id, part, parts: count, receipt }) => part < count && (idOf(receipt) === messageId || id === value),
    );
    if (!answer || !isIt || waiting) return notify(press, 'old', now);
    if (!hasAsked.get({ turn: answer.turn, authorId: author.id })) return notify(press, 'foreign', now);
    const isRevision = parts.some(({ replaces }) => replaces !== null);
    if (isRevision && sentAt <= answer.ended_at) return 'it was answered again since';
    return reopen({ conversationId, turn: answer.turn, sentAt, now }) ? answeredAgain : notify(press, 'gone', now);
  };
}

function idOf(receipt: string | null): unknown {
  return receipt === null ? undefined : (JSON.parse(receipt) as { id?: unknown }).id; // written by settleSent
}
