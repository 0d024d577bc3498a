import type { Receipt } from '../../message.ts';
import type { AnswerCopy, CopyPart } from '../copy.ts';
import type { TurnOutcome } from '../store.ts';
import type { Sqlite } from './database.ts';
import { outboxColumns, type OutboxRow } from './delivery-row.ts';
import { prepareInsert } from './insert.ts';
import { toTime } from './time.ts';
import { noTurn } from './undeliverable.ts';

interface Stamp {
  readonly turn: number;
  readonly now: number;
}

/** Puts the copies of an answer into the outbox; see copy.ts. */
export function createCopies(db: Sqlite): (outcome: TurnOutcome, stamp: Stamp) => void {
  const insertPart = prepareInsert(db, 'outbox', outboxColumns);
  const isBusy = db.prepare<[string], { found: 1 }>(
    "select 1 as found from outbox where conversation_id = ? and state in ('queued', 'sending') limit 1",
  );
  const findOpener = db
    .prepare<[string], string>(
      `select opener from copy_thread t where queue = ? and (receipt is not null
         or exists (select 1 from outbox o where o.id = t.opener and o.state in ('queued', 'sending')))`,
    )
    .pluck();
  const noteOpener = db.prepare<[string, string]>(
    `insert into copy_thread (queue, opener) values (?, ?) on conflict do update set opener = excluded.opener, receipt = null`,
  );

  function enqueue(copy: AnswerCopy, outcome: TurnOutcome, stamp: Stamp): void {
    const known = findOpener.get(copy.queue);
    if (known === undefined) noteOpener.run(copy.queue, copy.opener.id);
    const first = known === undefined ? copy.opener : copy.question;
    const thread = known ?? copy.opener.id;
    const isDue = isBusy.get(copy.queue) === undefined;
    insertPart(toRow(copy, outcome, { ...stamp, ...first, part: 0, parts: 1, thread, due: isDue }));
    const parts = copy.parts.length;
    for (const [part, each] of copy.parts.entries())
      insertPart(toRow(copy, outcome, { ...stamp, ...each, part, parts, thread, due: false }));
  }

  return (outcome, stamp) => {
    for (const copy of outcome.copies ?? []) enqueue(copy, outcome, stamp);
  };
}

interface Part extends CopyPart, Stamp {
  readonly part: number;
  readonly parts: number;
  readonly thread: string;
  /** Nothing is before it. */
  readonly due: boolean;
}

function toRow({ queue, adapter, tenant, destination }: AnswerCopy, { deliver }: TurnOutcome, part: Part): OutboxRow {
  return {
    id: part.id,
    turn: part.turn,
    conversation_id: queue,
    ...{ adapter, tenant, in_reply_to: deliver.inReplyTo, destination: JSON.stringify(destination) },
    ...{ part: part.part, parts: part.parts, text: part.text, opened: null, state: 'queued', uncertain: 0, attempt: 0 },
    next_at: part.due ? part.now : null,
    expires_at: toTime(deliver.expiresAt),
    ...{
      lease_owner: null,
      lease_token: 0,
      created_at: part.now,
      replaces: null,
      thread: part.thread,
      approval: null,
      approval_open: 0,
    },
  };
}

/** Who tells there what others have asked. */
const copyist = 'parley';

/** Notes where a thread was opened, and writes what stands in it into the transcript of the conversation that it is. */
export function createCopySent(db: Sqlite): (id: string, receipt: Receipt, now: number) => void {
  const find = db.prepare<
    [string],
    { thread: string | null; text: string; turn: number; conversationId: string; part: number; parts: number }
  >('select thread, text, turn, conversation_id as conversationId, part, parts from outbox where id = ?');
  const noteReceipt = db.prepare<[string, string]>('update copy_thread set receipt = ? where opener = ?');
  const threadOf = createThreadOf(db);
  // The parts of a copy were written in one go, behind what opens the thread or tells the question.
  const isAnswer = db.prepare<[string], { answers: 1 }>(
    'select 1 as answers from outbox p where p.id = ? and p.thread <> p.id and exists (select 1 from outbox q where q.seq = p.seq - p.part - 1 and q.turn = p.turn and q.thread = p.thread)',
  );
  const write = db.prepare(
    `insert into message (conversation_id, role, author_id, author_name, text, tokens, turn, at)
     values (@conversationId, @role, @authorId, '', @text, octet_length(@text) / 3 + 1, ${noTurn}, @now)`,
  );
  return (id, receipt, now) => {
    const row = find.get(id);
    if (!row?.thread) return;
    if (row.thread === id) noteReceipt.run(JSON.stringify(receipt), id);
    const conversationId = row.thread === id ? receipt['conversationId'] : threadOf(row.thread)?.['conversationId'];
    if (conversationId === undefined) return;
    const role = isAnswer.get(id) ? 'assistant' : 'user';
    write.run({ conversationId, role, authorId: role === 'user' ? copyist : '', text: row.text, now });
  };
}

/** Where the part stands that has opened a thread; undefined where it does not. Its row may be gone since long. */
export function createThreadOf(db: Sqlite): (opener: string) => Receipt | undefined {
  const inOutbox = db.prepare<[string], string | null>('select receipt from outbox where id = ?').pluck();
  const kept = db.prepare<[string], string | null>('select receipt from copy_thread where opener = ?').pluck();
  return (opener) => {
    const receipt = inOutbox.get(opener) ?? kept.get(opener);
    return receipt ? (JSON.parse(receipt) as Receipt) : undefined; // written by settleSent
  };
}
