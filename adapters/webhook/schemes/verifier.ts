import { createVerifier } from '../../../src/signature.ts';
import type { SourceVerification } from '../../../src/verification.ts';
import { createMtlsVerifier } from './mtls.ts';
import { createPublicKeyVerifier } from './public-key.ts';
import type { SourceVerify } from './source-verify.ts';
import { createApiKeyVerifier, createBasicVerifier, createUrlSecretVerifier } from './secret.ts';

/** Throws a TypeError that says what is wrong with the verification; it never quotes a secret. */
export function createSourceVerifier(verification: SourceVerification, fetch_: typeof fetch): SourceVerify {
  switch (verification.scheme) {
    case 'publicKey':
      return createPublicKeyVerifier(verification);
    case 'apiKey':
      return createApiKeyVerifier(verification);
    case 'basic':
      return createBasicVerifier(verification);
    case 'urlSecret':
      return createUrlSecretVerifier(verification);
    case 'mtls':
      return createMtlsVerifier(verification);
    case 'jwt':
      return createLazyJwtVerifier(verification, fetch_);
    default:
      return createVerifier(verification);
  }
}

type JwtVerification = Extract<SourceVerification, { scheme: 'jwt' }>;

/** jose takes time to load, and most sources do without. */
function createLazyJwtVerifier(verification: JwtVerification, fetch_: typeof fetch): SourceVerify {
  if (verification.secrets.some((secret) => secret.trim() === '')) throw new TypeError('A secret is empty.');
  let loading: Promise<SourceVerify> | undefined;
  return async (request) => {
    loading ??= import('./jwt.ts').then(({ createJwtVerifier }) => createJwtVerifier(verification, fetch_));
    return (await loading)(request);
  };
}
