import { constants, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { parsePublicKey } from '../../../src/public-key.ts';
import type { PublicKeyType } from '../../../src/public-key.ts';
import { nameKey } from '../../../src/signature.ts';
import { createSignedReader, decodeSignature } from '../../../src/signed-header.ts';
import type { PublicKeyAlgorithm, PublicKeyVerification } from '../../../src/verification.ts';
import type { SourceVerify } from './source-verify.ts';

export function createPublicKeyVerifier(verification: PublicKeyVerification): SourceVerify {
  const { algorithm, encoding, signatureFormat = 'der' } = verification;
  const { type, digest, options } = details[algorithm];
  const keys = verification.publicKeys.map((text) => parsePublicKey(text, type));
  const read = createSignedReader(verification);
  if (keys.length === 0) return () => ({ ok: false, reason: 'unconfigured' });
  const dsaEncoding = signatureFormat === 'der' ? 'der' : 'ieee-p1363';
  const fits = (key: KeyObject, content: Uint8Array, signature: Uint8Array) =>
    verify(digest, content, { key, dsaEncoding, ...options }, signature);
  return (request) => {
    const content = read(request);
    if (!content.ok) return content;
    const { candidates, pieces, id, timestampMs } = content;
    const signed = Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
    // A signature is costly to check: of many that are sent with one request no more are than a rotation needs.
    const signatures = candidates.slice(0, maxChecked).flatMap((candidate) => decodeSignature(candidate, encoding) ?? []);
    const fitting = keys.findIndex((key) => signatures.some((signature) => fits(key, signed, signature)));
    if (fitting === -1) return { ok: false, reason: 'mismatch' };
    return {
      ok: true,
      ...(id === undefined ? {} : { id }),
      ...(timestampMs === undefined ? {} : { timestampMs }),
      ...nameKey('publicKeys', fitting, keys.length),
    };
  };
}

const maxChecked = 4;

interface Details {
  readonly type: PublicKeyType;
  /** Ed25519 hashes by itself. */
  readonly digest: string | null;
  readonly options?: { readonly padding: number; readonly saltLength: number };
}

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

const details: Record<PublicKeyAlgorithm, Details> = {
  ed25519: { type: 'ed25519', digest: null },
  'ecdsa-sha256': { type: 'ec', digest: 'sha256' },
  'ecdsa-sha384': { type: 'ec', digest: 'sha384' },
  'ecdsa-sha512': { type: 'ec', digest: 'sha512' },
  'rsa-sha256': { type: 'rsa', digest: 'sha256' },
  'rsa-sha512': { type: 'rsa', digest: 'sha512' },
  'rsa-pss-sha256': { type: 'rsa', digest: 'sha256', options: pss },
  'rsa-pss-sha512': { type: 'rsa', digest: 'sha512', options: pss },
};
