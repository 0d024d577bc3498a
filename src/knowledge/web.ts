import { gunzipSync } from 'node:zlib';
import { withTimeout, type Clock } from '../clock.ts';
import { AddressError, describeError } from '../errors.ts';
import { allowsAll, parseRobots, userAgent, type Robots } from './robots.ts';

/** What was fetched from the web, or why not. */
export type Fetched =
  | {
      readonly type: 'fetched';
      readonly bytes: Uint8Array;
      readonly contentType: string;
      /** Where it was in the end. */
      readonly url: string;
      readonly etag: string | undefined;
      readonly lastModified: string | undefined;
    }
  | { readonly type: 'unchanged'; readonly etag: string | undefined; readonly lastModified: string | undefined }
  /** `isGone`: the server says that there is no such page, or none for us. */
  | { readonly type: 'failed'; readonly reason: string; readonly isGone: boolean };

export interface FetchRequest {
  readonly url: string;
  readonly maxBytes: number;
  /** Where it may lead to; anywhere where it is left out. */
  readonly host?: string | undefined;
  /** Whether it is looked for in robots.txt. */
  readonly asCrawler: boolean;
  /** Of an earlier answer. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface Web {
  /** Rejects with the signal's reason only. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<Fetched>;
}

export interface WebOptions {
  /** Judges addresses before it connects to them, and follows no redirect. */
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

const maxRedirects = 5;
const maxRobotsBytes = 500 * 1024;

/** For one look at a source: what robots.txt says is asked once for each host. */
export function createWeb({ fetch, clock, timeoutMs = 30_000 }: WebOptions): Web {
  const robots = new Map<string, Promise<Robots | { readonly reason: string }>>();

  function robotsOf(origin: string, signal: AbortSignal): Promise<Robots | { readonly reason: string }> {
    const known = robots.get(origin) ?? loadRobots(origin, signal);
    robots.set(origin, known);
    return known;
  }

  async function loadRobots(origin: string, signal: AbortSignal): Promise<Robots | { readonly reason: string }> {
    const answer = await get({ url: `${origin}/robots.txt`, maxBytes: maxRobotsBytes, asCrawler: false }, signal);
    if (answer.type === 'fetched') return parseRobots(new TextDecoder().decode(answer.bytes));
    // RFC 9309, 2.3.1: no file, no rules; a server that is in trouble is left alone.
    if (answer.type === 'failed' && answer.isRefused) return allowsAll;
    return { reason: answer.type === 'failed' ? answer.reason : 'it answers with HTTP 304' };
  }

  async function get(request: FetchRequest, signal: AbortSignal): Promise<Fetched & { isRefused?: boolean }> {
    const timeout = withTimeout(clock, timeoutMs, signal);
    try {
      return await follow(request, timeout.signal);
    } catch (error) {
      signal.throwIfAborted();
      const reason = timeout.signal.aborted ? `it took longer than ${timeoutMs / 1_000} s` : reasonOf(error);
      return { type: 'failed', reason, isGone: false };
    } finally {
      timeout.clear();
    }
  }

  async function follow(request: FetchRequest, signal: AbortSignal): Promise<Fetched & { isRefused?: boolean }> {
    const { asCrawler, host, etag, lastModified } = request;
    let url = new URL(request.url);
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      if (host !== undefined && url.host !== host) return failed(`it leads to another host (${url.host})`);
      const rules = asCrawler ? await robotsOf(url.origin, signal) : allowsAll;
      if ('reason' in rules) return failed(`the robots.txt of its host cannot be read: ${rules.reason}`);
      if (!rules.allows(url.pathname + url.search)) return failed('robots.txt does not allow it', true);
      const headers = {
        'user-agent': userAgent,
        'accept-encoding': 'gzip',
        ...(etag === undefined ? {} : { 'if-none-match': etag }),
        ...(lastModified === undefined ? {} : { 'if-modified-since': lastModified }),
      };
      const response = await fetch(url.href, { headers, redirect: 'manual', signal });
      const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
      if (location === null) return toFetched(response, { request, url });
      await letGo(response);
      const next = URL.parse(location, url.href);
      if (!next || !/^https?:$/.test(next.protocol) || next.username !== '' || next.password !== '')
        return failed('it leads to no address on the web');
      url = next;
    }
    return failed('its address leads in a circle');
  }

  return { fetch: get };
}

function failed(reason: string, isGone = false): Fetched {
  return { type: 'failed', reason, isGone };
}

async function toFetched(
  response: Response,
  { request, url }: { request: FetchRequest; url: URL },
): Promise<Fetched & { isRefused?: boolean }> {
  const { status, headers } = response;
  const stamps = { etag: headers.get('etag') ?? undefined, lastModified: headers.get('last-modified') ?? undefined };
  if (status === 304) return { type: 'unchanged', ...stamps };
  if (status !== 200) {
    await letGo(response);
    const isGone = status === 404 || status === 410;
    return { ...failed(`it answers with HTTP ${status}`, isGone), isRefused: status >= 400 && status < 500 && status !== 429 };
  }
  const bytes = await readAtMost(response, request.maxBytes);
  if (bytes === undefined) return failed(`it has more than the ${request.maxBytes} bytes that are read`);
  return { type: 'fetched', bytes, contentType: headers.get('content-type') ?? '', url: url.href, ...stamps };
}

/** Of what is unpacked: neither a length nor a compressed body is believed. */
async function readAtMost({ body }: Response, maxBytes: number): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    // Leaving the loop lets go of the connection.
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks, length);
  // A file that is compressed itself, as sitemap.xml.gz is.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

async function letGo({ body }: Response): Promise<void> {
  await body?.[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined);
}

function reasonOf(error: unknown): string {
  let deepest = error;
  while (deepest instanceof Error && deepest.cause instanceof Error) {
    deepest = deepest.cause;
    if (deepest instanceof AddressError) break;
  }
  if (deepest instanceof AddressError) return `${deepest.message} To reach it, add it: outbound: { allow: ["${deepest.host}"] }`;
  return `it cannot be fetched (${describeError(deepest)})`;
}
