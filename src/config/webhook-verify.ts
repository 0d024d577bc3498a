import { z } from 'zod';
import { parsePublicKey, type PublicKeyType } from '../public-key.ts';
import { headerName, secretText, setting, signingKey, text, url } from './setting.ts';

const schemes =
  '`standard` (Standard Webhooks), `hmac` (a keyed hash in a header), `publicKey` (a signature in a header), `jwt` (a token that somebody has signed), `bearer`, `apiKey`, `basic` and `urlSecret` (the secret itself, by one way or another) or `mtls` (a client certificate)';

function scheme<Name extends string>(name: Name) {
  return setting(z.literal(name), {
    description: `How a request proves where it comes from: ${schemes}.`,
    example: 'standard',
  });
}

function secretsOf(secret: z.ZodString) {
  return {
    secret: setting(secret.optional(), {
      secret: true,
      description: 'The secret that is shared with the sender. basic: the password.',
      example: '${TICKETS_SECRET}',
    }),
    secrets: setting(z.array(secret).min(1).optional(), {
      secret: true,
      description: 'Several secrets in place of one, all of them valid: for changing a secret without a gap.',
      example: '["${TICKETS_SECRET}", "${TICKETS_OLD_SECRET}"]',
    }),
  };
}

const publicKey = setting(text.optional(), {
  description: "standard: the sender's whpk_ key. publicKey: PEM, base64 of DER, or for ed25519 the 32 bytes in hex or base64.",
  example: 'whpk_...',
});
const publicKeys = setting(z.array(text).min(1).optional(), {
  description: 'Several public keys in place of one, all of them valid.',
  example: '["${NEW_KEY}", "${OLD_KEY}"]',
});

const toleranceSeconds = setting(z.number().positive().max(86_400).default(300), {
  description: 'How far the timestamp of a request may be from now, before or after. jwt: how far the clocks may differ.',
  example: '300',
});

const credential = secretText.min(8, 'must have at least 8 characters');

/** A token (RFC 9110): what else would never arrive. */

const standard = z.strictObject({
  scheme: scheme('standard'),
  ...secretsOf(signingKey),
  publicKey,
  publicKeys,
  toleranceSeconds,
});

const signedHeader = {
  header: setting(headerName, {
    description: 'The header that carries the signature (hmac, publicKey), the key (apiKey) or the token (jwt).',
    example: 'x-hub-signature-256',
  }),
  encoding: setting(z.enum(['hex', 'base64', 'base64url']).default('hex'), {
    description: 'hmac, publicKey: how the signature is written.',
    example: 'hex',
  }),
  prefix: setting(text.max(100).default(''), {
    description: 'hmac, publicKey: what stands before the signature in the header, or before each one where there are several.',
    example: 'sha256=',
  }),
  signed: setting(
    text
      .regex(/\{(?:body|form)\}/, 'must contain {body} (or {form}, for forms): what does not cover the body proves nothing')
      .max(1000)
      .default('{body}'),
    {
      description:
        'hmac, publicKey: what is signed, made of {body}, {timestamp}, {id}, {method}, {url} and any other text; of a form, {form} is its fields, sorted by name.',
      example: '{timestamp}.{body}',
    },
  ),
  timestampHeader: setting(headerName.optional(), {
    description: 'hmac, publicKey: the header that carries the time of sending. Needed when {timestamp} is signed.',
    example: 'x-request-timestamp',
  }),
  timestampPrefix: setting(text.max(100).optional(), {
    description:
      "hmac, publicKey: what stands before the time where it is one of several entries of a header; of the signature's own, unless timestampHeader names another.",
    example: 't=',
  }),
  timestampUnit: setting(z.enum(['s', 'ms', 'iso']).default('s'), {
    description: 'hmac, publicKey: whether that time is given in seconds or milliseconds since 1970, or as an ISO 8601 date.',
    example: 'ms',
  }),
  idHeader: setting(headerName.optional(), {
    description: 'hmac, publicKey: the header that carries the id of the event. Needed when {id} is signed.',
    example: 'x-event-id',
  }),
  toleranceSeconds,
};

const hmac = z.strictObject({
  scheme: scheme('hmac'),
  ...secretsOf(credential),
  algorithm: setting(z.enum(['sha256', 'sha512', 'sha1']).default('sha256'), {
    description:
      'hmac: the hash function (sha256, sha512, sha1). publicKey: ed25519, ecdsa-sha256, ecdsa-sha384, ecdsa-sha512, rsa-sha256, rsa-sha512, rsa-pss-sha256 or rsa-pss-sha512.',
    example: 'sha256',
  }),
  ...signedHeader,
});

const publicKeyAlgorithms = [
  'ed25519',
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'rsa-sha256',
  'rsa-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha512',
] as const;

const publicKeyScheme = z.strictObject({
  scheme: scheme('publicKey'),
  publicKey,
  publicKeys,
  algorithm: setting(z.enum(publicKeyAlgorithms).default('ed25519'), {
    description: 'publicKey: how it is signed.',
    example: 'ecdsa-sha256',
  }),
  signatureFormat: setting(z.enum(['der', 'p1363']).default('der'), {
    description: 'publicKey, ecdsa: whether the signature is ASN.1 (der) or its two numbers one after the other (p1363).',
    example: 'p1363',
  }),
  ...signedHeader,
});

const bearer = z.strictObject({ scheme: scheme('bearer'), ...secretsOf(credential) });

const apiKey = z.strictObject({
  scheme: scheme('apiKey'),
  ...secretsOf(credential),
  header: setting(headerName.default('x-api-key'), { description: 'apiKey: the header.', example: 'x-api-key' }),
});

const basic = z.strictObject({
  scheme: scheme('basic'),
  ...secretsOf(credential),
  username: setting(text.regex(/^[^:]+$/, 'must not contain a colon'), { description: 'basic: the name.', example: 'desk' }),
});

const urlSecret = z.strictObject({
  scheme: scheme('urlSecret'),
  ...secretsOf(secretText.min(16, 'must have at least 16 characters: addresses get about')),
  parameter: setting(text.regex(/^[\w.-]{1,64}$/, 'must be made of letters, digits, ".", "_" and "-"').default('key'), {
    description: 'urlSecret: the name in the query of the address, as in /webhooks/NAME?key=SECRET.',
    example: 'key',
  }),
});

const jwt = z.strictObject({
  scheme: scheme('jwt'),
  ...secretsOf(secretText.min(32, 'must have at least 32 characters')),
  jwksUrl: setting(url.optional(), {
    description: 'jwt: where the issuer publishes its keys, in place of a secret. https.',
    example: 'https://issuer.example.com/.well-known/jwks.json',
  }),
  algorithms: setting(
    z
      .array(
        z.enum([
          'HS256',
          'HS384',
          'HS512',
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
        ]),
      )
      .min(1)
      .optional(),
    {
      description: 'jwt: what a token may be signed by.',
      example: '[RS256]',
      defaultNote: 'HS256 with a secret, RS256, PS256, ES256 and EdDSA with jwksUrl',
    },
  ),
  issuer: setting(text.optional(), {
    description: 'jwt: who must have issued it (iss). Needed with jwksUrl.',
    example: 'https://issuer.example.com',
  }),
  audience: setting(text.optional(), {
    description: 'jwt: whom it must be meant for (aud). Needed with jwksUrl.',
    example: 'parley',
  }),
  header: setting(headerName.default('authorization'), { description: 'jwt: the header.', example: 'x-token' }),
  bodyHashClaim: setting(text.optional(), {
    description:
      'jwt: the claim with the SHA-256 of the body, in hex or base64url. Without it a token proves nothing about the body.',
    example: 'body_sha256',
  }),
  toleranceSeconds: setting(z.number().min(0).max(3600).default(60), {
    description: 'jwt: how far the clocks may differ.',
    example: '60',
  }),
});

const mtls = z.strictObject({
  scheme: scheme('mtls'),
  verifiedHeader: setting(headerName.default('x-ssl-client-verify'), {
    description:
      'mtls: the header in which the proxy says that the certificate is good. It must remove what the sender writes there.',
    example: 'x-ssl-client-verify',
  }),
  verifiedValue: setting(text.default('SUCCESS'), { description: 'mtls: what it says then.', example: 'SUCCESS' }),
  identityHeader: setting(headerName.optional(), {
    description:
      'mtls: the header in which the proxy says whose certificate it is. Without it the certificate is that of the connection (server.tls.clientCa).',
    example: 'x-ssl-client-fingerprint',
  }),
  identities: setting(z.array(text).min(1), {
    description:
      'mtls: whose certificates are good: fingerprints (SHA-256) or subjects as the proxy writes them, or of the connection the fingerprint (AB:CD:...), the subject (O=Desk,CN=desk) or an alternative name (DNS:desk.example.com).',
    example: '["2f1c..."]',
  }),
});

export const verification = z.discriminatedUnion('scheme', [
  standard,
  hmac,
  publicKeyScheme,
  bearer,
  apiKey,
  basic,
  urlSecret,
  jwt,
  mtls,
]);

const keyTypes = { ed25519: 'ed25519', ecdsa: 'ec', rsa: 'rsa' } as const;

/** What is wrong with a public key; undefined where nothing is. */
export function findPublicKeyProblem(key: string, algorithm: string): string | undefined {
  const type: PublicKeyType = keyTypes[algorithm.split('-')[0] as keyof typeof keyTypes] ?? 'ed25519'; // an algorithm of the list above
  try {
    parsePublicKey(key, type);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  }
}
