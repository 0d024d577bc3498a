import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { createSourceVerifier } from '../../../adapters/webhook/schemes/verifier.ts';
import type { SourceVerification } from '../../../src/verification.ts';
import { makeRsaToken, makeToken, jwks, senders } from './senders.ts';

const now = Date.UTC(2026, 5, 1);
const body = '{"text":"hello"}';
const refuse: typeof fetch = async () => Response.json(jwks);

for (const [name, { verify, send }] of Object.entries(senders)) {
  test(`whatever is made up in place of the proof is refused, and breaks nothing: ${name}`, async () => {
    const check = createSourceVerifier(verify, refuse);
    const { headers, query = '' } = send({ body, at: now });
    const request = { body: Buffer.from(body), now, method: 'POST', fromProxy: false };
    const url = `https://bot.example.com/webhooks/desk`;
    assert.equal((await check({ ...request, headers, url: url + query })).ok, true);

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(headers), '?'),
        fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.stringMatching(/^[\w.,;= -]{0,200}$/)),
        fc.boolean(),
        async (header, made, behind) => {
          const value = behind ? `${(headers[header] ?? '').slice(0, 9)}${made}` : made;
          fc.pre(value !== headers[header] && (header !== '?' || query !== ''));
          const changed =
            header === '?'
              ? { ...request, headers, url: `${url}?key=${value}` }
              : { ...request, headers: { ...headers, [header]: value }, url };

          const result = await check(changed);

          assert.ok(!result.ok && result.reason !== 'unavailable' && result.reason !== 'unconfigured', JSON.stringify(result));
        },
      ),
      { numRuns: 60 },
    );
  });
}

describe('the algorithm of a token', () => {
  const byIssuer: SourceVerification = {
    scheme: 'jwt',
    secrets: [],
    jwksUrl: 'https://issuer.example.com/keys',
    algorithms: ['ES256'],
    issuer: 'i',
    audience: 'a',
    header: 'x-token',
  };
  const request = { body: Buffer.from(body), now, fromProxy: false };
  const claims = { iss: 'i', aud: 'a', exp: now / 1000 + 60 };

  test('is the one of the configuration, even where another would fit the key', async () => {
    const secret = 'a-secret-of-at-least-32-characters';
    const bySecret: SourceVerification = { scheme: 'jwt', secrets: [secret], algorithms: ['HS256'], header: 'x-token' };
    const content = [{ alg: 'HS512' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const strong = `${content}.${createHmac('sha512', secret).update(content).digest('base64url')}`;

    const other = await createSourceVerifier(bySecret, refuse)({ ...request, headers: { 'x-token': strong } });
    const right = await createSourceVerifier(bySecret, refuse)({ ...request, headers: { 'x-token': makeToken(claims) } });
    const issued = await createSourceVerifier(byIssuer, refuse)({ ...request, headers: { 'x-token': makeRsaToken(claims) } });

    assert.deepEqual(
      [other, right, issued],
      [{ ok: false, reason: 'mismatch' }, { ok: true }, { ok: false, reason: 'mismatch' }],
    );
  });
});
