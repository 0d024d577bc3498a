import { hash } from 'node:crypto';
import { signRequest } from '../../src/signature.ts';
import type { Unsigned } from '../../src/signature.ts';
import { sharedSecrets } from '../../src/verification.ts';
import type { SourceVerification } from '../../src/verification.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** What the address must carry. */
  readonly query: string;
}

/** What makes a request genuine: for test deliveries. Undefined where only the sender can make it, or a proxy. */
export async function signForSource(verification: SourceVerification, unsigned: Unsigned): Promise<Credentials | undefined> {
  const [secret] = sharedSecrets(verification);
  if (secret === undefined) return undefined;
  const id = { 'webhook-id': unsigned.id };
  switch (verification.scheme) {
    case 'apiKey':
      return { headers: { ...id, [verification.header.toLowerCase()]: secret }, query: '' };
    case 'basic': {
      const encoded = Buffer.from(`${verification.username}:${secret}`).toString('base64');
      return { headers: { ...id, authorization: `Basic ${encoded}` }, query: '' };
    }
    case 'urlSecret':
      return { headers: id, query: new URLSearchParams({ [verification.parameter]: secret }).toString() };
    case 'jwt': {
      const token = await signToken(verification, secret, unsigned);
      const header = verification.header.toLowerCase();
      return { headers: { ...id, [header]: header === 'authorization' ? `Bearer ${token}` : token }, query: '' };
    }
    case 'publicKey':
    case 'mtls':
      return undefined;
    default:
      return { headers: signRequest(verification, unsigned), query: '' };
  }
}

type JwtVerification = Extract<SourceVerification, { scheme: 'jwt' }>;

async function signToken(verification: JwtVerification, secret: string, { body, now }: Unsigned): Promise<string> {
  const { SignJWT } = await import('jose');
  const { algorithms, issuer, audience, bodyHashClaim } = verification;
  const seconds = Math.floor(now / 1000);
  const claims = bodyHashClaim === undefined ? {} : { [bodyHashClaim]: hash('sha256', body, 'hex') };
  const token = new SignJWT(claims).setProtectedHeader({ alg: algorithms[0] ?? 'HS256' }).setIssuedAt(seconds);
  token.setExpirationTime(seconds + tokenSeconds);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}

const tokenSeconds = 60;
