import type { Receipt } from '../../message.ts';
import type { ClaimedDelivery, DeliveryClaim, DeliveryClaims, DeliveryFailure, DeliveryHold, SettleResult } from '../store.ts';
import { createCopySent, createThreadOf } from './copies.ts';
import type { Sqlite } from './database.ts';
import { isRemoval, outboxColumns, toDelivery, type OutboxRow } from './delivery-row.ts';
import { createReplaced } from './replaced.ts';
import { toTime } from './time.ts';
import { createUndeliverable, noTurn } from './undeliverable.ts';

interface HeldRow extends Pick<OutboxRow, 'conversation_id' | 'state' | 'lease_owner' | 'lease_token'> {
  readonly seq: number;
  readonly receipt: string | null;
}

/**
 * Sending parts, in the order of each conversation; see the state machine in store.ts.
 *
 * Only the oldest unsettled part of a conversation, the head of its queue, has a time in `next_at` and is looked at: an outage
 * leaves long queues behind their heads. Whoever settles a head makes the next part the head. `+?`: as in turns.ts.
 */
export function createDeliveries(db: Sqlite) {
  const columns = outboxColumns.join(', ');
  // A replay puts a part before others that are due: the order holds all the same.
  const due = db.prepare<[number, number], OutboxRow>(
    `select ${columns} from outbox o where next_at <= ? and not exists (
       select 1 from outbox p where p.conversation_id = o.conversation_id and p.seq < o.seq and p.state in ('queued', 'sending'))
     order by next_at limit +?`,
  );
  const nextDue = db.prepare<[number], { at: number | null }>('select min(next_at) as at from outbox where next_at > ?');
  const head = db.prepare<[string], OutboxRow>(
    `select ${columns} from outbox where conversation_id = +? and state in ('queued', 'sending') order by seq limit 1`,
  );
  const find = db.prepare<[string], HeldRow>(
    'select seq, conversation_id, state, lease_owner, lease_token, receipt from outbox where id = ?',
  );
  const settle = db.prepare<[string, number, number]>(
    `update outbox set state = 'sent', receipt = ?, settled_at = ?, next_at = null, lease_owner = null, error = null,
       text = iif(forgotten, '', text) where seq = ?`,
  );
  const retry = db.prepare(
    `update outbox set state = 'queued', next_at = @retryAt, error = @error, lease_owner = null, uncertain = max(uncertain, @uncertain)
     where id = @id and state = 'sending' and lease_owner = @owner and lease_token = @token`,
  );
  const leaseRow = createLease(db);
  const copySent = createCopySent(db);
  const failures = createFailures(db);

  return {
    claimDeliveries({ owner, limit, leaseMs }: DeliveryClaim, now: number): DeliveryClaims {
      const rows = limit > 0 ? due.all(now, limit) : [];
      const deliveries = rows.map((row) => leaseRow(row, owner, now + leaseMs));
      return { deliveries, nextAt: nextDue.get(now)?.at ?? undefined };
    },

    settleSent(sent: DeliveryHold & { readonly receipt: Receipt; readonly leaseMs: number }, now: number): SettleResult {
      const { id, owner, token, receipt, leaseMs } = sent;
      const row = find.get(id);
      if (row?.state !== 'sending' || row.lease_owner !== owner || row.lease_token !== token) {
        return { status: 'stale', receipt: row?.receipt ? (JSON.parse(row.receipt) as Receipt) : undefined }; // written below
      }
      settle.run(JSON.stringify(receipt), now, row.seq);
      copySent(id, receipt, now);
      const next = head.get(row.conversation_id);
      const isDue = next?.state === 'queued' && (next.next_at ?? now) <= now;
      return { status: 'settled', next: isDue ? leaseRow(next, owner, now + leaseMs) : undefined };
    },

    settleFailed({ id, owner, token, error, uncertain, retryAt, undeliverable }: DeliveryFailure, now: number): boolean {
      if (retryAt === undefined) return failures.bury({ id, owner, token, error, now, undeliverable });
      return retry.run({ id, owner, token, error, retryAt: toTime(retryAt), uncertain: uncertain ? 1 : 0 }).changes > 0;
    },
  };
}

/** Gives a part to an owner, for one attempt. */
function createLease(db: Sqlite): (row: OutboxRow, owner: string, until: number) => ClaimedDelivery {
  const lease = db.prepare<[string, number, number, number, number, string]>(
    `update outbox set state = 'sending', lease_owner = ?, lease_token = ?, attempt = ?, next_at = ?, uncertain = ? where id = ?`,
  );
  // The parts of an answer were written one after the other. Of those before this one the last is on the platform.
  const partBefore = db.prepare<{ id: string; turn: number; part: number }, { receipt: string | null }>(
    `select receipt from outbox where turn = @turn and receipt is not null
       and seq between (select seq from outbox where id = @id) - @part and (select seq from outbox where id = @id) - 1
     order by seq desc limit 1`,
  );

  const replacedBy = createReplaced(db);
  const threadOf = createThreadOf(db);

  return (row, owner, until) => {
    const attempt = row.attempt + 1;
    const token = row.lease_token + 1;
    const uncertain = row.state === 'sending' ? 1 : row.uncertain;
    lease.run(owner, token, attempt, until, uncertain, row.id);
    const after = uncertain && row.part > 0 ? partBefore.get(row)?.receipt : undefined;
    const replaced = replacedBy(row.replaces);
    const thread = row.thread === null || row.thread === row.id ? undefined : threadOf(row.thread);
    return toDelivery(
      { ...row, state: 'sending', lease_owner: owner, lease_token: token, attempt, next_at: until, uncertain },
      { after, replaced, thread },
    );
  };
}

interface Burial extends DeliveryHold, Pick<DeliveryFailure, 'undeliverable'> {
  readonly error: string;
  readonly now: number;
}

/** A part that will never arrive takes the later parts of its answer with it: a tail without its head misleads. */
function createFailures(db: Sqlite) {
  const kill = db.prepare(
    `update outbox set state = 'dead', error = @error, settled_at = @now, next_at = null, lease_owner = null
     where id = @id and state = 'sending' and lease_owner = @owner and lease_token = @token
     returning turn, adapter, conversation_id, attempt, part, parts, thread`,
  );
  const killRest = db.prepare(
    `update outbox set state = 'dead', error = 'an earlier part of the answer could not be delivered', settled_at = @now, next_at = null
     where conversation_id = @conversationId and state in ('queued', 'sending') and state = 'queued' and (turn = @turn or thread = @id)`,
  );
  const makeHeadDue = db.prepare(
    `update outbox set next_at = @now where next_at is null and seq = (
       select min(seq) from outbox where conversation_id = @conversationId and state in ('queued', 'sending'))`,
  );
  const bury = db.prepare(
    `insert into dead_letter (id, kind, adapter, conversation_id, turn, error, attempts, at, state)
     values (@id, 'delivery', @adapter, @conversationId, @turn, @error, @attempts, @now, 'open')
     on conflict (id) do update set error = excluded.error, attempts = excluded.attempts, at = excluded.at, state = 'open', resolved_at = null`,
  );
  const fail = db.prepare(
    `update inbox set verdict = 'failed', reason = @error
     where seq between (select first_seq from turn where seq = @turn) and (select last_seq from turn where seq = @turn)
       and turn = @turn and verdict = 'answered'`,
  );
  const tell = createUndeliverable(db);
  interface Killed {
    readonly turn: number;
    readonly adapter: string;
    readonly conversation_id: string;
    readonly attempt: number;
    readonly part: number;
    readonly parts: number;
    readonly thread: string | null;
  }
  return {
    bury({ id, owner, token, error, now, undeliverable }: Burial): boolean {
      const killed = kill.get({ id, owner, token, error, now }) as Killed | undefined; // the row of `returning`
      if (!killed) return false;
      const { turn, conversation_id: conversationId, adapter, attempt: attempts } = killed;
      if (turn === noTurn) {
        makeHeadDue.run({ conversationId, now });
        return true; // A notice that cannot be delivered either leaves nothing to do.
      }
      killRest.run({ conversationId, turn, id, now });
      if (undeliverable) tell({ ...undeliverable, part: { id, conversationId, turn }, now });
      makeHeadDue.run({ conversationId, now });
      bury.run({ id, adapter, conversationId, turn, error, attempts, now });
      if (!isRemoval(killed) && killed.thread === null) fail.run({ turn, error }); // What remains beside an answer does not unsay it.
      return true;
    },
  };
}
