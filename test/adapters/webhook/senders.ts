import { createHmac, createPrivateKey, generateKeyPairSync, hash, randomBytes, sign } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { SourceVerification } from '../../../src/verification.ts';

/** A sender as its vendor documents it, signed by code that shares nothing with Parley. */
export interface Sender {
  readonly verify: SourceVerification;
  /** What it sends at `at` (ms since 1970) by its first secret, or by the `wrong` one. */
  readonly send: (content: { body: string; at: number; wrong?: boolean }) => Sent;
  readonly signsBody: boolean;
  readonly signsTime: boolean;
}

export interface Sent {
  readonly headers: Record<string, string>;
  readonly query?: string;
}

const ed = generateKeyPairSync('ed25519');
const otherEd = generateKeyPairSync('ed25519');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const otherEc = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof ed.publicKey) => key.export({ format: 'pem', type: 'spki' }).toString();
const rawEd = ed.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);

const secret = 'a-secret-of-the-shop';
const wrongSecret = 'a-secret-of-another';
const tokenSecret = 'a-secret-of-at-least-32-characters';
const seconds = (at: number) => String(Math.floor(at / 1000));
const pick = (wrong: boolean | undefined) => (wrong ? wrongSecret : secret);
const b64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token by RFC 7515, spelled out. */
export function makeToken(claims: object, { key = tokenSecret, alg = 'HS256' }: { key?: string; alg?: string } = {}): string {
  const content = `${b64url({ alg, typ: 'JWT' })}.${b64url(claims)}`;
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`;
}

/** An issuer whose keys are public. */
export function makeRsaToken(claims: object, { wrong = false, kid = 'k1' } = {}): string {
  const content = `${b64url({ alg: 'RS256', typ: 'JWT', kid })}.${b64url(claims)}`;
  return `${content}.${sign('sha256', Buffer.from(content), (wrong ? otherRsa : rsa).privateKey).toString('base64url')}`;
}

export const jwks = { keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] };

const whsec = `whsec_${randomBytes(24).toString('base64')}`;
const wrongWhsec = `whsec_${randomBytes(24).toString('base64')}`;

export const senders: Readonly<Record<string, Sender>> = {
  'Standard Webhooks': {
    verify: { scheme: 'standard', secrets: [whsec] },
    send: ({ body, at, wrong }) => ({
      headers: {
        'webhook-id': 'evt_1',
        'webhook-timestamp': seconds(at),
        'webhook-signature': new Webhook(wrong ? wrongWhsec : whsec).sign('evt_1', new Date(at), body),
      },
    }),
    signsBody: true,
    signsTime: true,
  },
  'Standard Webhooks with Ed25519': {
    verify: { scheme: 'standard', secrets: [], publicKeys: [`whpk_${rawEd.toString('base64')}`] },
    send: ({ body, at, wrong }) => {
      const signed = Buffer.from(`evt_1.${seconds(at)}.${body}`);
      const signature = sign(null, signed, (wrong ? otherEd : ed).privateKey).toString('base64');
      return { headers: { 'webhook-id': 'evt_1', 'webhook-timestamp': seconds(at), 'webhook-signature': `v1a,${signature}` } };
    },
    signsBody: true,
    signsTime: true,
  },
  'HMAC as GitHub signs': {
    verify: {
      scheme: 'hmac',
      secrets: [secret],
      header: 'X-Hub-Signature-256',
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: 'sha256=',
    },
    send: ({ body, wrong }) => ({
      headers: { 'x-hub-signature-256': `sha256=${createHmac('sha256', pick(wrong)).update(body).digest('hex')}` },
    }),
    signsBody: true,
    signsTime: false,
  },
  'HMAC as Stripe signs: time and several signatures in one header': {
    verify: {
      scheme: 'hmac',
      secrets: [secret],
      header: 'Stripe-Signature',
      algorithm: 'sha256',
      encoding: 'hex',
      prefix: 'v1=',
      signed: '{timestamp}.{body}',
      timestampPrefix: 't=',
    },
    send: ({ body, at, wrong }) => {
      const signature = createHmac('sha256', pick(wrong))
        .update(`${seconds(at)}.${body}`)
        .digest('hex');
      return { headers: { 'stripe-signature': `t=${seconds(at)},v0=${'1'.repeat(64)},v1=${'0'.repeat(64)},v1=${signature}` } };
    },
    signsBody: true,
    signsTime: true,
  },
  'HMAC as Zendesk signs: ISO 8601 time, base64': {
    verify: {
      scheme: 'hmac',
      secrets: [secret],
      header: 'x-zendesk-webhook-signature',
      algorithm: 'sha256',
      encoding: 'base64',
      signed: '{timestamp}{body}',
      timestampHeader: 'x-zendesk-webhook-signature-timestamp',
      timestampUnit: 'iso',
    },
    send: ({ body, at, wrong }) => {
      const time = new Date(at).toISOString();
      const signature = createHmac('sha256', pick(wrong))
        .update(time + body)
        .digest('base64');
      return { headers: { 'x-zendesk-webhook-signature': signature, 'x-zendesk-webhook-signature-timestamp': time } };
    },
    signsBody: true,
    signsTime: true,
  },
  'HMAC as HubSpot signs: method, address, body and time in ms': {
    verify: {
      scheme: 'hmac',
      secrets: [secret],
      header: 'x-hubspot-signature-v3',
      algorithm: 'sha256',
      encoding: 'base64',
      signed: '{method}{url}{body}{timestamp}',
      timestampHeader: 'x-hubspot-request-timestamp',
      timestampUnit: 'ms',
    },
    send: ({ body, at, wrong }) => {
      const signed = `POSThttps://bot.example.com/webhooks/desk${body}${at}`;
      const signature = createHmac('sha256', pick(wrong)).update(signed).digest('base64');
      return { headers: { 'x-hubspot-signature-v3': signature, 'x-hubspot-request-timestamp': String(at) } };
    },
    signsBody: true,
    signsTime: true,
  },
  'HMAC with SHA-1 as Intercom signs': {
    verify: { scheme: 'hmac', secrets: [secret], header: 'x-hub-signature', algorithm: 'sha1', encoding: 'hex', prefix: 'sha1=' },
    send: ({ body, wrong }) => ({
      headers: { 'x-hub-signature': `sha1=${createHmac('sha1', pick(wrong)).update(body).digest('hex')}` },
    }),
    signsBody: true,
    signsTime: false,
  },
  'HMAC with SHA-512, base64url and a signed id': {
    verify: {
      scheme: 'hmac',
      secrets: [secret],
      header: 'x-sig',
      algorithm: 'sha512',
      encoding: 'base64url',
      signed: '{id}:{timestamp}:{body}',
      timestampHeader: 'x-time',
      idHeader: 'x-id',
    },
    send: ({ body, at, wrong }) => ({
      headers: {
        'x-id': 'evt_1',
        'x-time': seconds(at),
        'x-sig': createHmac('sha512', pick(wrong))
          .update(`evt_1:${seconds(at)}:${body}`)
          .digest('base64url'),
      },
    }),
    signsBody: true,
    signsTime: true,
  },
  'Ed25519 as Discord signs': {
    verify: {
      scheme: 'publicKey',
      publicKeys: [rawEd.toString('hex')],
      algorithm: 'ed25519',
      header: 'X-Signature-Ed25519',
      encoding: 'hex',
      signed: '{timestamp}{body}',
      timestampHeader: 'X-Signature-Timestamp',
    },
    send: ({ body, at, wrong }) => ({
      headers: {
        'x-signature-timestamp': seconds(at),
        'x-signature-ed25519': sign(null, Buffer.from(seconds(at) + body), (wrong ? otherEd : ed).privateKey).toString('hex'),
      },
    }),
    signsBody: true,
    signsTime: true,
  },
  'ECDSA as SendGrid signs': {
    verify: {
      scheme: 'publicKey',
      publicKeys: [ec.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')],
      algorithm: 'ecdsa-sha256',
      header: 'x-twilio-email-event-webhook-signature',
      encoding: 'base64',
      signed: '{timestamp}{body}',
      timestampHeader: 'x-twilio-email-event-webhook-timestamp',
    },
    send: ({ body, at, wrong }) => ({
      headers: {
        'x-twilio-email-event-webhook-timestamp': seconds(at),
        'x-twilio-email-event-webhook-signature': sign(
          'sha256',
          Buffer.from(seconds(at) + body),
          (wrong ? otherEc : ec).privateKey,
        ).toString('base64'),
      },
    }),
    signsBody: true,
    signsTime: true,
  },
  'ECDSA with the two numbers side by side': {
    verify: {
      scheme: 'publicKey',
      publicKeys: [pem(ec.publicKey)],
      algorithm: 'ecdsa-sha256',
      signatureFormat: 'p1363',
      header: 'x-sig',
      encoding: 'base64url',
    },
    send: ({ body, wrong }) => {
      const key = { key: createPrivateKey((wrong ? otherEc : ec).privateKey.export({ format: 'pem', type: 'pkcs8' })) };
      const signature = sign('sha256', Buffer.from(body), { ...key, dsaEncoding: 'ieee-p1363' });
      return { headers: { 'x-sig': signature.toString('base64url') } };
    },
    signsBody: true,
    signsTime: false,
  },
  RSA: {
    verify: {
      scheme: 'publicKey',
      publicKeys: [pem(rsa.publicKey)],
      algorithm: 'rsa-sha256',
      header: 'x-sig',
      encoding: 'base64',
    },
    send: ({ body, wrong }) => ({
      headers: { 'x-sig': sign('sha256', Buffer.from(body), (wrong ? otherRsa : rsa).privateKey).toString('base64') },
    }),
    signsBody: true,
    signsTime: false,
  },
  'a bearer token': {
    verify: { scheme: 'bearer', secrets: [secret] },
    send: ({ wrong }) => ({ headers: { authorization: `Bearer ${pick(wrong)}` } }),
    signsBody: false,
    signsTime: false,
  },
  'a key in a header': {
    verify: { scheme: 'apiKey', secrets: [secret], header: 'X-Api-Key' },
    send: ({ wrong }) => ({ headers: { 'x-api-key': pick(wrong) } }),
    signsBody: false,
    signsTime: false,
  },
  'a name and a password': {
    verify: { scheme: 'basic', username: 'desk', secrets: [secret] },
    send: ({ wrong }) => ({ headers: { authorization: `Basic ${Buffer.from(`desk:${pick(wrong)}`).toString('base64')}` } }),
    signsBody: false,
    signsTime: false,
  },
  'a secret in the address': {
    verify: { scheme: 'urlSecret', secrets: [secret], parameter: 'key' },
    send: ({ wrong }) => ({ headers: {}, query: `?key=${pick(wrong)}` }),
    signsBody: false,
    signsTime: false,
  },
  'a JSON Web Token with a secret and a digest of the body': {
    verify: {
      scheme: 'jwt',
      secrets: [tokenSecret],
      algorithms: ['HS256'],
      issuer: 'desk',
      audience: 'parley',
      header: 'authorization',
      bodyHashClaim: 'body',
    },
    send: ({ body, at, wrong }) => {
      const now = Math.floor(at / 1000);
      const claims = { iss: 'desk', aud: 'parley', nbf: now - 5, exp: now + 5, body: hash('sha256', body, 'hex') };
      return { headers: { authorization: `Bearer ${makeToken(claims, wrong ? { key: tokenSecret.toUpperCase() } : {})}` } };
    },
    signsBody: true,
    signsTime: true,
  },
};
