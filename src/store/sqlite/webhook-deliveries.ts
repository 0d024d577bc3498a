import type { WebhookDelivery } from '../../webhook-delivery.ts';
import type { DeliveryLimits, DeliveryQuery, DeliveryRecord, LoggedDelivery, RefusalCount } from '../webhook-store.ts';
import type { Sqlite } from './database.ts';

const dayMs = 86_400_000;

interface DeliveryRow extends Omit<LoggedDelivery, 'genuine' | 'reason' | 'key' | 'eventId' | 'conversationId'> {
  readonly genuine: 0 | 1;
  readonly reason: string | null;
  readonly key: string | null;
  readonly eventId: string | null;
  readonly conversationId: string | null;
}

interface DetailRow extends DeliveryRow {
  readonly headers: string;
  readonly body: string | null;
}

const columns = `seq, id, source, at, duration_ms as durationMs, status, verdict, reason, genuine, key, event_id as eventId,
  conversation_id as conversationId, address, bytes`;

export function createWebhookDeliveries(db: Sqlite) {
  const insert = db.prepare(
    `insert into webhook_delivery (id, source, at, duration_ms, status, verdict, reason, genuine, key, event_id, conversation_id, address,
       bytes, headers, body)
     values (@id, @source, @at, @durationMs, @status, @verdict, @reason, @genuine, @key, @eventId, @conversationId, @address,
       @bytes, @headers, @body) on conflict (id) do nothing`,
  );
  const count = db.prepare(
    `insert into webhook_refusal (source, reason, day, count, last_at) values (@source, @reason, @day, @count, @at)
     on conflict (source, reason, day) do update set count = count + excluded.count, last_at = max(last_at, excluded.last_at)`,
  );
  const find = db.prepare<[string], DetailRow>(`select ${columns}, headers, body from webhook_delivery where id = ?`);
  const refusals = db.prepare<{ source: string | null; day: number }, RefusalCount>(
    `select source, reason, sum(count) as count, max(last_at) as lastAt from webhook_refusal
     where day >= @day and source = coalesce(@source, source) group by source, reason order by 3 desc, 1, 2`,
  );

  return {
    recordDeliveries({ deliveries, refusals: refused }: DeliveryRecord): void {
      for (const delivery of deliveries) insert.run(toRow(delivery));
      for (const { at, ...refusal } of refused) count.run({ ...refusal, at, day: Math.floor(at / dayMs) });
    },
    listWebhookDeliveries: createList(db),
    getWebhookDelivery(id: string): (WebhookDelivery & { seq: number }) | undefined {
      const row = find.get(id);
      if (!row) return undefined;
      const { headers, body, ...rest } = row;
      const names = JSON.parse(headers) as Record<string, string>; // written by recordDeliveries
      return { ...toLogged(rest), headers: names, body: body ?? undefined };
    },
    countRefusals: ({ source, since }: { source?: string | undefined; since: number }): RefusalCount[] =>
      refusals.all({ source: source ?? null, day: Math.floor(since / dayMs) }),
    pruneDeliveries: createPrune(db),
  };
}

function createList(db: Sqlite) {
  const list = (where: string, order: string) =>
    db.prepare<{ source?: string; after: number; limit: number }, DeliveryRow>(
      `select ${columns} from webhook_delivery where ${where} order by seq ${order} limit @limit`,
    );
  const newest = list('seq > @after', 'desc');
  const newestOf = list('source = @source and seq > @after', 'desc');
  const next = list('seq > @after', 'asc');
  const nextOf = list('source = @source and seq > @after', 'asc');
  return ({ source, limit, after }: DeliveryQuery): LoggedDelivery[] => {
    const values = { after: after ?? 0, limit };
    const rows =
      source === undefined
        ? (after === undefined ? newest : next).all(values)
        : (after === undefined ? newestOf : nextOf).all({ ...values, source });
    return rows.map(toLogged);
  };
}

function createPrune(db: Sqlite) {
  const removeBeyond = db.prepare<{ genuine: 0 | 1; keep: number }>(
    `delete from webhook_delivery where genuine = @genuine and seq <= coalesce(
       (select seq from webhook_delivery where genuine = @genuine order by seq desc limit 1 offset @keep), 0)`,
  );
  // Rows come in the order of time, but for a clock that was set back.
  const oldest = db.prepare<[], { seq: number; at: number }>('select seq, at from webhook_delivery order by seq');
  const removeUpTo = db.prepare<[number]>('delete from webhook_delivery where seq <= ?');
  const removeCounts = db.prepare<[number]>('delete from webhook_refusal where day < ?');
  const sizes = db.prepare<[], { seq: number; bytes: number }>(
    'select seq, bytes from webhook_delivery where genuine = 1 order by seq desc',
  );
  const dropBodies = db.prepare<[number]>(
    'update webhook_delivery set body = null where genuine = 1 and seq <= ? and body is not null',
  );
  return ({ before, keep, keepStrangers, maxBodyBytes }: DeliveryLimits): number => {
    let removed = removeBeyond.run({ genuine: 1, keep }).changes + removeBeyond.run({ genuine: 0, keep: keepStrangers }).changes;
    let last = 0;
    for (const { seq, at } of oldest.iterate()) {
      if (at >= before) break;
      last = seq;
    }
    if (last > 0) removed += removeUpTo.run(last).changes;
    removeCounts.run(Math.floor(before / dayMs));
    let total = 0;
    let beyond = 0;
    for (const { seq, bytes } of sizes.iterate()) {
      total += bytes;
      if (total <= maxBodyBytes) continue;
      beyond = seq;
      break;
    }
    if (beyond > 0) dropBodies.run(beyond);
    return removed;
  };
}

function toRow(delivery: WebhookDelivery) {
  const { genuine, reason, key, eventId, conversationId, headers, body } = delivery;
  return {
    ...delivery,
    genuine: genuine ? 1 : 0,
    reason: reason ?? null,
    key: key ?? null,
    eventId: eventId ?? null,
    conversationId: conversationId ?? null,
    headers: JSON.stringify(headers),
    body: body ?? null,
  };
}

function toLogged(row: DeliveryRow): LoggedDelivery {
  const { genuine, reason, key, eventId, conversationId, ...rest } = row;
  return {
    ...rest,
    genuine: genuine === 1,
    reason: reason ?? undefined,
    key: key ?? undefined,
    eventId: eventId ?? undefined,
    conversationId: conversationId ?? undefined,
  };
}
