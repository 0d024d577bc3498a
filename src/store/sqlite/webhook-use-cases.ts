import type { EventKey } from '../store.ts';
import type { DeliveryLimits, DeliveryQuery, DeliveryRecord } from '../webhook-store.ts';
import type { Sqlite } from './database.ts';
import { createResend } from './resend.ts';
import { createWebhookDeliveries } from './webhook-deliveries.ts';

export function createWebhookUseCases(db: Sqlite) {
  const log = createWebhookDeliveries(db);
  const resend = createResend(db);
  return {
    recordDeliveries: ([record]: [DeliveryRecord]) => log.recordDeliveries(record),
    listWebhookDeliveries: ([query]: [DeliveryQuery]) => log.listWebhookDeliveries(query),
    getWebhookDelivery: ([id]: [string]) => log.getWebhookDelivery(id),
    countRefusals: ([query]: [Parameters<typeof log.countRefusals>[0]]) => log.countRefusals(query),
    pruneDeliveries: ([limits]: [DeliveryLimits]) => log.pruneDeliveries(limits),
    resendAnswer: ([key]: [EventKey], now: number) => resend(key, now),
  };
}
