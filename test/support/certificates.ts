import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { bits, explicit, integer, objectId, octets, sequence, set, tagged, text, time, yes } from './der.ts';
import { createFolder } from './store-folder.ts';

/** Certificates made for one test; they are gone after it. */
export interface Certificates {
  readonly folder: string;
  /** A certificate that has signed itself: for a server, or an authority. Returns the paths of its files. */
  issue(name: string): { readonly cert: string; readonly key: string };
  /** A client's, signed by an authority. */
  issueClient(name: string, by: string): { readonly cert: string; readonly key: string };
}

export function createCertificates(test: TestContext): Certificates {
  const folder = createFolder(test);
  const authorities = new Map<string, KeyObject>();
  const write = (name: string, { privateKey, der }: { privateKey: KeyObject; der: Buffer }) => {
    const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trim();
    writeFileSync(files.cert, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`);
    writeFileSync(files.key, privateKey.export({ format: 'pem', type: 'pkcs8' }));
    return files;
  };
  return {
    folder,
    issue: (name) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      authorities.set(name, privateKey);
      const subject = toName({ [commonName]: name });
      return write(name, {
        privateKey,
        der: toCertificate({ subject, issuer: subject, publicKey, signedBy: privateKey, isServer: true }),
      });
    },
    issueClient: (name, by) => {
      const signedBy = authorities.get(by);
      if (!signedBy) throw new RangeError(`There is no authority ${by}: issue it first.`);
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = toName({ [organization]: 'Desk', [commonName]: name });
      const issuer = toName({ [commonName]: by });
      return write(name, { privateKey, der: toCertificate({ subject, issuer, publicKey, signedBy, isServer: false }) });
    },
  };
}

export function readPem(files: { readonly cert: string; readonly key: string }) {
  return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
}

const commonName = '2.5.4.3';
const organization = '2.5.4.10';
const dayMs = 86_400_000;

function toName(parts: Readonly<Record<string, string>>): Buffer {
  return sequence(...Object.entries(parts).map(([id, value]) => set(sequence(objectId(id), text(value)))));
}

interface Contents {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly publicKey: KeyObject;
  readonly signedBy: KeyObject;
  /** For localhost, and able to sign others. */
  readonly isServer: boolean;
}

/** By RFC 5280: version 3, from yesterday to the day after tomorrow. */
function toCertificate({ subject, issuer, publicKey, signedBy, isServer }: Contents): Buffer {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const now = Date.now();
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    issuer,
    sequence(time(new Date(now - dayMs)), time(new Date(now + 2 * dayMs))),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    ...(isServer ? [explicit(3, sequence(localNames(), authority()))] : []),
  );
  return sequence(body, algorithm, bits(sign('sha256', body, signedBy)));
}

function localNames(): Buffer {
  const names = sequence(tagged(0x82, Buffer.from('localhost')), tagged(0x87, Buffer.from([127, 0, 0, 1])));
  return sequence(objectId('2.5.29.17'), octets(names));
}

function authority(): Buffer {
  return sequence(objectId('2.5.29.19'), yes(), octets(sequence(yes())));
}
