import { answeredAgain, type RevisionRules } from '../revision.ts';
import type { Sqlite } from './database.ts';
import type { OutboxRow } from './delivery-row.ts';
import { createPartsOf } from './parts.ts';
import { toTime } from './time.ts';
import { remarkAuthor } from './undeliverable.ts';
import { createDiscardLetters, createKillUnsent, createWithdraw } from './withdraw.ts';

export interface Answered {
  readonly conversationId: string;
  /** The turn that gave the answer. */
  readonly turn: number;
  /** When what it is revised for happened: its new answer becomes stale from then on. */
  readonly sentAt: number;
  readonly now: number;
}

interface ChangedQuestion extends Answered {
  readonly messageId: string;
}

interface AnsweredRow {
  readonly seq: number;
  readonly adapter: string;
  readonly tenant: string;
  readonly event_id: string;
  readonly message_id: string | null;
  readonly author_id: string;
  readonly author_name: string;
  readonly payload: string | null;
  readonly text: string;
}

const answerWithdrawn = 'the answer is withdrawn';

/** What edits and deletions do to answers that were given; see revision.ts. */
export function createRevisions(db: Sqlite) {
  const ofTurn =
    'seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn) and turn = @turn';
  const askedAt = db.prepare<{ turn: number; messageId: string }, { at: number }>(
    `select sent_at as at from inbox where ${ofTurn} and message_id = @messageId`,
  );
  const forgetQuestion = db.prepare<{ turn: number; messageId: string }>(
    `update inbox set verdict = 'ignored', reason = 'deleted by its author', payload = null, text = ''
     where ${ofTurn} and message_id = @messageId`,
  );
  const others = db.prepare<[string, number], { found: 1 }>(
    `select 1 as found from message where conversation_id = ? and turn = ? and role = 'user' and author_id <> '${remarkAuthor}' limit 1`,
  );
  const withdraw = createWithdraw(db);
  const isNewest = createIsNewest(db);
  const reopen = createReopen(db, ofTurn);

  return {
    isNewest,
    reopen,
    /** Answers it again where that is wanted; undefined where the transcript alone has changed. */
    reviseEdited(question: ChangedQuestion, { reviseWithinMs }: RevisionRules): string | undefined {
      const asked = askedAt.get(question);
      if (!asked || question.now - asked.at > reviseWithinMs || reviseWithinMs === 0) return undefined;
      return isNewest(question) && reopen(question) ? answeredAgain : undefined;
    },
    /** The question has left the transcript. What others asked beside it, in the same turn, is answered again without it. */
    withdrawDeleted(question: ChangedQuestion, rules: RevisionRules): string {
      const asked = askedAt.get(question);
      forgetQuestion.run(question);
      if (!others.get(question.conversationId, question.turn)) {
        withdraw(question);
        return answerWithdrawn;
      }
      const isRecent = asked !== undefined && question.now - asked.at <= rules.reviseWithinMs && rules.reviseWithinMs > 0;
      return isRecent && isNewest(question) && reopen(question) ? answeredAgain : 'transcript updated';
    },
  };
}

export type Revisions = ReturnType<typeof createRevisions>;

/** Whether nothing has been asked since, and what was said still counts. */
function createIsNewest(db: Sqlite) {
  const newest = db.prepare<[string], { turn: number }>(
    `select m.turn from message m join conversation c on c.id = m.conversation_id
     where m.conversation_id = ? and m.author_id <> '${remarkAuthor}' and m.seq > c.reset_seq order by m.seq desc limit 1`,
  );
  const waits = db.prepare<[string], { found: 1 }>(
    "select 1 as found from inbox where conversation_id = ? and state = 'waiting' limit 1",
  );
  return ({ conversationId, turn }: Pick<Answered, 'conversationId' | 'turn'>): boolean =>
    newest.get(conversationId)?.turn === turn && waits.get(conversationId) === undefined;
}

/** Lets the questions of a turn wait once more. What only a turn needed of them is gone: it is made anew of what was kept. */
function createReopen(db: Sqlite, ofTurn: string) {
  const answered = db.prepare<{ turn: number }, AnsweredRow>(
    `select i.seq, adapter, tenant, event_id, i.message_id, i.author_id, i.author_name, payload, m.text, max(m.seq)
     from inbox i join message m on m.conversation_id = i.conversation_id and m.turn = i.turn and m.role = 'user'
       and m.message_id is i.message_id and m.at = i.sent_at and m.author_id = i.author_id
     where i.${ofTurn.replaceAll(' and turn =', ' and i.turn =')} and type in ('message', 'command')
       and (verdict = 'answered' or verdict = 'failed' and (select error from turn where seq = @turn) is null)
     group by i.seq order by i.seq`,
  );
  const wait = db.prepare<[string, string, number]>(
    `update inbox set state = 'waiting', generation = generation + 1, verdict = null, reason = null, settled_at = null, text = ?, payload = ?
     where seq = ?`,
  );
  const wake = db.prepare<[number, string]>('update conversation set wake_at = coalesce(wake_at, ?) where id = ?');
  const killUnsent = createKillUnsent(db);
  const discard = createDiscardLetters(db);
  const partsOf = createPartsOf(db);

  /** False where too little is known of them any more. */
  return function reopen(question: Answered): boolean {
    const { conversationId, turn, now } = question;
    const rows = answered.all({ turn });
    const [first] = partsOf(turn);
    if (!first || rows.length === 0) return false;
    for (const row of rows) wait.run(row.text, toPayload(row, first, question), row.seq);
    discard({ turn, now });
    killUnsent({ conversationId, turn, now });
    wake.run(now, conversationId);
    return true;
  };
}

function toPayload(row: AnsweredRow, { destination }: OutboxRow, { conversationId, sentAt }: Answered): string {
  const sent = toTime(sentAt);
  if (row.payload !== null) return JSON.stringify({ ...(JSON.parse(row.payload) as object), sentAt: sent }); // written by accept
  return JSON.stringify({
    type: 'message',
    ...{ adapter: row.adapter, tenant: row.tenant, eventId: row.event_id, conversationId, sentAt: sent },
    messageId: row.message_id ?? row.event_id,
    author: { id: row.author_id, name: row.author_name, isBot: false },
    text: '',
    attachments: [],
    addressed: true,
    isDirect: false,
    destination: JSON.parse(destination) as object, // written by commitTurn
  });
}
