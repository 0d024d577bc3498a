import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { SecretBoxError } from './errors.ts';

/**
 * Seals short secrets, so that what is stored gives none of them away: AES-256-GCM with a random nonce each. `context` says what the secret
 * belongs to; it is not stored but must be the same for opening, so that a sealed text put into another row opens nothing.
 *
 * The first key seals, all of them open: a new key is put before the old one, and the old one goes when everything is sealed anew.
 */
export interface SecretBox {
  /** Opaque text in characters of [A-Za-z0-9._-]. */
  seal(text: string, context: string): string;
  /** Throws a SecretBoxError that says which key is missing, or that this is not what was sealed for this context. */
  open(sealed: string, context: string): string;
  /** Whether it was sealed with the first key. */
  isCurrent(sealed: string): boolean;
}

interface Key {
  readonly id: string;
  readonly bytes: Buffer;
}

const version = 'v1';
const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** 256 bits, in base64 with or without padding. */
const keyPattern = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=?)$/;

export const howToMakeKey = 'make one with: echo "k1:$(openssl rand -base64 32)"';

/** `keys` as they are configured: `id:base64` with commas between them. Throws a SecretBoxError that names no key. */
export function createSecretBox(keys: string): SecretBox {
  const ring = parseKeys(keys);
  const [first] = ring;
  if (!first) throw new SecretBoxError(`There is no key: ${howToMakeKey}`);

  return {
    seal: (text, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, first.bytes, nonce, { authTagLength: tagBytes });
      cipher.setAAD(toBoundData(first.id, context));
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${first.id}.${sealed.toString('base64url')}`;
    },
    open: (sealed, context) => {
      const [found, id = '', data = '', ...rest] = sealed.split('.');
      if (found !== version || rest.length > 0) throw new SecretBoxError('This is no sealed text.');
      const key = ring.find((each) => each.id === id);
      if (!key) throw new SecretBoxError(`It was sealed with the key ${id}, which is not among the keys any more: put it back.`);
      return openWith(key, Buffer.from(data, 'base64url'), context);
    },
    isCurrent: (sealed) => sealed.startsWith(`${version}.${first.id}.`),
  };
}

/** What is wrong with the configured keys; undefined where nothing is. Repeats none of them. */
export function findKeyProblem(keys: string): string | undefined {
  try {
    return parseKeys(keys).length === 0 ? `holds no key; ${howToMakeKey}` : undefined;
  } catch (error) {
    if (error instanceof SecretBoxError) return error.message;
    throw error;
  }
}

function parseKeys(keys: string): Key[] {
  const ring: Key[] = [];
  const given = keys.split(',').map((key) => key.trim());
  for (const [index, text] of given.entries()) {
    if (text === '') continue;
    const [, id, base64] = keyPattern.exec(text) ?? [];
    if (id === undefined || base64 === undefined) {
      throw new SecretBoxError(`must be id:key with 32 random bytes in base64, and number ${index + 1} is not; ${howToMakeKey}`);
    }
    if (ring.some((key) => key.id === id)) throw new SecretBoxError(`has two keys with the id ${id}: give each its own`);
    ring.push({ id, bytes: Buffer.from(base64, 'base64') });
  }
  return ring;
}

function openWith({ id, bytes }: Key, data: Buffer, context: string): string {
  try {
    const decipher = createDecipheriv(algorithm, bytes, data.subarray(0, nonceBytes), { authTagLength: tagBytes });
    decipher.setAAD(toBoundData(id, context));
    decipher.setAuthTag(data.subarray(-tagBytes));
    const text = [decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()];
    return Buffer.concat(text).toString('utf8');
  } catch (cause) {
    const message = `It does not open with the key ${id}: that is another key than the one it was sealed with, or the text was changed or moved.`;
    throw new SecretBoxError(message, { cause });
  }
}

function toBoundData(keyId: string, context: string): Buffer {
  return Buffer.from(JSON.stringify([version, keyId, context]));
}
