import type { Verification } from '../../src/signature.ts';

export interface WebhookOptions {
  readonly sources: readonly WebhookSource[];
  /** Longest body that is taken. */
  readonly maxBodyBytes: number;
  /** Where the outside reaches this server, for the addresses of jobs. Without it they are given as a path. */
  readonly publicUrl?: string | undefined;
  /** Makes the callbacks; must not follow redirects when told `redirect: 'manual'`. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * A sender of events. It posts JSON to /webhooks/NAME.
 *
 * The templates see the JSON body (`{{ticket.id}}`), and beside it `{{$headers.x-delivery}}` (names in lower case; headers that hold
 * signatures or credentials are refused) and `{{$source}}`, the name of the source.
 */
export interface WebhookSource {
  /** Letters, digits, `.`, `_` and `-`; at most 64. */
  readonly name: string;
  readonly verify: Verification;
  /**
   * Template. Equal for every delivery of one event. Without it, or where it gives nothing: the signed webhook-id (standard), the header
   * webhook-id or idempotency-key (bearer), a digest of the body (hmac signs no header, so that none can tell a replay from a new event).
   */
  readonly eventId?: string | undefined;
  /** Template. What has the same text here is one conversation. */
  readonly conversation: string;
  /** Template. What was said. */
  readonly text: string;
  /** Template. The name of who said it. */
  readonly author?: string | undefined;
  /** Template. The id of who said it; the name where it is left out. */
  readonly authorId?: string | undefined;
  /** Where answers go. Without it they can be fetched, waited for or streamed. */
  readonly callback?: WebhookCallback | undefined;
}

export interface WebhookCallback {
  readonly url: string;
  /** Of Standard Webhooks. Answers carry a signature by each, so that the receiver can exchange its secret without a gap. */
  readonly secrets: readonly string[];
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}
