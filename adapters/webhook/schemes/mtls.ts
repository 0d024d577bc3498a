import { createSecretMatcher } from '../../../src/signature.ts';
import { single } from '../../../src/signed-header.ts';
import type { MtlsVerification } from '../../../src/verification.ts';
import type { SourceVerify } from './source-verify.ts';

export function createMtlsVerifier(verification: MtlsVerification): SourceVerify {
  const { identityHeader } = verification;
  return identityHeader === undefined ? checkConnection(verification) : checkProxy(verification, identityHeader.toLowerCase());
}

function checkConnection({ identities }: MtlsVerification): SourceVerify {
  if (identities.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  return ({ clientNames }) => {
    const names = clientNames?.() ?? [];
    if (names.length === 0) return { ok: false, reason: 'missing' };
    return names.some((name) => identities.includes(name)) ? { ok: true } : { ok: false, reason: 'mismatch' };
  };
}

/** The headers are worth what the proxy is: anybody who reaches Parley past it could write them. */
function checkProxy(verification: MtlsVerification, identityHeader: string): SourceVerify {
  const { verifiedValue, identities } = verification;
  const verifiedHeader = verification.verifiedHeader.toLowerCase();
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
