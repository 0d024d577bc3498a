import type { CopyTo } from '../../src/message.ts';
import type { MarkStyle } from '../../src/own-message.ts';
import type { SourceVerification } from '../../src/verification.ts';
import type { Clock } from '../../src/clock.ts';
import type { Expressions } from '../../src/expression.ts';
import type { CreateAction, HttpAction } from '../../src/http-action.ts';
import type { OpenFetch } from '../../src/outbound.ts';
import type { TrustProxy } from './origin.ts';
import type { RateLimit } from './rate-limit.ts';

export interface WebhookOptions {
  readonly sources: readonly WebhookSource[];
  /** Longest body that is taken, of a source that sets no limit of its own. */
  readonly maxBodyBytes: number;
  /** Where the outside reaches this server, for the addresses of jobs, and for senders that sign the address. Without it jobs are given as a path. */
  readonly publicUrl?: string | undefined;
  /** The way out, for answers and for the keys of issuers. */
  readonly openFetch: OpenFetch;
  /** Makes the replies by other APIs. */
  readonly createAction: CreateAction;
  /** Starts what evaluates expressions. */
  readonly createExpressions: (parts: { readonly clock: Clock }) => Expressions;
  /** Whose word counts about where a request comes from. Default nobody's. */
  readonly trustProxy?: TrustProxy | undefined;
}

export type BodyFormat = 'json' | 'form';

/** A template (`src/template.ts`), or an expression. */
export type MappedText = string | JsonataText;
export interface JsonataText {
  readonly jsonata: string;
}
export interface LiquidText {
  readonly liquid: string;
}

/**
 * A sender of events. It posts JSON, or a form, to /webhooks/NAME.
 *
 * The templates see the JSON body (`{{ticket.id}}`), and beside it `{{$headers.x-delivery}}` (names in lower case; headers that hold
 * signatures or credentials are refused) and `{{$source}}`, the name of the source. JSONata has the same as `$headers` and `$source`, Liquid as
 * `webhook.headers` and `webhook.source`, with the whole body as `webhook.body`.
 */
export interface WebhookSource extends SourceLimits {
  /** Letters, digits, `.`, `_` and `-`; at most 64. */
  readonly name: string;
  readonly verify: SourceVerification;
  /** What its bodies are. Of a form every field is a text, or a list where it comes several times. Default `json`. */
  readonly body?: BodyFormat | undefined;
  /** What the sender asks before its first event. */
  readonly handshake?: Handshake | undefined;
  /** Whether an event is a question. What gives false, or nothing, is recorded as ignored. Default: every event is one. */
  readonly when?: JsonataText | undefined;
  /**
   * Equal for every delivery of one event. Without it, or where it gives nothing: the id that is signed, where one is (standard
   * and `idHeader`); a digest of the body where only that is signed (no other header can tell a replay from a new event); else the header
   * webhook-id or idempotency-key, or a digest of the body.
   */
  readonly eventId?: MappedText | undefined;
  /** What has the same text here is one conversation. */
  readonly conversation: MappedText;
  /** What was said. */
  readonly text: MappedText | LiquidText;
  /** The name of who said it. */
  readonly author?: MappedText | undefined;
  /** The id of who said it; the name where it is left out. */
  readonly authorId?: MappedText | undefined;
  /** How the bot's own comments are known when they come back. Those that say what an answer of the last day says are known anyway. */
  readonly own?: OwnRules | undefined;
  /** Where answers go. Without it they can be fetched, waited for or streamed. */
  readonly callback?: WebhookCallback | undefined;
  /** In place of a callback: how answers become comments by somebody else's API. */
  readonly reply?: HttpAction | undefined;
  /** A thread on another platform in which answers are shown, too. */
  readonly post?: WebhookPost | undefined;
  /** Templates. What the reply will need of an event beside its conversation: `{{keep.NAME}}` there. */
  readonly keep?: Readonly<Record<string, string>> | undefined;
}

/** How a sender makes sure that its events have somewhere to go, before it sends any. */
export interface Handshake {
  /** A genuine request with this header wants its value back, as `{"challenge": "..."}`, and is no event. */
  readonly header?: string | undefined;
  /** A form with this field alone, and a number in it, is a knock at the door: it proves nothing, and gets an empty 200. */
  readonly form?: string | undefined;
}

export interface WebhookPost extends Pick<CopyTo, 'adapter' | 'tenant' | 'destination'> {
  /** Template: what the thread is about. */
  readonly title?: string | undefined;
  /** Template: where people find it. */
  readonly link?: string | undefined;
}

/** How the bot's own comments are known when the sender tells us of them. */
export interface OwnRules {
  /** Who the bot is at the sender: ids as `authorId` gives them. */
  readonly authorIds?: readonly string[] | undefined;
  /** Template. The id of the comment at the sender, or what it has kept of the id of our answer. */
  readonly messageId?: string | undefined;
  /** Whether answers carry their id, and whether people see it. */
  readonly mark?: 'none' | MarkStyle | undefined;
}

export interface SourceLimits {
  /** Whether to refuse what came over a network in clear. Default true. */
  readonly requireHttps?: boolean | undefined;
  /** The addresses and networks that may send. Default all. */
  readonly allowFrom?: readonly string[] | undefined;
  /** How many genuine requests are taken. Default as many as come. */
  readonly rateLimit?: RateLimit | undefined;
  /** How many events of one conversation are answered within an hour. Default as many as come. */
  readonly turnsPerHour?: number | undefined;
  readonly maxBodyBytes?: number | undefined;
  /** How deep JSON may be nested. Default 100. */
  readonly maxDepth?: number | undefined;
}

export interface WebhookCallback {
  readonly url: string;
  /** Of Standard Webhooks. Answers carry a signature by each, so that the receiver can exchange its secret without a gap. */
  readonly secrets: readonly string[];
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}
