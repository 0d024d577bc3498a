import type { Receipt } from '../../message.ts';
import type { ClaimedDelivery, DeliveryClaim, DeliveryClaims, DeliveryFailure, DeliveryHold, SettleResult } from '../store.ts';
import type { Sqlite } from './database.ts';
import { outboxColumns, toDelivery, type OutboxRow } from './delivery-row.ts';

/** Sending parts, in the order of each conversation; see the state machine in store.ts. */
export function createDeliveries(db: Sqlite) {
  // Only the head of a conversation's queue: what is older and unsettled goes first, even when it is not due yet.
  const due = db.prepare<[number, number], OutboxRow>(
    `select ${outboxColumns} from outbox o where state in ('queued', 'sending') and next_at <= ? and not exists (
       select 1 from outbox p where p.conversation_id = o.conversation_id and p.seq < o.seq and p.state in ('queued', 'sending'))
     order by next_at limit ?`,
  );
  const nextDue = db.prepare<[number], { at: number | null }>(
    "select min(next_at) as at from outbox where state in ('queued', 'sending') and next_at > ?",
  );
  const lease = db.prepare(
    `update outbox set state = 'sending', lease_owner = @owner, lease_token = lease_token + 1, attempt = attempt + 1, next_at = @until,
       uncertain = iif(state = 'sending', 1, uncertain) where id = @id returning ${outboxColumns}`,
  );
  const head = db.prepare<[string], OutboxRow>(
    `select ${outboxColumns} from outbox where conversation_id = ? and state in ('queued', 'sending') order by seq limit 1`,
  );
  const settle = db.prepare(
    `update outbox set state = 'sent', receipt = @receipt, settled_at = @now, lease_owner = null, error = null
     where id = @id and state = 'sending' and lease_owner = @owner and lease_token = @token returning conversation_id`,
  );
  const current = db.prepare<[string], { receipt: string | null }>('select receipt from outbox where id = ?');
  const retry = db.prepare(
    `update outbox set state = 'queued', next_at = @retryAt, error = @error, lease_owner = null, uncertain = max(uncertain, @uncertain)
     where id = @id and state = 'sending' and lease_owner = @owner and lease_token = @token`,
  );
  const failures = createFailures(db);

  const leaseRow = (row: OutboxRow, owner: string, until: number): ClaimedDelivery =>
    toDelivery(lease.get({ id: row.id, owner, until }) as OutboxRow); // the row of `returning`

  return {
    claimDeliveries({ owner, limit, leaseMs }: DeliveryClaim, now: number): DeliveryClaims {
      const rows = limit > 0 ? due.all(now, limit) : [];
      const deliveries = rows.map((row) => leaseRow(row, owner, now + leaseMs));
      return { deliveries, nextAt: nextDue.get(now)?.at ?? undefined };
    },

    settleSent(sent: DeliveryHold & { readonly receipt: Receipt; readonly leaseMs: number }, now: number): SettleResult {
      const { id, owner, token, receipt, leaseMs } = sent;
      const settled = settle.get({ id, owner, token, receipt: JSON.stringify(receipt), now }) as { conversation_id: string } | undefined; // `returning`
      if (!settled) {
        const recorded = current.get(id)?.receipt;
        return { status: 'stale', receipt: recorded ? (JSON.parse(recorded) as Receipt) : undefined }; // written above
      }
      const next = head.get(settled.conversation_id);
      const isDue = next?.state === 'queued' && next.next_at <= now;
      return { status: 'settled', next: isDue ? leaseRow(next, owner, now + leaseMs) : undefined };
    },

    settleFailed({ id, owner, token, error, uncertain, retryAt }: DeliveryFailure, now: number): boolean {
      if (retryAt === undefined) return failures.bury({ id, owner, token, error, now });
      return retry.run({ id, owner, token, error, retryAt, uncertain: uncertain ? 1 : 0 }).changes > 0;
    },
  };
}

/** A part that will never arrive takes the later parts of its answer with it: a tail without its head misleads. */
function createFailures(db: Sqlite) {
  const kill = db.prepare(
    `update outbox set state = 'dead', error = @error, settled_at = @now, lease_owner = null
     where id = @id and state = 'sending' and lease_owner = @owner and lease_token = @token
     returning turn_id, adapter, conversation_id, attempt, part`,
  );
  const killRest = db.prepare(
    `update outbox set state = 'dead', error = 'an earlier part of the answer could not be delivered', settled_at = @now
     where conversation_id = @conversationId and state = 'queued' and turn_id = @turnId`,
  );
  const bury = db.prepare(
    `insert into dead_letter (id, kind, adapter, conversation_id, turn_id, error, attempts, at, state)
     values (@id, 'delivery', @adapter, @conversationId, @turnId, @error, @attempts, @now, 'open')
     on conflict (id) do update set error = excluded.error, attempts = excluded.attempts, at = excluded.at, state = 'open', resolved_at = null`,
  );
  const fail = db.prepare(
    `update inbox set verdict = 'failed', reason = @error
     where seq between (select first_seq from turn where id = @turnId) and (select last_seq from turn where id = @turnId)
       and turn_id = @turnId and verdict = 'answered'`,
  );
  interface Killed {
    readonly turn_id: string;
    readonly adapter: string;
    readonly conversation_id: string;
    readonly attempt: number;
  }
  return {
    bury({ id, owner, token, error, now }: DeliveryHold & { readonly error: string; readonly now: number }): boolean {
      const killed = kill.get({ id, owner, token, error, now }) as Killed | undefined; // the row of `returning`
      if (!killed) return false;
      const { turn_id: turnId, conversation_id: conversationId, adapter, attempt: attempts } = killed;
      killRest.run({ conversationId, turnId, now });
      bury.run({ id, adapter, conversationId, turnId, error, attempts, now });
      fail.run({ turnId, error });
      return true;
    },
  };
}
