import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export type PublicKeyType = 'ed25519' | 'ec' | 'rsa';

/**
 * A public key as vendors write it: PEM, the base64 of its DER form, or for Ed25519 the 32 bytes themselves in hex or base64 (`whpk_` before
 * them is left out). Throws a TypeError that says what is wrong.
 */
export function parsePublicKey(text: string, type: PublicKeyType): KeyObject {
  const key = readKey(text.trim(), type);
  if (key.asymmetricKeyType !== type) {
    throw new TypeError(`A public key is of the type ${key.asymmetricKeyType}, but "algorithm" needs ${type}.`);
  }
  if (type === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits) {
    throw new TypeError(`An RSA key has fewer than ${minRsaBits} bits, and can be broken.`);
  }
  return key;
}

const minRsaBits = 2048;
/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

function readKey(text: string, type: PublicKeyType): KeyObject {
  if (/PRIVATE KEY/.test(text)) throw new TypeError('This is a private key. Only the public one belongs here.');
  try {
    if (text.startsWith('-----BEGIN')) return createPublicKey(text);
    const bytes = readBytes(text.replace(/^whpk_/, ''));
    const der = type === 'ed25519' && bytes.length === 32 ? Buffer.concat([ed25519Prefix, bytes]) : bytes;
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch (error) {
    throw new TypeError(
      'A public key cannot be read. Give it as PEM, as base64 of its DER form, or for ed25519 as 32 bytes in hex or base64.',
      { cause: error },
    );
  }
}

function readBytes(text: string): Buffer {
  return /^[\da-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text.replaceAll(/\s+/g, ''), 'base64');
}
