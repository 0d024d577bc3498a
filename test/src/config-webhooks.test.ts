import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createSourceVerifier } from '../../adapters/webhook/schemes/verifier.ts';
import { toWebhookSource } from '../../src/config/resolve-webhook.ts';
import { loadConfig } from '../../src/config.ts';
import { ConfigError } from '../../src/errors.ts';
import { memoryFiles, memoryFolder } from '../support/config-files.ts';

const { publicKey } = generateKeyPairSync('ed25519');
const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

function load(verify: string, rest = '') {
  const yaml = `webhooks:\n  desk:\n    verify: ${verify}\n${rest}`;
  const env = { ED_PEM: pem };
  return loadConfig({ env, cwd: memoryFolder, files: memoryFiles({ 'parley.yaml': yaml }) });
}

async function problemOf(verify: string, rest = ''): Promise<string> {
  try {
    await load(verify, rest);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.join('\n');
  }
  return 'no problem';
}

const right = [
  `{ scheme: standard, publicKey: whpk_${raw.toString('base64')} }`,
  `{ scheme: standard, secret: whsec_${Buffer.alloc(24, 7).toString('base64')}, publicKeys: [whpk_${raw.toString('base64')}] }`,
  '{ scheme: hmac, secret: a-long-secret, header: stripe-signature, prefix: "v1=", timestampPrefix: "t=", signed: "{timestamp}.{body}" }',
  `{ scheme: publicKey, publicKey: ${raw.toString('hex')}, header: x-signature-ed25519, signed: "{timestamp}{body}", timestampHeader: x-time }`,
  '{ scheme: publicKey, publicKeys: ["${ED_PEM}"], header: x-sig, encoding: base64 }',
  '{ scheme: bearer, secrets: [one-secret, two-secret] }',
  '{ scheme: apiKey, secret: a-long-secret }',
  '{ scheme: basic, username: desk, secret: a-long-secret }',
  '{ scheme: urlSecret, secret: a-secret-of-16-characters }',
  '{ scheme: jwt, secret: a-secret-of-at-least-32-characters }',
  '{ scheme: jwt, jwksUrl: https://issuer.example.com/keys, issuer: https://issuer.example.com, audience: parley }',
];
for (const verify of right) {
  test(`a source may be set up like this: ${verify.slice(0, 100)}`, async () => {
    const { config } = await load(verify, '    allowFrom: [203.0.113.0/24, "::1"]\n    rateLimit: { requests: 5 }\n');

    const source = toWebhookSource('desk', config.webhooks['desk']!);

    assert.equal(typeof createSourceVerifier(source.verify, fetch), 'function');
    assert.deepEqual([source.requireHttps, source.rateLimit], [true, { requests: 5, perSeconds: 60 }]);
  });
}

test('a token is signed by a secret or by an issuer, and its algorithms go with that', async () => {
  const bySecret = (await load('{ scheme: jwt, secret: a-secret-of-at-least-32-characters }')).config.webhooks['desk']?.verify;
  const byIssuer = (await load('{ scheme: jwt, jwksUrl: https://a.example, issuer: a, audience: b }')).config.webhooks['desk']
    ?.verify;

  assert.deepEqual(bySecret?.scheme === 'jwt' && bySecret.algorithms, ['HS256']);
  assert.deepEqual(byIssuer?.scheme === 'jwt' && byIssuer.algorithms, ['RS256', 'PS256', 'ES256', 'EdDSA']);
});

const wrong: readonly (readonly [string, RegExp])[] = [
  ['{ scheme: standard }', /^webhooks\.desk\.verify\.secret: is missing/],
  [
    '{ scheme: standard, publicKey: whpk_AAAA }',
    /^webhooks\.desk\.verify\.publicKey \(.*cannot be used\. A public key cannot be read/,
  ],
  ['{ scheme: publicKey, header: x }', /^webhooks\.desk\.verify\.publicKey: is missing/],
  [
    '{ scheme: publicKey, header: x, publicKey: "${ED_PEM}", algorithm: rsa-sha256 }',
    /of the type ed25519, but "algorithm" needs rsa/,
  ],
  [
    '{ scheme: hmac, secret: a-long-secret, header: x, timestampPrefix: "t=" }',
    /^webhooks\.desk\.verify\.signed: does not contain \{timestamp\}/,
  ],
  ['{ scheme: hmac, secret: a-long-secret, header: x, idHeader: y }', /^webhooks\.desk\.verify\.signed: does not contain \{id\}/],
  [
    '{ scheme: hmac, secret: a-long-secret, header: x, signed: "{query}{body}" }',
    /^webhooks\.desk\.verify\.signed .*but not \{query\}/,
  ],
  ['{ scheme: hmac, secret: a-long-secret, header: x, signed: "{url}{body}" }', /^server\.publicUrl \(PUBLIC_URL\): is missing/],
  ['{ scheme: hmac, secret: a-long-secret, header: "x y" }', /^webhooks\.desk\.verify\.header .*must be the name of a header/],
  ['{ scheme: basic, secret: a-long-secret }', /^webhooks\.desk\.verify\.username: is missing/],
  ['{ scheme: urlSecret, secret: too-short }', /^webhooks\.desk\.verify\.secret .*at least 16 characters/],
  ['{ scheme: jwt }', /^webhooks\.desk\.verify\.secret: is missing/],
  ['{ scheme: jwt, jwksUrl: https://a.example }', /verify\.issuer: is missing[^]*verify\.audience: is missing/],
  ['{ scheme: jwt, jwksUrl: http://a.example, issuer: a, audience: b }', /verify\.jwksUrl .*must be an https address/],
  [
    '{ scheme: jwt, jwksUrl: https://a.example, issuer: a, audience: b, algorithms: [HS256] }',
    /verify\.algorithms .*HS256, which needs a secret/,
  ],
  ['{ scheme: mtls, identities: [a] }', /^server\.tls\.clientCa: is missing: webhooks\.\w+ wants a client certificate/],
  ['{ scheme: mtls, identityHeader: x, identities: [a] }', /^server\.trustProxy: must list the addresses of the proxy/],
];
for (const [verify, said] of wrong) {
  test(`a source that cannot work is refused, by its key: ${verify}`, async () => {
    assert.match(await problemOf(verify), said);
  });
}

test('networks that are none are refused, by their key', async () => {
  const problem = await problemOf('{ scheme: bearer, secret: a-long-secret }', '    allowFrom: [203.0.113.0/24, 10.0.0.0/33]\n');

  assert.match(problem, /^webhooks\.desk\.allowFrom .*must hold addresses or networks/);
});
