import { createHmac, createSecretKey, hash, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/**
 * Proof that a request comes from who shares a secret with us: Standard Webhooks, HMAC in the many shapes that vendors gave it, and bearer tokens.
 *
 * All `secrets` of a verification are valid at once, so that one can be exchanged without a gap; the first one signs.
 */
export type Verification = StandardVerification | HmacVerification | BearerVerification;

/** Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature; HMAC-SHA256 of `id.timestamp.body`. */
export interface StandardVerification {
  readonly scheme: 'standard';
  /** `whsec_` and base64, as the sender shows them. */
  readonly secrets: readonly string[];
  /** How far the sender's clock may be off, either way. Default 300. */
  readonly toleranceSeconds?: number | undefined;
}

/** One header with an HMAC over the body, and over a timestamp where the sender signs one. */
export interface HmacVerification {
  readonly scheme: 'hmac';
  readonly secrets: readonly string[];
  /** Holds the signature; several may stand in it, separated by commas or spaces. */
  readonly header: string;
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  readonly encoding: 'hex' | 'base64';
  /** Stands before each signature, for example `sha256=`. Default none. */
  readonly prefix?: string | undefined;
  /** What is signed: `{body}`, `{timestamp}` and literal text, for example `v0:{timestamp}:{body}`. Default `{body}`. */
  readonly signed?: string | undefined;
  /** Holds the timestamp that is signed along. */
  readonly timestampHeader?: string | undefined;
  readonly timestampUnit?: 's' | 'ms' | undefined;
  readonly toleranceSeconds?: number | undefined;
}

/** The secret itself in the Authorization header. Proves who sent it, but nothing about the body. */
export interface BearerVerification {
  readonly scheme: 'bearer';
  readonly secrets: readonly string[];
}

export interface SignedRequest {
  /** Names in lower case, as node:http gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The bytes as they came: signatures do not survive parsing. */
  readonly body: Uint8Array;
  /** The receiver's clock, in ms since 1970. */
  readonly now: number;
}

/**
 * `missing`: a header is absent or no timestamp. `stale` and `future`: the timestamp lies outside the tolerance.
 * `unconfigured`: there is no secret, so nothing can be genuine.
 */
export type SignatureFault = 'missing' | 'stale' | 'future' | 'mismatch' | 'unconfigured';

/** `id` and `timestampMs` are part of what was signed. */
export type SignatureResult =
  | { readonly ok: true; readonly id?: string; readonly timestampMs?: number }
  | { readonly ok: false; readonly reason: SignatureFault };

export type Verify = (request: SignedRequest) => SignatureResult;

/** Makes the check for one verification. Throws a TypeError that says what is wrong with the verification; it never quotes a secret. */
export function createVerifier(verification: Verification): Verify {
  if (verification.secrets.some((secret) => secret.trim() === '')) throw new TypeError('A secret is empty.');
  if (verification.secrets.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  if (verification.scheme === 'standard') return createStandardVerifier(verification);
  return verification.scheme === 'hmac' ? createHmacVerifier(verification) : createBearerVerifier(verification);
}

export interface Unsigned {
  readonly id: string;
  readonly body: string | Uint8Array;
  /** The sender's clock, in ms since 1970. */
  readonly now: number;
}

/** The headers of Standard Webhooks, with one signature for every secret. */
export function signStandard({ id, body, now }: Unsigned, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', toStandardKey(secret)).update(`${id}.${timestamp}.`).update(body);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** The headers that make a request genuine for `verification`: what `parley send` and tests need. */
export function signRequest(verification: Verification, unsigned: Unsigned): Record<string, string> {
  const [secret] = verification.secrets;
  if (secret === undefined) throw new TypeError('There is no secret to sign with.');
  if (verification.scheme === 'standard') return signStandard(unsigned, [secret]);
  if (verification.scheme === 'bearer') return { 'webhook-id': unsigned.id, authorization: `Bearer ${secret}` };
  const { header, algorithm, encoding, prefix = '', timestampHeader, timestampUnit } = verification;
  const timestamp = String(timestampUnit === 'ms' ? unsigned.now : Math.floor(unsigned.now / 1000));
  const hmac = createHmac(algorithm, secret);
  for (const part of parseSigned(verification)) hmac.update(fill(part, { timestamp, body: unsigned.body }));
  return {
    'webhook-id': unsigned.id,
    [header.toLowerCase()]: prefix + hmac.digest(encoding),
    ...(timestampHeader === undefined ? {} : { [timestampHeader.toLowerCase()]: timestamp }),
  };
}

const defaultToleranceSeconds = 300;
const maxIdLength = 256;
/** More signatures than any rotation needs only cost us time. */
const maxSignatures = 16;

function createStandardVerifier({ secrets, toleranceSeconds = defaultToleranceSeconds }: StandardVerification): Verify {
  const keys = secrets.map(toStandardKey);
  return ({ headers, body, now }) => {
    const id = single(headers['webhook-id']);
    const timestamp = single(headers['webhook-timestamp']);
    const signature = single(headers['webhook-signature']);
    if (!id || id.length > maxIdLength || !timestamp || !signature) return { ok: false, reason: 'missing' };
    const timestampMs = parseTimestamp(timestamp, 's');
    const fault = judgeTimestamp(timestampMs, { now, toleranceSeconds });
    if (fault !== undefined) return { ok: false, reason: fault };
    const candidates = signature
      .split(' ', maxSignatures)
      .filter((entry) => entry.startsWith('v1,'))
      .map((entry) => entry.slice('v1,'.length));
    const digests = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'));
    return matches(digests, candidates) ? { ok: true, id, timestampMs } : { ok: false, reason: 'mismatch' };
  };
}

function createHmacVerifier(verification: HmacVerification): Verify {
  const {
    secrets,
    algorithm,
    encoding,
    prefix = '',
    timestampUnit = 's',
    toleranceSeconds = defaultToleranceSeconds,
  } = verification;
  const header = verification.header.toLowerCase();
  const timestampHeader = verification.timestampHeader?.toLowerCase();
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const parts = parseSigned(verification);
  const separator = prefix.includes(',') ? /\s+/ : /[\s,]+/;
  return ({ headers, body, now }) => {
    const signature = single(headers[header]);
    const timestamp = timestampHeader === undefined ? '' : single(headers[timestampHeader]);
    if (!signature || timestamp === undefined) return { ok: false, reason: 'missing' };
    const timestampMs = timestampHeader === undefined ? undefined : parseTimestamp(timestamp, timestampUnit);
    const fault = timestampHeader === undefined ? undefined : judgeTimestamp(timestampMs, { now, toleranceSeconds });
    if (fault !== undefined) return { ok: false, reason: fault };
    const candidates = signature
      .split(separator, maxSignatures)
      .filter((entry) => entry.startsWith(prefix))
      .map((entry) => (encoding === 'hex' ? entry.slice(prefix.length).toLowerCase() : entry.slice(prefix.length)));
    const digests = keys.map((key) => {
      const hmac = createHmac(algorithm, key);
      for (const part of parts) hmac.update(fill(part, { timestamp, body }));
      return hmac.digest(encoding);
    });
    if (!matches(digests, candidates)) return { ok: false, reason: 'mismatch' };
    return timestampMs === undefined ? { ok: true } : { ok: true, timestampMs };
  };
}

function createBearerVerifier({ secrets }: BearerVerification): Verify {
  const digests = secrets.map((secret) => hash('sha256', secret, 'base64'));
  return ({ headers }) => {
    const token = /^Bearer +(\S+)$/i.exec(single(headers['authorization']) ?? '')?.[1];
    if (token === undefined) return { ok: false, reason: 'missing' };
    // Hashed first, so that texts of one length are compared, whatever was sent.
    return matches(digests, [hash('sha256', token, 'base64')]) ? { ok: true } : { ok: false, reason: 'mismatch' };
  };
}

/** Whether any candidate equals any digest. Compares all with all, so that the time taken does not tell which secret was nearly right. */
function matches(digests: readonly string[], candidates: readonly string[]): boolean {
  let matched = false;
  for (const digest of digests) {
    const expected = Buffer.from(unpadded(digest));
    for (const candidate of candidates) {
      const actual = Buffer.from(unpadded(candidate));
      const equal = actual.length === expected.length && timingSafeEqual(actual, expected);
      matched = equal || matched;
    }
  }
  return matched;
}

function unpadded(base64: string): string {
  return base64.endsWith('=') ? base64.replace(/={1,2}$/, '') : base64;
}

function toStandardKey(secret: string): KeyObject {
  const base64 = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    throw new TypeError('A Standard Webhooks secret must be "whsec_" followed by base64; one of the secrets is not.');
  }
  const key = createSecretKey(base64, 'base64');
  if (!key.symmetricKeySize) throw new TypeError('A Standard Webhooks secret holds no bytes after "whsec_".');
  return key;
}

function parseTimestamp(text: string, unit: 's' | 'ms'): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  return unit === 's' ? Number(text) * 1000 : Number(text);
}

function judgeTimestamp(
  timestampMs: number | undefined,
  limits: { now: number; toleranceSeconds: number },
): SignatureFault | undefined {
  if (timestampMs === undefined) return 'missing';
  // Timestamps in seconds have lost up to 999 ms: a signature made at this very moment must not seem old by them.
  if (Math.floor((limits.now - timestampMs) / 1000) > limits.toleranceSeconds) return 'stale';
  return timestampMs - limits.now > limits.toleranceSeconds * 1000 ? 'future' : undefined;
}

type SignedPart =
  | { readonly type: 'literal'; readonly text: string }
  | { readonly type: 'body' }
  | { readonly type: 'timestamp' };

function parseSigned({ signed = '{body}', timestampHeader }: HmacVerification): readonly SignedPart[] {
  const parts = signed
    .split(/(\{[^{}]*\})/)
    .filter((text) => text !== '')
    .map(toSignedPart);
  const signsTimestamp = parts.some((part) => part.type === 'timestamp');
  if (!parts.some((part) => part.type === 'body'))
    throw new TypeError('"signed" must contain {body}, or the body could be anything.');
  if (signsTimestamp && timestampHeader === undefined) {
    throw new TypeError('"signed" contains {timestamp}: name the header that holds it in "timestampHeader".');
  }
  if (!signsTimestamp && timestampHeader !== undefined) {
    throw new TypeError(
      '"timestampHeader" is set but "signed" does not contain {timestamp}: a timestamp that is not signed protects from nothing.',
    );
  }
  return parts;
}

function toSignedPart(text: string): SignedPart {
  if (text === '{body}') return { type: 'body' };
  if (text === '{timestamp}') return { type: 'timestamp' };
  if (text.startsWith('{') && text.endsWith('}')) throw new TypeError(`"signed" knows {body} and {timestamp}, but not ${text}.`);
  return { type: 'literal', text };
}

function fill(part: SignedPart, values: { readonly timestamp: string; readonly body: string | Uint8Array }): string | Uint8Array {
  if (part.type === 'literal') return part.text;
  return part.type === 'body' ? values.body : values.timestamp;
}

/** node:http joins repeated headers, but other callers may not have. Two values for one name are no answer. */
function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
