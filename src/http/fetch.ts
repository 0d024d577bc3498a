import { Agent } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { Exchange } from './fetch-exchange.ts';
import { ThinBody, ThinResponse, contentEncoding } from './fetch-response.ts';

export interface FetchOptions {
  /** Connections kept to one origin; further requests wait for a free one. Default 256. */
  readonly connections?: number | undefined;
  /** How long a connection may take to open. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** The last resort when a caller gives no signal: how long headers, or the next piece of a body, may take. Default 600,000. */
  readonly idleTimeoutMs?: number | undefined;
  /** How much of one response is held in memory. Default 64 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Judges each address that is to be connected to; a refused one rejects with an AddressError as the cause. Redirects cannot be followed then. */
  readonly guard?: AddressGuard | undefined;
  /** What this side shows of itself, and whom it believes in place of the system's authorities. PEM. */
  readonly tls?: TlsIdentity | undefined;
}

export interface TlsIdentity {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
}

export interface ThinFetch {
  /**
   * `fetch`, reduced to what it costs to send a request and read its answer. It differs from the platform's in that redirects are not
   * followed unless `redirect: 'follow'` asks for it (a credential is never carried to another host), and in the Response (see ThinResponse).
   * Forms, blobs, streams, Request objects and anything but http(s) are handed to the platform's fetch.
   */
  readonly fetch: typeof fetch;
  /** Ends every connection; requests that are under way fail. */
  close(): Promise<void>;
}

/** One set of connections, shared by all that is given this fetch. */
export function createFetch(options: FetchOptions = {}): ThinFetch {
  const { connections = 256, connectTimeoutMs = 10_000, idleTimeoutMs = 600_000, maxResponseBytes = 64 * 1024 * 1024 } = options;
  const { guard, tls } = options;
  const agent = new Agent({
    connections,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    connect: { ...toSecureContext(tls), timeout: connectTimeoutMs, ...(guard ? { lookup: guard.lookup } : {}) },
  });

  function leave(input: string | URL | Request, init: RequestInit): Promise<Response> {
    // The platform's fetch connects by itself, and to wherever it is redirected: nobody would judge that.
    if (guard) throw new TypeError('Only http and https requests without redirects can be made here.');
    return fetch(input, init);
  }

  async function thinFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const url = input instanceof Request ? undefined : new URL(input);
    const body = toPlainBody(init.body);
    if (!url || !/^https?:$/.test(url.protocol) || body === undefined || init.redirect === 'follow') return leave(input, init);
    if (url.username !== '' || url.password !== '')
      throw new TypeError('A URL must not hold credentials: send them in a header.');
    guard?.check(url.hostname);
    const method = (init.method ?? 'GET').toUpperCase();
    if (body !== null && (method === 'GET' || method === 'HEAD')) throw new TypeError(`A ${method} request cannot have a body.`);
    const exchange = new Exchange(maxResponseBytes, init.signal ?? undefined);
    if (!init.signal?.aborted) {
      agent.dispatch(
        { origin: url.origin, path: url.pathname + url.search, method, headers: toHeaderList(init), body },
        exchange,
      );
    }
    const head = await exchange.head;
    const isEmpty = method === 'HEAD' || head.status === 204 || head.status === 205 || head.status === 304;
    if (init.redirect === 'error' && head.status >= 300 && head.status < 400 && head.headers['location'] !== undefined) {
      await exchange.return();
      throw new TypeError('fetch failed', { cause: new Error('unexpected redirect') });
    }
    if (url.hash !== '') url.hash = ''; // parsed anew even where there is none
    const response = new ThinResponse(url.href, head, isEmpty ? null : new ThinBody(exchange, contentEncoding(head.headers)));
    return response as unknown as Response; // It has all that is used of a Response; the type asks for web streams too.
  }

  return { fetch: thinFetch, close: () => agent.destroy() };
}

/** Authorities that are named stand in place of the system's. */
function toSecureContext({ cert, key, ca }: TlsIdentity = {}): TlsIdentity {
  return { ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), ...(ca === undefined ? {} : { ca }) };
}

/** The body as undici takes it without further work; undefined for what is left to the platform's fetch. */
function toPlainBody(body: RequestInit['body']): string | Uint8Array | null | undefined {
  if (body === undefined || body === null) return null;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  if (body instanceof URLSearchParams) return body.toString();
  return body instanceof ArrayBuffer ? new Uint8Array(body) : undefined;
}

/** Names and values in turn, as undici likes them best. */
function toHeaderList({ headers, body }: RequestInit): string[] {
  const list: string[] = [];
  const missing = new Set(['accept', 'accept-encoding', 'content-type']);
  for (const [name, value] of headerEntries(headers)) {
    if (value === undefined) continue;
    list.push(name, typeof value === 'string' ? value : value.join(', '));
    missing.delete(name.toLowerCase());
  }
  if (missing.has('accept')) list.push('accept', '*/*');
  if (missing.has('accept-encoding')) list.push('accept-encoding', 'identity');
  if (missing.has('content-type') && typeof body === 'string') list.push('content-type', 'text/plain;charset=UTF-8');
  if (missing.has('content-type') && body instanceof URLSearchParams) {
    list.push('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  return list;
}

function headerEntries(headers: RequestInit['headers']): Iterable<readonly [string, string | readonly string[] | undefined]> {
  if (headers === undefined) return [];
  if (Symbol.iterator in headers) return headers as Iterable<readonly [string, string]>; // Headers, or a list of pairs.
  return Object.entries(headers);
}
