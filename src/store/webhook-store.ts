import type { AnswerCacheStore } from './answer-cache-store.ts';
import type { WebhookDelivery } from '../webhook-delivery.ts';

/** The delivery log of webhooks, and what can be done once more from it. */
export interface WebhookStore extends AnswerCacheStore {
  /** Adds to the log; what is in it already stays as it is. Each refusal adds to the count of its source, reason and day. */
  recordDeliveries(record: DeliveryRecord): Promise<void>;
  /** Newest first, or with `after` (a `seq`) what came since then, oldest first. */
  listWebhookDeliveries(query: DeliveryQuery): Promise<readonly LoggedDelivery[]>;
  /** With its headers and body. */
  getWebhookDelivery(id: string): Promise<(WebhookDelivery & { readonly seq: number }) | undefined>;
  /** What was refused on the day of `since` and later, most often first. */
  countRefusals(query: { readonly source?: string | undefined; readonly since: number }): Promise<readonly RefusalCount[]>;
  /** Keeps the log within its limits; returns how many rows went. Bodies go before the rows that they belong to. */
  pruneDeliveries(limits: DeliveryLimits): Promise<number>;
  /**
   * Sends the parts of the answer to an event once more, under their old ids. Returns how many: none where there is no answer that was sent,
   * or while parts of it are under way.
   */
  resendAnswer(key: { readonly adapter: string; readonly tenant: string; readonly eventId: string }): Promise<number>;
}

export interface DeliveryRecord {
  readonly deliveries: readonly WebhookDelivery[];
  readonly refusals: readonly { readonly source: string; readonly reason: string; readonly count: number; readonly at: number }[];
}

export interface DeliveryQuery {
  readonly source?: string | undefined;
  readonly limit: number;
  readonly after?: number | undefined;
}

export interface LoggedDelivery extends Omit<WebhookDelivery, 'headers' | 'body'> {
  /** Grows with every row. */
  readonly seq: number;
}

export interface RefusalCount {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
  readonly lastAt: number;
}

export interface DeliveryLimits {
  /** Older rows go. */
  readonly before: number;
  /** How many rows of genuine requests stay. */
  readonly keep: number;
  /** How many of those that nobody has proved to have sent. */
  readonly keepStrangers: number;
  /** How much the bodies may come to. */
  readonly maxBodyBytes: number;
}
