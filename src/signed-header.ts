import { toSortedForm } from './form.ts';

/**
 * What HMAC and public-key signatures have in common: a header with one or more signatures over a text that is made of the body and,
 * where the sender signs them along, a time, an id, the method and the address.
 */
export interface SignedHeader {
  /** Holds the signature; several may stand in it, separated by commas, semicolons or spaces. */
  readonly header: string;
  readonly encoding: SignatureEncoding;
  /** Stands before each signature, for example `sha256=`, or `v1=` where the header has other entries too. Default none. */
  readonly prefix?: string | undefined;
  /**
   * What is signed: `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}` and literal text, for example `v0:{timestamp}:{body}`; `{form}` in
   * place of the body is the fields of a form, sorted by name. Default `{body}`.
   */
  readonly signed?: string | undefined;
  /** Holds the timestamp that is signed along. The signature's header, where `timestampPrefix` alone is given. */
  readonly timestampHeader?: string | undefined;
  /** Stands before the timestamp where it is one entry of several, as in `t=1700000000,v1=...`. */
  readonly timestampPrefix?: string | undefined;
  readonly timestampUnit?: TimestampUnit | undefined;
  /** Holds the id that is signed along. */
  readonly idHeader?: string | undefined;
  readonly toleranceSeconds?: number | undefined;
}

export type SignatureEncoding = 'hex' | 'base64' | 'base64url';
/** Seconds or milliseconds since 1970, or a date as ISO 8601 writes it. */
export type TimestampUnit = 's' | 'ms' | 'iso';

export interface SignedRequest {
  /** Names in lower case, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came: signatures do not survive parsing. */
  readonly body: Uint8Array;
  /** The receiver's clock, in ms since 1970. */
  readonly now: number;
  readonly method?: string | undefined;
  /** The address as the sender knows it, with its query. */
  readonly url?: string | undefined;
}

/**
 * `missing`: a header is absent or no timestamp. `stale` and `future`: the timestamp lies outside the tolerance.
 * `unconfigured`: there is no secret, so nothing can be genuine.
 */
export type SignatureFault = 'missing' | 'stale' | 'future' | 'mismatch' | 'unconfigured';

/** What of a request has to be checked. */
export interface SignedContent {
  readonly ok: true;
  /** Signatures as they were written, without their prefix. */
  readonly candidates: readonly string[];
  /** Together they are what was signed. */
  readonly pieces: readonly (string | Uint8Array)[];
  readonly id: string | undefined;
  readonly timestampMs: number | undefined;
}

export type ReadSigned = (request: SignedRequest) => SignedContent | { readonly ok: false; readonly reason: SignatureFault };

export const defaultToleranceSeconds = 300;
/** More signatures than any rotation needs only cost us time. */
export const maxSignatures = 16;
export const maxIdLength = 256;

/** Throws a TypeError that says what is wrong with the options. */
export function createSignedReader(options: SignedHeader): ReadSigned {
  const { encoding, prefix = '', timestampUnit = 's', toleranceSeconds = defaultToleranceSeconds } = options;
  const header = options.header.toLowerCase();
  const timeHeader = timestampHeaderOf(options)?.toLowerCase();
  const { timestampPrefix } = options;
  const idHeader = options.idHeader?.toLowerCase();
  const parts = parseSigned(options);
  const separator = (prefix + (timestampPrefix ?? '')).includes(',') ? /[\s;]+/ : /[\s,;]+/;
  return (request) => {
    const { headers, now } = request;
    const signature = single(headers[header]);
    const timestamp = timeHeader === undefined ? '' : readEntry(single(headers[timeHeader]), timestampPrefix, separator);
    const id = idHeader === undefined ? undefined : single(headers[idHeader]);
    if (!signature || timestamp === undefined) return missing;
    if (idHeader !== undefined && (!id || id.length > maxIdLength)) return missing;
    const timestampMs = timeHeader === undefined ? undefined : parseTimestamp(timestamp, timestampUnit);
    const fault = timeHeader === undefined ? undefined : judgeTimestamp(timestampMs, { now, toleranceSeconds });
    if (fault !== undefined) return { ok: false, reason: fault };
    const candidates = signature
      .split(separator, maxSignatures)
      .filter((entry) => entry.startsWith(prefix))
      .map((entry) => (encoding === 'hex' ? entry.slice(prefix.length).toLowerCase() : entry.slice(prefix.length)));
    const pieces = parts.map((part) => fill(part, { ...request, timestamp, id: id ?? '' }));
    return { ok: true, candidates, pieces, id, timestampMs };
  };
}

const missing = { ok: false, reason: 'missing' } as const;

/** What a sender that is set up like this signs at this moment, and the headers that it sends beside the signature. */
export function toSigned(
  options: SignedHeader,
  unsigned: { id: string; body: string | Uint8Array; now: number; method: string; url: string },
): { pieces: readonly (string | Uint8Array)[]; headers: Record<string, string>; toHeader: (signature: string) => string } {
  const { timestampPrefix, timestampUnit = 's', prefix = '' } = options;
  const timestamp = formatTimestamp(unsigned.now, timestampUnit);
  const timeHeader = timestampHeaderOf(options)?.toLowerCase();
  const ownHeader = timeHeader !== undefined && timeHeader !== options.header.toLowerCase();
  const entry = `${timestampPrefix ?? ''}${timestamp}`;
  return {
    pieces: parseSigned(options).map((part) => fill(part, { ...unsigned, timestamp })),
    headers: {
      ...(ownHeader ? { [timeHeader]: entry } : {}),
      ...(options.idHeader === undefined ? {} : { [options.idHeader.toLowerCase()]: unsigned.id }),
    },
    toHeader: (signature) => `${timeHeader !== undefined && !ownHeader ? `${entry},` : ''}${prefix}${signature}`,
  };
}

/** Digits only, or a date with its time and zone. */
export function parseTimestamp(text: string, unit: TimestampUnit): number | undefined {
  if (unit === 'iso')
    return /^\d{4}-\d\d-\d\dT[\d:.]{5,20}(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? finite(Date.parse(text)) : undefined;
  if (!/^\d{1,15}$/.test(text)) return undefined;
  return unit === 's' ? Number(text) * 1000 : Number(text);
}

export function judgeTimestamp(
  timestampMs: number | undefined,
  limits: { now: number; toleranceSeconds: number },
): SignatureFault | undefined {
  if (timestampMs === undefined) return 'missing';
  // Timestamps in seconds have lost up to 999 ms: a signature made at this very moment must not seem old by them.
  if (Math.floor((limits.now - timestampMs) / 1000) > limits.toleranceSeconds) return 'stale';
  return timestampMs - limits.now > limits.toleranceSeconds * 1000 ? 'future' : undefined;
}

/** The bytes of a signature; undefined for what merely resembles one: Buffer.from reads over what it does not understand. */
export function decodeSignature(text: string, encoding: SignatureEncoding): Buffer | undefined {
  const bytes = Buffer.from(text, encoding);
  const plain = (value: string) => value.replace(/={1,2}$/, '');
  return plain(bytes.toString(encoding)) === plain(text) ? bytes : undefined;
}

/** node:http joins repeated headers, but other callers may not have. Two values for one name are no answer. */
export function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function timestampHeaderOf({ header, timestampHeader, timestampPrefix }: SignedHeader): string | undefined {
  return timestampHeader ?? (timestampPrefix === undefined ? undefined : header);
}

/** The one entry that begins with the prefix: with two of them, one would be signed and the other believed. */
function readEntry(value: string | undefined, prefix: string | undefined, separator: RegExp): string | undefined {
  if (value === undefined || prefix === undefined) return value;
  const entries = value.split(separator, 2 * maxSignatures).filter((entry) => entry.startsWith(prefix));
  return entries.length === 1 ? entries[0]?.slice(prefix.length) : undefined;
}

function formatTimestamp(now: number, unit: TimestampUnit): string {
  if (unit === 'iso') return new Date(now).toISOString();
  return String(unit === 'ms' ? now : Math.floor(now / 1000));
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

const gaps = ['body', 'form', 'timestamp', 'id', 'method', 'url'] as const;
type Gap = (typeof gaps)[number];
type SignedPart = { readonly type: 'literal'; readonly text: string } | { readonly type: Gap };

function parseSigned(options: SignedHeader): readonly SignedPart[] {
  const { signed = '{body}', idHeader } = options;
  const parts = signed
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== '')
    .map(toSignedPart);
  const has = (gap: Gap) => parts.some((part) => part.type === gap);
  if (!has('body') && !has('form'))
    throw new TypeError('"signed" must contain {body} (or {form}, for forms), or the body could be anything.');
  const timeHeader = timestampHeaderOf(options);
  if (has('timestamp') && timeHeader === undefined) {
    throw new TypeError('"signed" contains {timestamp}: name the header that holds it in "timestampHeader".');
  }
  if (!has('timestamp') && timeHeader !== undefined) {
    throw new TypeError(
      '"timestampHeader" is set but "signed" does not contain {timestamp}: a timestamp that is not signed protects from nothing.',
    );
  }
  if (has('id') !== (idHeader !== undefined)) {
    throw new TypeError('"idHeader" and {id} in "signed" go together: an id that is not signed proves nothing.');
  }
  return parts;
}

function toSignedPart(text: string): SignedPart {
  const gap = gaps.find((name) => text === `{${name}}`);
  if (gap !== undefined) return { type: gap };
  if (text.startsWith('{') && text.endsWith('}')) {
    throw new TypeError(`"signed" knows ${gaps.map((name) => `{${name}}`).join(', ')}, but not ${text}.`);
  }
  return { type: 'literal', text };
}

interface Filling {
  readonly timestamp: string;
  readonly body: string | Uint8Array;
  readonly id: string;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}

function fill(part: SignedPart, values: Filling): string | Uint8Array {
  if (part.type === 'literal') return part.text;
  return part.type === 'form' ? toSortedForm(values.body) : (values[part.type] ?? '');
}
