import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The `state` that goes to Slack and comes back: signed, tied to the browser by a cookie, good for ten minutes and once. Who has not begun an
 * installation in this browser cannot end one in it, so that nobody is made to install into a workspace of somebody else's choice.
 */
export interface StateIssue {
  readonly state: string;
  /** What the browser is to keep. */
  readonly cookie: string;
  /** For PKCE; derived from the state, so that nothing need be kept. */
  readonly verifier: string;
}

export type StateCheck =
  | { readonly ok: true; readonly verifier: string; readonly nonce: string; readonly until: number }
  | { readonly ok: false; readonly reason: 'forged' | 'expired' | 'foreign' };

export const stateLifeMs = 10 * 60_000;

const cookiePattern = /^[\w-]{43}$/;
const statePattern = /^([\w-]{22})\.(\d{1,16})\.([\w-]{43})$/;

/** `cookie`: what the browser has from an earlier attempt, which so stays good in its other tab. */
export function issueState(secret: string, { now, cookie }: { now: number; cookie: string | undefined }): StateIssue {
  const browser = cookie !== undefined && cookiePattern.test(cookie) ? cookie : randomBytes(32).toString('base64url');
  const nonce = randomBytes(16).toString('base64url');
  const state = `${nonce}.${now}.${sign(secret, ['state', nonce, String(now), browser])}`;
  return { state, cookie: browser, verifier: toVerifier(secret, { nonce, browser }) };
}

export function checkState(
  secret: string,
  { state, cookie, now }: { state: string; cookie: string | undefined; now: number },
): StateCheck {
  const [, nonce, issuedAt, signature] = statePattern.exec(state) ?? [];
  if (nonce === undefined || issuedAt === undefined || signature === undefined) return { ok: false, reason: 'forged' };
  // The signature covers the cookie: another browser's state does not differ from a forged one.
  if (cookie === undefined || !cookiePattern.test(cookie)) return { ok: false, reason: 'foreign' };
  const expected = Buffer.from(sign(secret, ['state', nonce, issuedAt, cookie]));
  if (!timingSafeEqual(expected, Buffer.from(signature))) return { ok: false, reason: 'foreign' };
  const until = Number(issuedAt) + stateLifeMs;
  if (now >= until) return { ok: false, reason: 'expired' };
  return { ok: true, nonce, until, verifier: toVerifier(secret, { nonce, browser: cookie }) };
}

/** RFC 7636, S256. */
export function toChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function toVerifier(secret: string, { nonce, browser }: { nonce: string; browser: string }): string {
  return sign(secret, ['verifier', nonce, browser]);
}

function sign(secret: string, parts: readonly string[]): string {
  return createHmac('sha256', secret).update(parts.join('.')).digest('base64url');
}
