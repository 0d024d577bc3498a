import { hash, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import { nameKey } from '../../../src/signature.ts';
import { single } from '../../../src/signed-header.ts';
import type { JwtVerification } from '../../../src/verification.ts';
import type { SourceFault, SourceRequest, SourceVerify } from './source-verify.ts';

const defaultToleranceSeconds = 60;
const jwksTimeoutMs = 5000;
/** Longer tokens are none: what stands in it would have to be decoded before anything about it is believed. */
const maxTokenLength = 8192;

/** Issuer, audience, expiry and algorithm are checked by jose; the clock is the one that the request came with. */
export function createJwtVerifier(verification: JwtVerification, fetch_: typeof fetch): SourceVerify {
  const { secrets, jwksUrl, algorithms, issuer, audience, toleranceSeconds = defaultToleranceSeconds } = verification;
  const header = verification.header.toLowerCase();
  const options: JWTVerifyOptions = {
    algorithms: [...algorithms],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
    clockTolerance: toleranceSeconds,
    requiredClaims: ['exp'],
  };
  const keys = toKeys(secrets, jwksUrl, fetch_);
  if (keys.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  return async (request) => {
    const token = readToken(request, header);
    if (token === undefined) return { ok: false, reason: 'missing' };
    let reason: SourceFault = 'mismatch';
    for (const [index, key] of keys.entries()) {
      const checked = await check(token, key, { ...options, currentDate: new Date(request.now) });
      if (checked.payload === undefined) reason = checked.reason;
      else if (!coversBody(checked.payload, verification, request.body)) return { ok: false, reason: 'mismatch' };
      else return { ok: true, ...nameKey('secrets', index, secrets.length) };
      // Whatever else is wrong with it, one of the keys has signed it.
      if (reason !== 'mismatch') break;
    }
    return { ok: false, reason };
  };

  async function check(token: string, key: JWTVerifyGetKey, checks: JWTVerifyOptions) {
    try {
      const { payload } = await jwtVerify(token, key, checks);
      return { payload };
    } catch (error) {
      return { reason: toFault(error) } as const;
    }
  }
}

function toKeys(secrets: readonly string[], jwksUrl: string | undefined, fetch_: typeof fetch): JWTVerifyGetKey[] {
  if (jwksUrl === undefined) return secrets.map((secret) => () => new TextEncoder().encode(secret));
  return [
    createRemoteJWKSet(new URL(jwksUrl), {
      timeoutDuration: jwksTimeoutMs,
      [customFetch]: (url, init) => fetch_(url, init),
    }),
  ];
}

function readToken({ headers }: SourceRequest, header: string): string | undefined {
  const value = single(headers[header]) ?? '';
  const token = header === 'authorization' ? /^Bearer +(\S+)$/i.exec(value)?.[1] : value;
  return token && token.length <= maxTokenLength ? token : undefined;
}

function toFault(error: unknown): 'stale' | 'future' | 'mismatch' | 'unavailable' {
  if (error instanceof errors.JWTExpired) return 'stale';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return (error.claim === 'nbf' || error.claim === 'iat') && error.reason === 'check_failed' ? 'future' : 'mismatch';
  }
  // Keys that cannot be fetched, or are no keys, say nothing against the token.
  const isUnavailable =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC';
  return isUnavailable ? 'unavailable' : 'mismatch';
}

function coversBody(payload: JWTPayload, { bodyHashClaim }: JwtVerification, body: Uint8Array): boolean {
  if (bodyHashClaim === undefined) return true;
  const claimed = payload[bodyHashClaim];
  if (typeof claimed !== 'string') return false;
  const isHex = /^[\da-f]{64}$/i.test(claimed);
  const digest = Buffer.from(hash('sha256', body, isHex ? 'hex' : 'base64url'));
  const given = Buffer.from(isHex ? claimed.toLowerCase() : claimed.replace(/=+$/, ''));
  return given.length === digest.length && timingSafeEqual(given, digest);
}
