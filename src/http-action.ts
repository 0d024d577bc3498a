import type { FoundMessage } from './adapter.ts';
import type { Clock } from './clock.ts';
import type { Json, OutboundMessage, Receipt } from './message.ts';
import type { TlsIdentity } from './outbound.ts';

/** Makes a reply of its settings (`src/action/action.ts`). Throws a TypeError that says what is wrong with them. */
export type CreateAction = (action: HttpAction, parts: ActionParts) => Action;

export interface ActionParts {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  /** The setting, as in `webhooks.desk.reply`. */
  readonly key: string;
  /** What the source keeps of its events, by name. */
  readonly kept: readonly string[];
}

/** A reply by somebody else's API. All reject with a DeliveryError; neither its message nor its causes hold credentials. */
export interface Action {
  /** Scheme, host and port. */
  readonly origin: string;
  /** One attempt. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<Receipt>;
  /** Looks for an earlier attempt; undefined where there is no way to look, and where there is nothing to be seen. */
  find(message: OutboundMessage, signal: AbortSignal): Promise<FoundMessage | undefined>;
  /** Gets the credentials, where they have to be fetched. Nothing is sent to the API. */
  authorize(signal: AbortSignal): Promise<void>;
}

/**
 * How an answer becomes a comment by somebody else's API: one request.
 *
 * Texts are templates (Liquid) that see the answer (`{{text}}`), its id (`{{id}}`, the same on every attempt), `{{conversation}}`, `{{inReplyTo}}`,
 * `{{uuid}}` (made of the id, for APIs that take one for the comment), `{{source}}`, `{{part}}`, `{{parts}}` and what the source keeps of the event (`{{keep.NAME}}`).
 */
export interface HttpAction {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Template, in what follows the host. What is filled in is percent-encoded. */
  readonly url: string;
  /** Names, and templates of values. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body: ActionBody;
  /** The statuses that mean that the comment stands. Default every 2xx. */
  readonly expectStatus?: readonly number[] | undefined;
  /** Path in the JSON of a response to errors that mean, in spite of its status, that nothing stands. */
  readonly errors?: string | undefined;
  /** What a refusal says, in any case, when the comment stands already: the end of an attempt whose response was lost. */
  readonly duplicate?: string | undefined;
  /** Path in the JSON of the response to the id of the comment. */
  readonly receipt?: string | undefined;
  /** The header that carries the id of the answer, for APIs that do one thing once. Default `idempotency-key`. */
  readonly idempotencyHeader?: string | undefined;
  /** How to see whether an earlier attempt has arrived. Without it an attempt whose outcome is not known is repeated. */
  readonly find?: ActionFind | undefined;
  readonly auth?: ActionAuth | undefined;
  readonly tls?: TlsIdentity | undefined;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** The longest text that one comment takes, in UTF-16 units. Default: any. */
  readonly maxLength?: number | undefined;
}

export type ActionBody =
  /** Every text in it is a template. What is filled in stays inside its text. */
  | { readonly type: 'json'; readonly value: Json }
  | { readonly type: 'form'; readonly fields: Readonly<Record<string, string>> }
  | { readonly type: 'text'; readonly text: string; readonly contentType: string };

/** A GET of the newest comments. The one that holds the id of the answer is it. */
export interface ActionFind {
  /** Template, like that of the action. */
  readonly url: string;
  /** Path to the list of comments in the JSON of the response; without it the response is the list. */
  readonly items?: string | undefined;
  /** Path within a comment to the text that holds the id of the answer; without it the id may stand anywhere in it. */
  readonly text?: string | undefined;
  /** Path within a comment to its own id. Default `id`. */
  readonly id?: string | undefined;
}

export type ActionAuth =
  | { readonly scheme: 'apiKey'; readonly header: string; readonly secret: string }
  | { readonly scheme: 'bearer'; readonly secret: string }
  | { readonly scheme: 'basic'; readonly username: string; readonly secret: string }
  | OAuthClient
  | JwtSigner;

/** OAuth 2.0 client credentials (RFC 6749 section 4.4). */
export interface OAuthClient {
  readonly scheme: 'oauth2';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly secret: string;
  readonly scope?: string | undefined;
  readonly audience?: string | undefined;
  /** Whether the client proves itself by HTTP Basic or in the body. Default `basic`. */
  readonly clientAuth?: 'basic' | 'body' | undefined;
}

/** A JSON Web Token of its own for each request, as `Authorization: Bearer`. */
export interface JwtSigner {
  readonly scheme: 'jwt';
  readonly algorithm: 'HS256' | 'HS384' | 'HS512' | 'RS256' | 'PS256' | 'ES256' | 'EdDSA';
  /** The shared secret of HS..., or a private key in PEM. */
  readonly secret: string;
  readonly keyId?: string | undefined;
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  readonly audience?: string | undefined;
  /** How long a token is good for. Default 60. */
  readonly lifetimeSeconds?: number | undefined;
}
