import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { ActionAuth, JwtSigner } from '../http-action.ts';
import { createTokenSource } from './oauth-token.ts';
import type { TokenParts } from './oauth-token.ts';

/** Headers. */
export type Proof = Readonly<Record<string, string>>;

export interface Authorizer {
  /** The headers that prove who asks, for one request. Rejects with a DeliveryError. */
  headers(signal: AbortSignal): Promise<Proof>;
  /** These were refused. Whether others may do better. */
  renew(refused: Proof): boolean;
}

const bearer = 'Bearer ';

/** Throws a TypeError where the credentials cannot be used; it quotes nothing of them. */
export function createAuthorizer(auth: ActionAuth | undefined, parts: TokenParts): Authorizer {
  if (auth === undefined) return always({});
  switch (auth.scheme) {
    case 'apiKey':
      return always({ [auth.header.toLowerCase()]: auth.secret });
    case 'bearer':
      return always({ authorization: `Bearer ${auth.secret}` });
    case 'basic':
      return always({ authorization: `Basic ${Buffer.from(`${auth.username}:${auth.secret}`).toString('base64')}` });
    case 'jwt': {
      const sign = createSigner(auth, parts.clock);
      return { headers: async () => ({ authorization: `Bearer ${await sign()}` }), renew: () => false };
    }
    default: {
      const source = createTokenSource(auth, parts);
      return {
        headers: async (signal) => ({ authorization: `${bearer}${await source.token(signal)}` }),
        renew: ({ authorization = '' }) => {
          source.forget(authorization.slice(bearer.length));
          return true;
        },
      };
    }
  }
}

function always(headers: Proof): Authorizer {
  const [value = ''] = Object.values(headers);
  if (!/^[\t\x20-\x7e]*$/.test(value))
    throw new TypeError('secret: holds a line break, or another character that headers cannot.');
  return { headers: () => Promise.resolve(headers), renew: () => false };
}

const defaultSeconds = 60;

function createSigner(signer: JwtSigner, clock: Clock): () => Promise<string> {
  const { algorithm, keyId, issuer, subject, audience, lifetimeSeconds = defaultSeconds } = signer;
  const key = toKey(signer);
  return async () => {
    const { SignJWT } = await import('jose');
    const seconds = Math.floor(clock.now() / 1000);
    const token = new SignJWT().setProtectedHeader({
      alg: algorithm,
      typ: 'JWT',
      ...(keyId === undefined ? {} : { kid: keyId }),
    });
    token.setIssuedAt(seconds).setExpirationTime(seconds + lifetimeSeconds);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (subject !== undefined) token.setSubject(subject);
    if (audience !== undefined) token.setAudience(audience);
    return token.sign(key);
  };
}

function toKey({ algorithm, secret }: JwtSigner): KeyObject | Uint8Array {
  if (algorithm.startsWith('HS')) return new TextEncoder().encode(secret);
  try {
    return createPrivateKey(secret);
  } catch {
    // What node says of it may quote it.
    throw new TypeError(`secret: ${algorithm} needs a private key in PEM, beginning with -----BEGIN PRIVATE KEY-----`);
  }
}
