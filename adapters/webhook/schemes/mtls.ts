import { createSecretMatcher } from '../../../src/signature.ts';
import { single } from '../../../src/signed-header.ts';
import type { MtlsVerification } from '../../../src/verification.ts';
import type { SourceVerify } from './source-verify.ts';

/** The headers are worth what the proxy is: anybody who reaches Parley past it could write them. */
export function createMtlsVerifier(verification: MtlsVerification): SourceVerify {
  const { verifiedValue, identities } = verification;
  const verifiedHeader = verification.verifiedHeader.toLowerCase();
  const identityHeader = verification.identityHeader.toLowerCase();
  if (identities.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  const isKnown = createSecretMatcher(identities);
  return ({ headers, fromProxy }) => {
    if (!fromProxy) return { ok: false, reason: 'untrusted' };
    const identity = single(headers[identityHeader]);
    const verified = single(headers[verifiedHeader]);
    if (!identity || !verified) return { ok: false, reason: 'missing' };
    if (verified !== verifiedValue) return { ok: false, reason: 'mismatch' };
    return isKnown(identity).ok ? { ok: true } : { ok: false, reason: 'mismatch' };
  };
}
