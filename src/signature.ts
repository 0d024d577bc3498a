import { createHmac, createSecretKey, hash, timingSafeEqual, verify as verifySignature } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parsePublicKey } from './public-key.ts';
import {
  createSignedReader,
  decodeSignature,
  defaultToleranceSeconds,
  judgeTimestamp,
  maxIdLength,
  maxSignatures,
  parseTimestamp,
  single,
  toSigned,
} from './signed-header.ts';
import type { SignatureFault, SignedHeader, SignedRequest } from './signed-header.ts';

/**
 * Proof that a request comes from who shares a secret with us: Standard Webhooks, HMAC in the many shapes that vendors gave it, and bearer tokens.
 *
 * All `secrets` of a verification are valid at once, so that one can be exchanged without a gap; the first one signs.
 */
export type Verification = StandardVerification | HmacVerification | BearerVerification;

/** Standard Webhooks: headers webhook-id, webhook-timestamp and webhook-signature over `id.timestamp.body`. */
export interface StandardVerification {
  readonly scheme: 'standard';
  /** `whsec_` and base64, as the sender shows them: HMAC-SHA256, signatures `v1,`. */
  readonly secrets: readonly string[];
  /** `whpk_` and base64: Ed25519, signatures `v1a,`. */
  readonly publicKeys?: readonly string[] | undefined;
  /** How far the sender's clock may be off, either way. Default 300. */
  readonly toleranceSeconds?: number | undefined;
}

/** One header with an HMAC over the body, and over a timestamp and an id where the sender signs them. */
export interface HmacVerification extends SignedHeader {
  readonly scheme: 'hmac';
  readonly secrets: readonly string[];
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
}

/** The secret itself in the Authorization header. Proves who sent it, but nothing about the body. */
export interface BearerVerification {
  readonly scheme: 'bearer';
  readonly secrets: readonly string[];
}

/** `id` and `timestampMs` are part of what was signed. `key` names the setting that fitted, where there are several: `secrets[1]`. */
export type SignatureResult =
  | { readonly ok: true; readonly id?: string; readonly timestampMs?: number; readonly key?: string }
  | { readonly ok: false; readonly reason: SignatureFault };

export type Verify = (request: SignedRequest) => SignatureResult;

/** Makes the check for one verification. Throws a TypeError that says what is wrong with the verification; it never quotes a secret. */
export function createVerifier(verification: Verification): Verify {
  if (verification.secrets.some((secret) => secret.trim() === '')) throw new TypeError('A secret is empty.');
  const keys = verification.scheme === 'standard' ? (verification.publicKeys?.length ?? 0) : 0;
  if (verification.secrets.length + keys === 0) return () => ({ ok: false, reason: 'unconfigured' });
  if (verification.scheme === 'standard') return createStandardVerifier(verification);
  return verification.scheme === 'hmac' ? createHmacVerifier(verification) : createBearerVerifier(verification);
}

export interface Unsigned {
  readonly id: string;
  readonly body: string | Uint8Array;
  /** The sender's clock, in ms since 1970. */
  readonly now: number;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
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
  const { method = 'POST', url = '' } = unsigned;
  const { pieces, headers, toHeader } = toSigned(verification, { ...unsigned, method, url });
  const hmac = createHmac(verification.algorithm, secret);
  for (const piece of pieces) hmac.update(piece);
  const signature = toHeader(hmac.digest(verification.encoding));
  return { 'webhook-id': unsigned.id, ...headers, [verification.header.toLowerCase()]: signature };
}

function createStandardVerifier(verification: StandardVerification): Verify {
  const { toleranceSeconds = defaultToleranceSeconds, secrets, publicKeys = [] } = verification;
  const keys = secrets.map(toStandardKey);
  const verifyingKeys = publicKeys.map((key) => parsePublicKey(key, 'ed25519'));
  return ({ headers, body, now }) => {
    const id = single(headers['webhook-id']);
    const timestamp = single(headers['webhook-timestamp']);
    const signature = single(headers['webhook-signature']);
    if (!id || id.length > maxIdLength || !timestamp || !signature) return { ok: false, reason: 'missing' };
    const timestampMs = parseTimestamp(timestamp, 's');
    const fault = judgeTimestamp(timestampMs, { now, toleranceSeconds });
    if (fault !== undefined) return { ok: false, reason: fault };
    const entries = signature.split(' ', maxSignatures);
    const signed = `${id}.${timestamp}.`;
    const digests = keys.map((key) => createHmac('sha256', key).update(signed).update(body).digest('base64'));
    const proof = { id, ...(timestampMs === undefined ? {} : { timestampMs }) };
    const fitting = findMatch(digests, candidatesOf(entries, 'v1,'));
    if (fitting !== undefined) return { ok: true, ...proof, ...nameKey('secrets', fitting, keys.length + verifyingKeys.length) };
    if (verifyingKeys.length === 0) return { ok: false, reason: 'mismatch' };
    const signatures = candidatesOf(entries, 'v1a,').flatMap((entry) => decodeSignature(entry, 'base64') ?? []);
    const content = Buffer.concat([Buffer.from(signed), body]);
    const key = verifyingKeys.findIndex((each) => signatures.some((given) => verifySignature(null, content, each, given)));
    if (key === -1) return { ok: false, reason: 'mismatch' };
    return { ok: true, ...proof, ...nameKey('publicKeys', key, keys.length + verifyingKeys.length) };
  };
}

function candidatesOf(entries: readonly string[], version: string): string[] {
  return entries.filter((entry) => entry.startsWith(version)).map((entry) => entry.slice(version.length));
}

function createHmacVerifier(verification: HmacVerification): Verify {
  const { secrets, algorithm, encoding } = verification;
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  const read = createSignedReader(verification);
  return (request) => {
    const content = read(request);
    if (!content.ok) return content;
    const { candidates, pieces, id, timestampMs } = content;
    const digests = keys.map((key) => {
      const hmac = createHmac(algorithm, key);
      for (const piece of pieces) hmac.update(piece);
      return hmac.digest(encoding);
    });
    const fitting = findMatch(digests, candidates);
    if (fitting === undefined) return { ok: false, reason: 'mismatch' };
    return {
      ok: true,
      ...(id === undefined ? {} : { id }),
      ...(timestampMs === undefined ? {} : { timestampMs }),
      ...nameKey('secrets', fitting, keys.length),
    };
  };
}

function createBearerVerifier({ secrets }: BearerVerification): Verify {
  const matches = createSecretMatcher(secrets);
  return ({ headers }) => {
    const token = /^Bearer +(\S+)$/i.exec(single(headers['authorization']) ?? '')?.[1];
    return token === undefined ? { ok: false, reason: 'missing' } : matches(token);
  };
}

/** Compares what was sent in clear with the secrets. Hashed first, so that texts of one length are compared, whatever was sent. */
export function createSecretMatcher(secrets: readonly string[]): (given: string) => SignatureResult {
  const digests = secrets.map((secret) => hash('sha256', secret, 'base64'));
  return (given) => {
    const fitting = findMatch(digests, [hash('sha256', given, 'base64')]);
    return fitting === undefined
      ? { ok: false, reason: 'mismatch' }
      : { ok: true, ...nameKey('secrets', fitting, secrets.length) };
  };
}

/** Which of several settings has fitted. There is nothing to tell where there is one only. */
export function nameKey(setting: string, index: number, count: number): { readonly key?: string } {
  return count > 1 ? { key: `${setting}[${index}]` } : {};
}

/** The digest that a candidate equals. Compares all with all, so that the time taken does not tell which secret was nearly right. */
function findMatch(digests: readonly string[], candidates: readonly string[]): number | undefined {
  let fitting: number | undefined;
  for (const [index, digest] of digests.entries()) {
    const expected = Buffer.from(unpadded(digest));
    for (const candidate of candidates) {
      const actual = Buffer.from(unpadded(candidate));
      const equal = actual.length === expected.length && timingSafeEqual(actual, expected);
      fitting = equal ? index : fitting;
    }
  }
  return fitting;
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
