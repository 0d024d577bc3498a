import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { SourceProblem } from '../store/knowledge-store.ts';
import {
  indexVersion,
  type DocumentItem,
  type ItemResult,
  type KnownBefore,
  type Listing,
  type ReadDocument,
} from './document-item.ts';
import { parseSitemap } from './sitemap.ts';
import { createWeb, type Fetched, type Web } from './web.ts';

export interface PageMeans {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly readDocument: ReadDocument;
}

const maxPageBytes = 8 * 1024 * 1024;
const maxSitemapBytes = 10 * 1024 * 1024;
const maxSitemaps = 100;
/** Of one look at a source. What has not been looked at by then stays as it was, until the next time. */
const maxTotalBytes = 512 * 1024 * 1024;
const maxTotalMs = 30 * 60_000;
/** Of one host, mostly: no crawler should be felt. */
const pagesAtOnce = 4;

/** Pages that are named one by one. */
export function listPages(urls: readonly string[], means: PageMeans): Listing {
  const crawl = createCrawl(means);
  const addresses = new Set(urls.map(toPlainUrl));
  const items = [...addresses].map((url) => crawl.toItem(url, undefined));
  return { items, atOnce: pagesAtOnce, problems: [], keeps: () => false };
}

export interface SitemapQuery {
  readonly sitemap: string;
  readonly maxPages: number;
}

/** The pages that a sitemap, and those that it names, name on their own host. Where one of them cannot be read, nothing is known of what is missing. */
export async function listSitemap({ sitemap, maxPages }: SitemapQuery, means: PageMeans, signal: AbortSignal): Promise<Listing> {
  const crawl = createCrawl(means);
  const { host } = new URL(sitemap);
  const pages = new Set<string>();
  const waiting = new Set([toPlainUrl(sitemap)]);
  const problems: SourceProblem[] = [];
  let elsewhere = 0;
  let asked = 0;
  let isWhole = true;
  // What is added while it runs is walked, too, and nothing twice.
  for (const url of waiting) {
    asked += 1;
    const found = asked > maxSitemaps ? `more than ${maxSitemaps} sitemaps` : await loadSitemap({ url, host }, crawl.web, signal);
    if (typeof found === 'string') {
      problems.push({ source: url, reason: found });
      isWhole = false;
      if (asked > maxSitemaps) break;
      continue;
    }
    for (const address of found.addresses) {
      const target = URL.parse(address);
      const isOwn = target?.host === host && /^https?:$/.test(target.protocol) && target.username + target.password === '';
      if (!isOwn) elsewhere += 1;
      else (found.type === 'index' ? waiting : pages).add(toPlainUrl(target.href));
    }
  }
  if (elsewhere > 0)
    problems.push({ source: sitemap, reason: `${elsewhere} addresses are left out: they are no pages of ${host}` });
  if (pages.size > maxPages)
    problems.push({ source: sitemap, reason: `${pages.size - maxPages} pages are left out: maxPages is ${maxPages}` });
  const items = [...pages].slice(0, maxPages).map((url) => crawl.toItem(url, host));
  return { items, atOnce: pagesAtOnce, problems, keeps: () => !isWhole };
}

async function loadSitemap({ url, host }: { url: string; host: string }, web: Web, signal: AbortSignal) {
  const fetched = await web.fetch({ url, host, maxBytes: maxSitemapBytes, asCrawler: false }, signal);
  if (fetched.type === 'failed') return fetched.reason;
  const parsed = fetched.type === 'fetched' ? parseSitemap(new TextDecoder().decode(fetched.bytes)) : undefined;
  return parsed ?? 'it is no sitemap';
}

/** One look at a source: its pages share what may be fetched. */
function createCrawl({ fetch, clock, readDocument }: PageMeans) {
  const web = createWeb({ fetch, clock });
  const startedAt = clock.monotonic();
  let bytes = 0;

  async function read(
    page: { url: string; host: string | undefined },
    before: KnownBefore,
    signal: AbortSignal,
  ): Promise<ItemResult> {
    if (bytes > maxTotalBytes) return later(`more than ${maxTotalBytes} bytes were fetched at once`);
    if (clock.monotonic() - startedAt > maxTotalMs) return later(`it took longer than ${maxTotalMs / 60_000} minutes`);
    const stamps = stampsOf(before);
    const fetched = await web.fetch({ ...page, ...stamps, maxBytes: maxPageBytes, asCrawler: true }, signal);
    if (fetched.type === 'failed') return { type: 'unread', reason: fetched.reason, keep: !fetched.isGone };
    if (fetched.type === 'unchanged')
      return {
        type: 'unchanged',
        stamps: { etag: fetched.etag ?? stamps.etag, lastModified: fetched.lastModified ?? stamps.lastModified },
      };
    bytes += fetched.bytes.length;
    return toResult(fetched, { before, readDocument }, signal);
  }

  return {
    web,
    toItem: (url: string, host: string | undefined): DocumentItem => ({
      source: url,
      read: (before, signal) => read({ url, host }, before, signal),
    }),
  };
}

function later(why: string): ItemResult {
  return { type: 'unread', reason: `it is looked at the next time: ${why}`, keep: true };
}

/** Only where what is in the index was made by this version of the code: an old one has to be made anew, changed or not. */
function stampsOf({ document }: KnownBefore): { readonly etag?: string | undefined; readonly lastModified?: string | undefined } {
  if (!document?.hash.startsWith(`${indexVersion}:`)) return {};
  return { etag: document.etag, lastModified: document.lastModified };
}

async function toResult(
  { bytes, contentType, url, etag, lastModified }: Extract<Fetched, { type: 'fetched' }>,
  { before, readDocument }: { readonly before: KnownBefore; readonly readDocument: ReadDocument },
  signal: AbortSignal,
): Promise<ItemResult> {
  const isHtml = /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType);
  const isText = isHtml || /^\s*text\//i.test(contentType);
  const name = isHtml ? 'page.html' : (new URL(url).pathname.split('/').at(-1) ?? '');
  const read = await readDocument({ name, bytes: isText ? toUtf8(bytes, contentType) : bytes }, signal);
  if ('problem' in read) return { type: 'unread', reason: read.problem, keep: false };
  const address = canonicalOf(read.canonical, url);
  // Of what is read, not of what was sent: pages are full of numbers that are new each time.
  const digest = `${indexVersion}:${hash('sha256', JSON.stringify([read.title, address, read.text]))}`;
  if (before.document?.hash === digest) return { type: 'unchanged', stamps: { etag, lastModified } };
  const markdown = !/^\s*text\/plain\b/i.test(contentType);
  const title = read.title ?? titleOf(url);
  return { type: 'read', content: { ...read, title, url: address, hash: digest, markdown }, stamps: { etag, lastModified } };
}

/** What a page says of its own address is believed on its own host only. */
function canonicalOf(canonical: string | undefined, url: string): string {
  const named = canonical === undefined ? null : URL.parse(canonical, url);
  return named && /^https?:$/.test(named.protocol) && named.host === new URL(url).host && named.username === ''
    ? named.href
    : url;
}

function titleOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname === '/' ? '' : pathname}`;
}

function toPlainUrl(address: string): string {
  const url = new URL(address);
  url.hash = '';
  return url.href;
}

/** Text in the encoding that the server, or the page, says. Left as it is where none is known. */
function toUtf8(bytes: Uint8Array, contentType: string): Uint8Array {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 2_048)).toString('latin1');
  const [, named] =
    /charset\s*=\s*["']?([\w-]{1,30})/i.exec(contentType) ??
    /<meta[^<>]{0,200}charset\s*=\s*["']?([\w-]{1,30})/i.exec(head) ??
    [];
  if (named === undefined || /^utf-?8$/i.test(named)) return bytes;
  try {
    return Buffer.from(new TextDecoder(named).decode(bytes));
  } catch {
    return bytes;
  }
}
