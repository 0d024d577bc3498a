import type { Undeliverable } from '../../message.ts';
import type { Sqlite } from './database.ts';
import { toTime } from './time.ts';

/** Of notices: they belong to no answer. */
export const noTurn = 0;
export const remarkAuthor = 'parley';

interface Telling extends Undeliverable {
  readonly part: { readonly id: string; readonly conversationId: string; readonly turn: number };
  readonly now: number;
}

/** Queues the notice for the person, and puts a remark into the transcript. */
export function createUndeliverable(db: Sqlite): (telling: Telling) => void {
  const queue = db.prepare(
    `insert into outbox (id, turn, conversation_id, adapter, tenant, in_reply_to, destination, part, parts, text, state, next_at, expires_at, created_at)
     select @noticeId, ${noTurn}, conversation_id, adapter, tenant, in_reply_to, @destination, 0, 1, @text, 'queued', null, @expiresAt, @now
     from outbox where id = @id on conflict (id) do nothing`,
  );
  const remark = db.prepare(
    `insert into message (conversation_id, role, author_id, author_name, text, tokens, turn, at)
     values (@conversationId, 'user', '${remarkAuthor}', 'Parley', @note, octet_length(@note) / 3 + 1, @turn, @now)`,
  );
  return ({ part: { id, conversationId, turn }, notice, note, now }) => {
    remark.run({ conversationId, note, turn, now });
    if (!notice) return;
    const { id: noticeId, text, destination, expiresAt } = notice;
    queue.run({ noticeId, text, destination: JSON.stringify(destination), id, expiresAt: toTime(expiresAt), now });
  };
}
